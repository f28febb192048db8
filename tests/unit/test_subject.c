/* SPDX-License-Identifier: ISC */
/*
 * What a wait waits for: the call as it lies in memory, whom it is for, and
 * who is to do the work there.
 */
#include <string.h>

#include "diagnose/subject.h"
#include "snapshot.h"
#include "unit.h"

static struct subject s;
static uint32_t targets[SNAP_NCPUS];
static struct inspect_wait *wait;

static void
subject(uint32_t cpu, const char *primitive, uint64_t object)
{
	wait = snap_wait(cpu, primitive, SNAP_FUNCTION, object);
	subject_of(&snap, wait, &s);
}

static void
the_call(void)
{
	snap_begin();
	/* Through a wrapper: what lies in memory, not what the wait says. */
	snap_poke(SNAP_CALL, 8, SNAP_WRAPPER);
	snap_poke(SNAP_CALL + 8, 8, SNAP_SYNC);
	subject(0, "cpu_xcall_sync", SNAP_CALL);
	CHECK(s.snapshot == &snap && s.wait == wait && s.box == NULL);
	CHECK_EQ(s.primitive, XCVM_TRACE_CPU_XCALL);
	CHECK(s.way == &snap_image.records[SNAP_WAY_XCALL]);
	CHECK_EQ(s.function, SNAP_FUNCTION);
	CHECK_EQ(s.outer, SNAP_WRAPPER);
	CHECK_EQ(s.argument, SNAP_SYNC);
	/* Not queued yet, or not in memory: as the wait says. */
	subject(0, "cpu_xcall", 0);
	CHECK_EQ(s.outer, SNAP_FUNCTION);
	CHECK_EQ(s.argument, 0);
	subject(0, "cpu_xcall", SNAP_SIZE);
	CHECK_EQ(s.outer, SNAP_FUNCTION);
	CHECK_EQ(s.argument, 0);
	/* Calls of a kind that lie nowhere. */
	subject(0, "ipi_trigger", SNAP_CALL);
	CHECK_EQ(s.primitive, XCVM_TRACE_IPI_NUMBER);
	CHECK(s.way == &snap_image.records[SNAP_WAY_NUMBER]);
	CHECK_EQ(s.outer, SNAP_FUNCTION);
	snap_end();
}

static void
the_box(void)
{
	snap_begin();
	/* The box knows better than the name. */
	subject(0, "xc_wait (LOW)", SNAP_HIGH_BOX);
	CHECK(s.box == &snap_image.records[SNAP_HIGH_BOX_RECORD]);
	CHECK_EQ(s.primitive, XCVM_TRACE_XCALL_HIGH);
	CHECK(s.way == &snap_image.records[SNAP_WAY_HIGH]);
	CHECK_EQ(s.outer, SNAP_FUNCTION);
	subject(0, "xc_wait (HIGH)", SNAP_LOW_BOX);
	CHECK_EQ(s.primitive, XCVM_TRACE_XCALL_LOW);
	CHECK(s.way == &snap_image.records[SNAP_WAY_LOW]);
	snap_end();
}

static void
the_orphan(void)
{
	snap_begin();
	wait = snap_wait(0, "", SNAP_FUNCTION, 0);
	wait->orphan = true;
	wait->thread = INSPECT_NONE;
	wait->of = XCVM_TRACE_IPI_NUMBER;
	subject_of(&snap, wait, &s);
	CHECK_EQ(s.primitive, XCVM_TRACE_IPI_NUMBER);
	CHECK(s.way == &snap_image.records[SNAP_WAY_NUMBER]);
	snap_end();
}

static void
no_way(void)
{
	uint32_t source;

	snap_begin();
	snap_image.nrecords = SNAP_WAY_XCALL;
	subject(0, "cpu_xcall", SNAP_CALL);
	CHECK(s.way == NULL);
	CHECK(!subject_by_thread(&s));
	CHECK_EQ(subject_way_thread(&s, 1), INSPECT_NONE);
	CHECK(!subject_mark_is_set(&s, 1));
	CHECK(!subject_marked(&s, 1, &source));
	CHECK_EQ(source, XCVM_NO_SOURCE);
	CHECK_EQ(subject_worker(&s, 1), snap.in.cpus[1].thread);
	CHECK_EQ(subject_thread(&s, 1), INSPECT_NONE);
	CHECK_EQ(subject_busy(&s, 1), INSPECT_NONE);
	snap_end();
}

