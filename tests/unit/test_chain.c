/* SPDX-License-Identifier: ISC */
/*
 * Which wait waits for which: who holds a CPU back, by each rule, and whether
 * that thread is itself in a wait.
 */
#include <string.h>

#include "diagnose/diagnose.h"
#include "snapshot.h"
#include "unit.h"

static struct diagnose_wait waits[8];
static struct diagnose d;

/* What symbols find: a function by which interrupts come in. */
void intr_entry(void);

void
intr_entry(void)
{
}

static void
begin(void)
{
	snap_begin();
	memset(waits, 0, sizeof(waits));
	memset(&d, 0, sizeof(d));
	d.waits = waits;
}

/* The CPU's thread waits for that CPU, and by that rule. */
static struct diagnose_wait *
add(uint32_t cpu, uint32_t target, enum diagnosis_rule rule)
{
	struct diagnose_wait *w = &waits[d.nwaits++];

	subject_of(&snap, snap_wait(cpu, "cpu_xcall_sync", SNAP_FUNCTION, 0),
	    &w->subject);
	w->target = target;
	w->rule = rule;
	w->resched = INSPECT_NONE;
	return (w);
}

static void
chain(void)
{
	diagnose_chain(&snap, &d);
}

/* By rules that blame what runs there; by the others, nobody holds it. */
static void
holders(void)
{
	static const enum diagnosis_rule current[] = {RULE_IRR_IF, RULE_IRR_TPR,
	    RULE_RECORDED_IPL, RULE_MARKED_IPL, RULE_MARKED_TURN,
	    RULE_STUCK_IF},
					 nobody[] = {RULE_NOT_STARTED,
					     RULE_STOPPED, RULE_HELD,
					     RULE_NOT_WOKEN, RULE_NOT_TOLD,
					     RULE_LOST_WORK, RULE_IRR_FREE,
					     RULE_UNSEEN, RULE_UNSENT,
					     RULE_LOST};

	for (size_t i = 0; i < sizeof(current) / sizeof(current[0]); i++) {
		begin();
		add(0, 1, current[i]);
		add(1, 2, RULE_LOST);
		chain();
		CHECK_EQ(waits[0].holder, 1);
		CHECK_EQ(waits[0].waits_for, 1);
		CHECK(!waits[0].mutual && !waits[1].mutual);
		CHECK_EQ(waits[0].verdict, diagnosis_of(current[i]));
		CHECK_EQ(waits[1].verdict, DIAGNOSIS_SENT);
		/* It is about a thread, on a CPU of its own. */
		waits[0].resched = snap_thread(3, INSPECT_RUNNABLE);
		chain();
		CHECK_EQ(waits[0].holder, 3);
		CHECK(waits[0].waits_for == DIAGNOSE_NO_WAIT);
		/* What that CPU runs is not known. */
		waits[0].resched = INSPECT_NONE;
		snap.in.cpus[1].thread = INSPECT_NONE;
		chain();
		CHECK_EQ(waits[0].holder, INSPECT_NONE);
		snap_end();
	}
	for (size_t i = 0; i < sizeof(nobody) / sizeof(nobody[0]); i++) {
		begin();
		add(0, 1, nobody[i]);
		add(1, 0, nobody[i]);
		chain();
		CHECK_EQ(waits[0].holder, INSPECT_NONE);
		CHECK(waits[0].waits_for == DIAGNOSE_NO_WAIT);
		CHECK(!waits[0].mutual);
		CHECK_EQ(waits[0].verdict, diagnosis_of(nobody[i]));
		snap_end();
	}
}

/* The thread with the function on its stack; else what runs there. */
static void
runs(void)
{
	uint32_t worker;

	begin();
	worker = snap_thread(1, INSPECT_ASLEEP);
	add(0, 1, RULE_RUNS);
	chain();
	CHECK_EQ(waits[0].holder, 1);
	snap_frame(worker, SNAP_FUNCTION);
	chain();
	CHECK_EQ(waits[0].holder, worker);
	/* What is called comes before what it calls. */
	waits[0].subject.outer = SNAP_WRAPPER;
	chain();
	CHECK_EQ(waits[0].holder, worker);
	snap_frame(1, SNAP_WRAPPER);
	chain();
	CHECK_EQ(waits[0].holder, 1);
	snap_end();
}

static void
begun_and_busy(void)
{
	uint32_t softclock;

	begin();
	softclock = snap_thread(1, INSPECT_ASLEEP);
	add(0, 1, RULE_BEGUN);
	add(2, 1, RULE_BUSY);
	chain();
	CHECK_EQ(waits[0].holder, 1);
	CHECK_EQ(waits[1].holder, INSPECT_NONE);
	snap_mark_xcall(1, softclock, false);
	chain();
	CHECK_EQ(waits[0].holder, softclock);
	CHECK_EQ(waits[1].holder, softclock);
	snap_frame(1, SNAP_DISPATCH);
	chain();
	CHECK_EQ(waits[1].holder, 1);
	snap_end();
}

