/* SPDX-License-Identifier: ISC */
/*
 * What a snapshot proves of a thread that is to run and does not: of its
 * CPU's reschedule IPI; and of calls whose work is such a thread's.
 */
#include <string.h>

#include "diagnose/evidence.h"
#include "snapshot.h"
#include "unit.h"

static struct evidence e;
static uint32_t thread; /* that is to run on CPU 1 */

static void
begin(void)
{
	snap_begin();
	thread = snap_thread(1, INSPECT_RUNNABLE);
	snap.in.threads[thread].priority = 10;
	snap.in.threads[1].priority = 5;
}

static void
gather(void)
{
	memset(&e, 0xff, sizeof(e));
	evidence_resched(&snap, thread, &e);
}

static void
the_interrupt(void)
{
	begin();
	gather();
	CHECK(e.started && !e.stopped && !e.held && !e.busy && !e.ended);
	CHECK_EQ(e.work, WORK_QUEUED);
	CHECK(!e.pending && !e.recorded && !e.marked);
	/* Without the mark nobody has sent; with it, somebody did. */
	CHECK_EQ(e.sent, ANSWER_NO);
	CHECK_EQ(e.taken, ANSWER_UNKNOWN);
	snap.in.cpus[1].resched = true;
	gather();
	CHECK_EQ(e.sent, ANSWER_YES);
	CHECK(!e.marked);
	/* That vector, at that CPU. */
	snap_irr(1, SNAP_XCALL_VECTOR);
	snap_irr(0, SNAP_RESCHED_VECTOR);
	gather();
	CHECK(!e.pending);
	snap_irr(1, SNAP_RESCHED_VECTOR);
	snap.cpus[1].apic.tpr = 0xe0;
	snap.cpus[1].regs.rflags = 2;
	snap.cpus[1].held = true;
	snap.in.cpus[1].pending = 1U << SNAP_RESCHED;
	snap.in.cpus[1].level = SNAP_LEVEL_SCHED;
	gather();
	CHECK(e.pending && e.masked && e.if_off && e.held);
	CHECK(e.recorded && e.recorded_blocked);
	snap_end();
	/* A table that names no such vector. */
	begin();
	snap_irr(1, SNAP_RESCHED_VECTOR);
	snap_image.nvectors = 0;
	gather();
	CHECK(!e.pending);
	snap_end();
}

static void
preemption(void)
{
	begin();
	snap.in.cpus[1].pending = ~(1U << SNAP_PREEMPT);
	gather();
	CHECK(!e.marked);
	snap.in.cpus[1].pending = 1U << SNAP_PREEMPT;
	gather();
	CHECK(e.marked && !e.marked_blocked);
	snap.in.cpus[1].level = SNAP_LEVEL_PREEMPT;
	gather();
	CHECK(e.marked && e.marked_blocked);
	/* Disabled by the thread that runs. */
	snap.in.cpus[1].level = 0;
	snap.in.threads[1].pinned = true;
	gather();
	CHECK(e.marked && e.marked_blocked);
	snap.in.cpus[1].pending = 0;
	gather();
	CHECK(!e.marked);
	snap.in.cpus[1].resched = true;
	gather();
	CHECK(e.marked && e.marked_blocked && !e.marked_turn);
	/* Another CPU's thread, or the one that is to run, is not asked. */
	snap.in.threads[1].pinned = false;
	snap.in.threads[0].pinned = snap.in.threads[thread].pinned = true;
	gather();
	CHECK(!e.marked);
	snap_end();
}

/* One no worse runs there. */
static void
turn(void)
{
	begin();
	snap.in.threads[1].priority = 9;
	gather();
	CHECK(!e.marked_turn);
	snap.in.threads[1].priority = 10;
	gather();
	CHECK(e.marked && e.marked_turn);
	/* But the CPU is to look for a better one. */
	snap.in.cpus[1].resched = true;
	gather();
	CHECK(!e.marked && !e.marked_turn);
	/* Which one runs is not known. */
	snap.in.cpus[1].resched = false;
	snap.in.cpus[1].thread = INSPECT_NONE;
	gather();
	CHECK(!e.marked && !e.marked_turn);
	snap_end();
}

/* A call whose work is a thread's: its way is that of the thread. */
static void
work_of_a_thread(void)
{
	struct inspect_wait *wait;
	struct subject s;

	begin();
	wait = snap_wait(0, "xc_wait (LOW)", SNAP_FUNCTION, SNAP_LOW_BOX);
	subject_of(&snap, wait, &s);
	snap_left(SNAP_LOW_BOX, 1);
	/* No mark: the thread has begun with it. */
	snap_mark_low(1, thread, false);
	evidence_gather(&s, 1, &e);
	CHECK_EQ(e.work, WORK_GONE);
	snap_mark_low(1, thread, true);
	snap.in.cpus[1].resched = true;
	evidence_gather(&s, 1, &e);
	CHECK_EQ(e.work, WORK_QUEUED);
	CHECK_EQ(e.sent, ANSWER_YES);
	snap_irr(1, SNAP_RESCHED_VECTOR);
	evidence_gather(&s, 1, &e);
	CHECK(e.pending);
	/* Asleep with work to do: nobody has woken it, by whatever interrupt. */
	snap_note(0, 10, XCVM_TRACE_IPI, XCVM_TRACE_IPI_NUMBER, 1, 0);
	snap.in.threads[thread].state = INSPECT_ASLEEP;
	evidence_gather(&s, 1, &e);
	CHECK_EQ(e.work, WORK_QUEUED);
	CHECK_EQ(e.sent, ANSWER_NO);
	CHECK(!e.pending && e.started);
	snap_end();
}

UNIT_MAIN(
    TEST(the_interrupt), TEST(preemption), TEST(turn), TEST(work_of_a_thread))