static void
targets_of_slots(void)
{
	snap_begin();
	snap_call(SNAP_SLOTS, 3, SNAP_CALL);
	snap_call(SNAP_SLOTS, 2, SNAP_SYNC);
	snap_call(SNAP_SLOTS_RUNNING, 1, SNAP_CALL);
	subject(0, "cpu_xcall_sync", SNAP_CALL);
	CHECK_EQ(subject_targets(&s, targets), 2);
	CHECK_EQ(targets[0], 1);
	CHECK_EQ(targets[1], 3);
	CHECK(subject_call(&s, 3) == &snap.in.calls[0]);
	CHECK(subject_call(&s, 1) == &snap.in.calls[2]);
	CHECK(subject_call(&s, 2) == NULL);
	/* No object: what else has none is not it. */
	snap_bit(SNAP_NUMBERS, 2, 0, SNAP_FUNCTION);
	subject(0, "cpu_xcall", 0);
	CHECK(subject_call(&s, 2) == NULL);
	snap_end();
}

/* What is queued nowhere: as the wait says, or else as the trace does. */
static void
targets_of_others(void)
{
	snap_begin();
	subject(0, "cpu_xcall", 0);
	CHECK_EQ(subject_targets(&s, targets), 0);
	snap_note(
	    0, 10, XCVM_TRACE_SEND, XCVM_TRACE_CPU_XCALL, 3, SNAP_FUNCTION);
	CHECK_EQ(subject_targets(&s, targets), 1);
	CHECK_EQ(targets[0], 3);
	wait->target = 2;
	CHECK_EQ(subject_targets(&s, targets), 1);
	CHECK_EQ(targets[0], 2);
	snap_end();
}

static void
targets_of_a_box(void)
{
	snap_begin();
	subject(0, "xc_wait (HIGH)", SNAP_HIGH_BOX);
	/* Nobody is left: it has ended, whatever the wait or the trace say. */
	wait->target = 2;
	snap_note(
	    0, 10, XCVM_TRACE_SEND, XCVM_TRACE_XCALL_HIGH, 3, SNAP_FUNCTION);
	CHECK_EQ(subject_targets(&s, targets), 0);
	snap_left(SNAP_HIGH_BOX, 0);
	snap_left(SNAP_HIGH_BOX, 3);
	CHECK_EQ(subject_targets(&s, targets), 2);
	CHECK_EQ(targets[0], 0);
	CHECK_EQ(targets[1], 3);
	snap_end();
}

static void
mark(void)
{
	uint32_t source;

	snap_begin();
	subject(0, "cpu_xcall_sync", SNAP_CALL);
	CHECK(!subject_mark_is_set(&s, 1));
	CHECK(!subject_marked(&s, 1, &source));
	snap_mark_xcall(1, snap_thread(1, INSPECT_OTHER), true);
	CHECK(subject_mark_is_set(&s, 1));
	CHECK(!subject_mark_is_set(&s, 2));
	CHECK(subject_marked(&s, 1, &source));
	CHECK_EQ(source, SNAP_SOFTCLOCK);
	/* It is not by the mark alone that a thread does the work. */
	CHECK(!subject_by_thread(&s));
	CHECK_EQ(subject_thread(&s, 1), INSPECT_NONE);
	snap_end();
}

static void
soft_interrupt(void)
{
	struct inspect_call *softint;
	uint32_t source;

	snap_begin();
	subject(0, "xc_wait (HIGH)", SNAP_HIGH_BOX);
	CHECK(!subject_marked(&s, 1, &source));
	CHECK_EQ(source, XCVM_NO_SOURCE);
	snap_bit(SNAP_SOFTINTS, 1, 0, SNAP_OTHER);
	snap_bit(SNAP_NUMBERS, 1, 0, SNAP_HIGHPRI);
	CHECK(!subject_marked(&s, 1, &source));
	softint = snap_bit(SNAP_SOFTINTS, 1, 1, SNAP_HIGHPRI);
	CHECK(subject_marked(&s, 1, &source));
	CHECK_EQ(source, SNAP_SOFTBIO);
	CHECK(!subject_marked(&s, 2, &source));
	/* Its thread is the worker. */
	CHECK_EQ(subject_worker(&s, 1), INSPECT_NONE);
	snap.in.cpus[1].softint[1] = snap_thread(1, INSPECT_OTHER);
	CHECK_EQ(subject_worker(&s, 1), snap.in.cpus[1].softint[1]);
	CHECK_EQ(subject_worker(&s, 2), snap.in.cpus[2].thread);
	/* One that has begun does not wait any more. */
	softint->running = true;
	CHECK(!subject_marked(&s, 1, &source));
	CHECK_EQ(subject_worker(&s, 1), snap.in.cpus[1].thread);
	snap_end();
}

