/* SPDX-License-Identifier: ISC */
/*
 * What a snapshot proves of a CPU that a wait waits for: the CPU, the call,
 * its interrupt, and what the kernel has made of that.
 */
#include <string.h>

#include "diagnose/evidence.h"
#include "snapshot.h"
#include "unit.h"

static struct subject s;
static struct evidence e;
static struct inspect_wait *wait;

/* CPU 0 waits for CPU 1. */
static void
begin(const char *primitive, uint64_t object)
{
	snap_begin();
	snap_poke(SNAP_CALL, 8, SNAP_FUNCTION);
	wait = snap_wait(0, primitive, SNAP_FUNCTION, object);
	subject_of(&snap, wait, &s);
}

static void
gather(uint32_t target)
{
	memset(&e, 0xff, sizeof(e));
	evidence_gather(&s, target, &e);
}

static void
the_cpu(void)
{
	begin("cpu_xcall_sync", SNAP_CALL);
	gather(1);
	CHECK(e.started && !e.stopped && !e.held);
	snap.cpus[1].started = false;
	snap.cpus[1].ended = snap.cpus[1].held = true;
	gather(1);
	CHECK(!e.started && e.stopped && e.held);
	gather(2);
	CHECK(e.started && !e.stopped && !e.held);
	/* No CPU in particular is no CPU that does not run. */
	gather(INSPECT_NONE);
	CHECK(e.started && !e.stopped && !e.held);
	CHECK_EQ(e.work, WORK_GONE);
	CHECK(!e.ended);
	snap_end();
}

static void
work(void)
{
	struct inspect_call *call;

	begin("cpu_xcall_sync", SNAP_CALL);
	gather(1);
	CHECK_EQ(e.work, WORK_GONE);
	call = snap_call(SNAP_SLOTS, 1, SNAP_CALL);
	gather(1);
	CHECK_EQ(e.work, WORK_QUEUED);
	gather(2);
	CHECK_EQ(e.work, WORK_GONE);
	call->running = true;
	gather(1);
	CHECK_EQ(e.work, WORK_RUNNING);
	/* Not queued any more, but on a stack: of that CPU. */
	call->object = SNAP_SYNC;
	snap_frame(1, SNAP_OTHER);
	gather(1);
	CHECK_EQ(e.work, WORK_GONE);
	snap_frame(1, SNAP_FUNCTION);
	gather(1);
	CHECK_EQ(e.work, WORK_RUNNING);
	gather(2);
	CHECK_EQ(e.work, WORK_GONE);
	snap_end();
	/* All places are taken: it is still to be queued. */
	begin("cpu_xcall", 0);
	wait->full = true;
	gather(1);
	CHECK_EQ(e.work, WORK_QUEUED);
	snap_end();
	/* What is queued and nobody waits for. */
	begin("", 0);
	wait->orphan = true;
	gather(1);
	CHECK_EQ(e.work, WORK_QUEUED);
	snap_end();
}

/* The function that is called, where a wrapper calls what is waited for. */
static void
wrapped(void)
{
	begin("cpu_xcall_sync", SNAP_CALL);
	snap_poke(SNAP_CALL, 8, SNAP_WRAPPER);
	snap_poke(SNAP_CALL + 8, 8, SNAP_SYNC);
	snap_poke(SNAP_SYNC + 8, 4, 1);
	subject_of(&snap, wait, &s);
	snap_frame(1, SNAP_WRAPPER);
	gather(1);
	CHECK_EQ(e.work, WORK_RUNNING);
	CHECK(!e.ended);
	/* Its word is 0: it is on its way out. */
	snap_poke(SNAP_SYNC + 8, 4, 0);
	gather(1);
	CHECK(e.ended);
	CHECK_EQ(e.work, WORK_GONE);
	/* The word is as wide as the table says. */
	snap_poke(SNAP_SYNC + 12, 4, 1);
	gather(1);
	CHECK(e.ended);
	/* A structure outside memory says nothing. */
	snap_poke(SNAP_CALL + 8, 8, SNAP_SIZE);
	subject_of(&snap, wait, &s);
	gather(1);
	CHECK(!e.ended);
	snap_end();
}

static void
box(void)
{
	begin("xc_wait (HIGH)", SNAP_HIGH_BOX);
	gather(INSPECT_NONE);
	CHECK(e.ended);
	CHECK_EQ(e.work, WORK_GONE);
	/* What is left in a box may still be on its way, unless it began. */
	snap_left(SNAP_HIGH_BOX, 1);
	gather(1);
	CHECK(!e.ended);
	CHECK_EQ(e.work, WORK_QUEUED);
	snap_note(
	    0, 10, XCVM_TRACE_SEND, XCVM_TRACE_XCALL_HIGH, 1, SNAP_FUNCTION);
	gather(1);
	CHECK_EQ(e.work, WORK_QUEUED);
	snap_note(1, 20, XCVM_TRACE_DISPATCH, XCVM_TRACE_XCALL_HIGH, 1,
	    SNAP_FUNCTION);
	gather(1);
	CHECK_EQ(e.work, WORK_GONE);
	snap_frame(1, SNAP_FUNCTION);
	gather(1);
	CHECK_EQ(e.work, WORK_RUNNING);
	snap_end();
}