static void
mutual(void)
{
	begin();
	add(0, 1, RULE_RECORDED_IPL);
	add(1, 2, RULE_IRR_IF);
	add(2, 0, RULE_MARKED_IPL);
	/* It waits for the loop, and is no part of it. */
	add(3, 1, RULE_IRR_IF);
	chain();
	CHECK_EQ(waits[0].waits_for, 1);
	CHECK_EQ(waits[1].waits_for, 2);
	CHECK_EQ(waits[2].waits_for, 0);
	CHECK_EQ(waits[3].waits_for, 1);
	for (size_t i = 0; i < 3; i++) {
		CHECK(waits[i].mutual);
		CHECK_EQ(waits[i].verdict, DIAGNOSIS_MUTUAL);
	}
	CHECK(!waits[3].mutual);
	CHECK_EQ(waits[3].verdict, DIAGNOSIS_IF);
	/* One link less, and nobody waits for himself. */
	waits[1].rule = RULE_LOST;
	chain();
	for (size_t i = 0; i < 4; i++)
		CHECK(!waits[i].mutual);
	snap_end();
	/* For itself alone. */
	begin();
	add(0, 0, RULE_RECORDED_IPL);
	chain();
	CHECK_EQ(waits[0].waits_for, 0);
	CHECK(waits[0].mutual);
	snap_end();
}

/* Of waits inside each other, a thread is in the innermost. */
static void
innermost(void)
{
	struct inspect_wait *outer;

	begin();
	add(0, 1, RULE_IRR_IF);
	add(1, 3, RULE_LOST);
	add(1, 2, RULE_UNSENT);
	outer = &snap.in.waits[1];
	outer->innermost = false;
	chain();
	CHECK_EQ(waits[0].waits_for, 2);
	/* A thread that is to run, and that nobody waits for. */
	outer->orphan = true;
	chain();
	CHECK_EQ(waits[0].waits_for, 1);
	snap_end();
}

static void
mutexes(void)
{
	uint32_t sleeper, middle;

	begin();
	sleeper = snap_thread(1, INSPECT_RUNNABLE);
	snap_frame(sleeper, SNAP_FUNCTION);
	add(0, 1, RULE_RUNS);
	add(2, 3, RULE_LOST);
	chain();
	CHECK_EQ(waits[0].holder, sleeper);
	CHECK(waits[0].waits_for == DIAGNOSE_NO_WAIT);
	snap_on_mutex(sleeper, SNAP_MUTEX, 2);
	chain();
	CHECK_EQ(waits[0].holder, sleeper);
	CHECK_EQ(waits[0].waits_for, 1);
	/* On something else that a pointer could be read from. */
	strcpy(snap.in.threads[sleeper].wmesg, "cond");
	chain();
	CHECK(waits[0].waits_for == DIAGNOSE_NO_WAIT);
	/* It does not sleep any more. */
	snap_on_mutex(sleeper, SNAP_MUTEX, 2);
	snap.in.threads[sleeper].state = INSPECT_RUNNABLE;
	chain();
	CHECK(waits[0].waits_for == DIAGNOSE_NO_WAIT);
	/* The owner sleeps for one that another has. */
	middle = snap_thread(3, INSPECT_ASLEEP);
	snap_on_mutex(sleeper, SNAP_MUTEX, middle);
	snap_on_mutex(middle, SNAP_MUTEX2, 2);
	chain();
	CHECK_EQ(waits[0].waits_for, 1);
	/* They have each other's: the way through them ends. */
	snap_on_mutex(middle, SNAP_MUTEX2, sleeper);
	chain();
	CHECK(waits[0].waits_for == DIAGNOSE_NO_WAIT);
	/* No thread has it; it is outside memory. */
	snap_poke(SNAP_MUTEX, 8, SNAP_SIZE);
	chain();
	CHECK(waits[0].waits_for == DIAGNOSE_NO_WAIT);
	snap.in.threads[sleeper].wchan = SNAP_SIZE;
	chain();
	CHECK(waits[0].waits_for == DIAGNOSE_NO_WAIT);
	snap_end();
}

/* What came in on top of a wait is not in that wait. */
static void
interrupted(void)
{
	struct inspect_wait *wait;

	begin();
	snap_symbols();
	add(0, 1, RULE_IRR_IF);
	add(1, 2, RULE_LOST);
	wait = &snap.in.waits[1];
	snap_frame(1, SNAP_OTHER);
	snap_frame(1, snap_symbol("intr_entry"));
	snap_frame(1, SNAP_OTHER);
	/* Frames go up the stack: the wait is above the way in, or below. */
	wait->addr = SNAP_STACK + 0x180;
	chain();
	CHECK(waits[0].waits_for == DIAGNOSE_NO_WAIT);
	wait->addr = SNAP_STACK + 0x100;
	chain();
	CHECK_EQ(waits[0].waits_for, 1);
	/* What a thread that does not run was interrupted by is over. */
	wait->addr = SNAP_STACK + 0x180;
	snap.in.threads[1].current = false;
	chain();
	CHECK_EQ(waits[0].waits_for, 1);
	snap_end();
}

UNIT_MAIN(TEST(holders), TEST(runs), TEST(begun_and_busy), TEST(mutual),
    TEST(innermost), TEST(mutexes), TEST(interrupted))