static void
thread(void)
{
	uint32_t worker;

	snap_begin();
	worker = snap_thread(1, INSPECT_RUNNABLE);
	subject(0, "xc_wait (LOW)", SNAP_LOW_BOX);
	CHECK(subject_by_thread(&s));
	CHECK_EQ(subject_way_thread(&s, 1), INSPECT_NONE);
	snap_mark_low(1, worker, false);
	CHECK_EQ(subject_way_thread(&s, 1), worker);
	CHECK_EQ(subject_worker(&s, 1), worker);
	CHECK_EQ(subject_thread(&s, 1), INSPECT_NONE);
	snap_mark_low(1, worker, true);
	CHECK_EQ(subject_thread(&s, 1), worker);
	CHECK_EQ(subject_thread(&s, 2), INSPECT_NONE);
	/* It is that way's own work: nothing comes before it. */
	CHECK_EQ(subject_busy(&s, 1), INSPECT_NONE);
	/* A pointer to what is no thread, and a thread on no CPU. */
	snap_poke(SNAP_LOW_THREADS + 8, 8, SNAP_SIZE);
	CHECK_EQ(subject_way_thread(&s, 1), INSPECT_NONE);
	snap_mark_low(1, worker, true);
	snap.in.threads[worker].cpu = INSPECT_NONE;
	CHECK_EQ(subject_way_thread(&s, 1), INSPECT_NONE);
	CHECK_EQ(subject_worker(&s, 1), snap.in.cpus[1].thread);
	snap_end();
}

static void
busy_on_a_stack(void)
{
	uint32_t idle;

	snap_begin();
	subject(0, "ipi_wait", SNAP_CALL);
	CHECK_EQ(subject_busy(&s, 1), INSPECT_NONE);
	snap_frame(1, SNAP_OTHER);
	snap_frame(1, SNAP_SERVICE);
	CHECK_EQ(subject_busy(&s, 1), 1);
	CHECK_EQ(subject_busy(&s, 2), INSPECT_NONE);
	/* What an idle thread's stack holds is old. */
	idle = snap_thread(2, INSPECT_OTHER);
	snap_frame(idle, SNAP_SERVICE);
	CHECK_EQ(subject_busy(&s, 2), INSPECT_NONE);
	/* A soft interrupt's handler, while it runs. */
	subject(0, "xc_wait (HIGH)", SNAP_HIGH_BOX);
	CHECK_EQ(subject_busy(&s, 3), INSPECT_NONE);
	snap_frame(3, SNAP_HIGHPRI);
	CHECK_EQ(subject_busy(&s, 3), 3);
	snap_end();
}

/* The thread of a soft interrupt that has not begun with this one. */
static void
busy_with_others(void)
{
	uint32_t softclock;

	snap_begin();
	softclock = snap_thread(1, INSPECT_OTHER);
	subject(0, "cpu_xcall_sync", SNAP_CALL);
	snap_mark_xcall(1, softclock, true);
	CHECK_EQ(subject_busy(&s, 1), INSPECT_NONE);
	snap.in.threads[softclock].state = INSPECT_ASLEEP;
	CHECK_EQ(subject_busy(&s, 1), softclock);
	CHECK_EQ(subject_busy(&s, 2), INSPECT_NONE);
	subject(0, "xc_wait (HIGH)", SNAP_HIGH_BOX);
	CHECK_EQ(subject_busy(&s, 1), INSPECT_NONE);
	snap_bit(SNAP_SOFTINTS, 1, 0, SNAP_HIGHPRI);
	CHECK_EQ(subject_busy(&s, 1), INSPECT_NONE);
	snap.in.cpus[1].softint[0] = softclock;
	CHECK_EQ(subject_busy(&s, 1), softclock);
	snap.in.threads[softclock].state = INSPECT_OTHER;
	CHECK_EQ(subject_busy(&s, 1), INSPECT_NONE);
	snap_end();
}

UNIT_MAIN(TEST(the_call), TEST(the_box), TEST(the_orphan), TEST(no_way),
    TEST(targets_of_slots), TEST(targets_of_others), TEST(targets_of_a_box),
    TEST(mark), TEST(soft_interrupt), TEST(thread), TEST(busy_on_a_stack),
    TEST(busy_with_others))