static void
interrupt(void)
{
	begin("cpu_xcall_sync", SNAP_CALL);
	gather(1);
	CHECK(!e.pending && !e.if_off && !e.masked && !e.recorded && !e.busy);
	snap_irr(1, SNAP_IPI_VECTOR);
	snap_irr(2, SNAP_XCALL_VECTOR);
	gather(1);
	CHECK(!e.pending);
	snap_irr(1, SNAP_XCALL_VECTOR);
	gather(1);
	CHECK(e.pending);
	/* On its way into the CPU. */
	memset(snap.cpus[1].apic.irr, 0, sizeof(snap.cpus[1].apic.irr));
	snap.cpus[1].apic.injected = SNAP_XCALL_VECTOR;
	gather(1);
	CHECK(e.pending);
	/* Where the APIC cannot be read, nothing is known of it. */
	snap.cpus[1].has_apic = false;
	snap.cpus[1].apic.tpr = 0xff;
	gather(1);
	CHECK(!e.pending && !e.masked);
	snap.cpus[1].regs.rflags = 2;
	gather(1);
	CHECK(e.if_off);
	gather(2);
	CHECK(!e.if_off);
	snap.cpus[1].has_regs = false;
	gather(1);
	CHECK(!e.if_off);
	snap_end();
}

/* By priority class: the upper 4 bits. */
static void
masked(void)
{
	begin("cpu_xcall_sync", SNAP_CALL);
	snap.cpus[1].apic.tpr = 0xef;
	gather(1);
	CHECK(!e.masked);
	snap.cpus[1].apic.tpr = 0xf0;
	gather(1);
	CHECK(e.masked);
	snap.cpus[1].apic.tpr = 0;
	snap_isr(1, SNAP_RESCHED_VECTOR);
	gather(1);
	CHECK(!e.masked);
	snap_isr(1, SNAP_IPI_VECTOR);
	gather(1);
	CHECK(e.masked);
	snap_end();
}

static void
recorded(void)
{
	begin("cpu_xcall_sync", SNAP_CALL);
	snap.in.cpus[1].pending = ~(1U << SNAP_XCALL);
	snap.in.cpus[1].level = SNAP_LEVEL_HIGH - 1;
	gather(1);
	CHECK(!e.recorded && !e.recorded_blocked);
	snap.in.cpus[1].pending = 1U << SNAP_XCALL;
	gather(1);
	CHECK(e.recorded && !e.recorded_blocked);
	snap.in.cpus[1].level = SNAP_LEVEL_HIGH;
	gather(1);
	CHECK(e.recorded && e.recorded_blocked);
	/* A source whose level nobody names is not known to be blocked. */
	for (size_t i = 0; i < snap_image.nrecords; i++)
		if (snap_image.records[i].raw.kind == XCVM_INSPECT_SOURCE)
			snap_image.records[i].raw.u.source.bit = SNAP_UNKNOWN;
	gather(1);
	CHECK(e.recorded && !e.recorded_blocked);
	snap_end();
}

static void
marked(void)
{
	begin("cpu_xcall_sync", SNAP_CALL);
	snap.in.cpus[1].level = SNAP_LEVEL_SOFTCLOCK;
	gather(1);
	CHECK(!e.marked && !e.marked_blocked);
	snap_mark_xcall(1, INSPECT_NONE, true);
	gather(1);
	CHECK(e.marked && e.marked_blocked && !e.marked_turn);
	snap.in.cpus[1].level--;
	gather(1);
	CHECK(e.marked && !e.marked_blocked);
	snap_end();
	/* At the level of its own word of soft interrupts. */
	begin("xc_wait (HIGH)", SNAP_HIGH_BOX);
	snap_bit(SNAP_SOFTINTS, 1, 1, SNAP_HIGHPRI);
	snap.in.cpus[1].level = SNAP_LEVEL_SOFTBIO - 1;
	gather(1);
	CHECK(e.marked && !e.marked_blocked);
	snap.in.cpus[1].level = SNAP_LEVEL_SOFTBIO;
	gather(1);
	CHECK(e.marked && e.marked_blocked);
	snap_end();
}

static void
busy(void)
{
	begin("cpu_xcall_sync", SNAP_CALL);
	snap_call(SNAP_SLOTS, 1, SNAP_CALL);
	snap_frame(1, SNAP_DISPATCH);
	gather(1);
	CHECK(e.busy);
	CHECK_EQ(e.work, WORK_QUEUED);
	gather(2);
	CHECK(!e.busy);
	snap_end();
}

/* An image that tells nothing of its calls: by the trace alone. */
static void
guessed(void)
{
	begin("xc_wait (HIGH)", 0);
	wait->guessed = true;
	gather(INSPECT_NONE);
	CHECK_EQ(e.work, WORK_QUEUED);
	CHECK_EQ(e.sent, ANSWER_NO);
	gather(1);
	CHECK_EQ(e.work, WORK_QUEUED);
	snap_wrapped(0);
	gather(INSPECT_NONE);
	CHECK_EQ(e.sent, ANSWER_UNKNOWN);
	snap_end();
	/* Where queued calls are seen, one that is not is gone. */
	begin("cpu_xcall", 0);
	wait->guessed = true;
	gather(INSPECT_NONE);
	CHECK_EQ(e.work, WORK_GONE);
	gather(1);
	CHECK_EQ(e.work, WORK_GONE);
	snap_end();
}

UNIT_MAIN(TEST(the_cpu), TEST(work), TEST(wrapped), TEST(box), TEST(interrupt),
    TEST(masked), TEST(recorded), TEST(marked), TEST(busy), TEST(guessed))
