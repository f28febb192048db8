/* SPDX-License-Identifier: ISC */
/*
 * From evidence to a verdict: each rule by the least that it needs, and by
 * what comes before it.
 */
#include <string.h>

#include "diagnose/diagnosis.h"
#include "unit.h"

/* A CPU that runs, a call that is queued, and an interrupt that is nowhere. */
static const struct evidence queued = {.started = true};

/* That, with the changes made to `e`: which rule holds? */
#define RULE(expected, ...)                                         \
	do {                                                        \
		struct evidence e = queued;                         \
                                                                    \
		__VA_ARGS__;                                        \
		CHECK_EQ((uint64_t)diagnosis_rule(&e), (expected)); \
	} while (0)

static void
the_target(void)
{
	RULE(RULE_NOT_STARTED, e.started = false);
	RULE(RULE_STOPPED, e.stopped = true);
	RULE(RULE_HELD, e.held = true);
	/* Whatever else there is to say of it. */
	RULE(RULE_NOT_STARTED, e.started = false; e.pending = true);
	RULE(RULE_HELD, e.held = true; e.pending = e.if_off = true);
	RULE(RULE_HELD, e.held = true; e.work = WORK_RUNNING);
}

static void
the_function(void)
{
	RULE(RULE_RUNS, e.work = WORK_RUNNING);
	RULE(RULE_RUNS, e.work = WORK_RUNNING; e.returned = ANSWER_YES);
	RULE(RULE_RUNS, e.work = WORK_RUNNING; e.pending = e.if_off = true);
}

static void
the_end(void)
{
	RULE(RULE_NOT_WOKEN, e.work = WORK_GONE; e.ended = true);
	RULE(RULE_NOT_WOKEN, e.work = WORK_GONE; e.ended = true;
	     e.returned = ANSWER_YES);
	RULE(RULE_NOT_TOLD, e.work = WORK_GONE;
	     e.begun = e.returned = ANSWER_YES);
	RULE(RULE_BEGUN, e.work = WORK_GONE; e.begun = ANSWER_YES;
	     e.returned = ANSWER_NO);
	RULE(RULE_LOST_WORK, e.work = WORK_GONE;
	     e.begun = e.returned = ANSWER_NO);
	/* A trace that has forgotten accuses nobody of losing it. */
	RULE(RULE_NOT_TOLD, e.work = WORK_GONE);
	/* An interrupt that is pending is another call's. */
	RULE(RULE_NOT_TOLD, e.work = WORK_GONE; e.pending = true);
}

static void
the_queue(void)
{
	RULE(RULE_BUSY, e.busy = true);
	RULE(RULE_BUSY, e.busy = true; e.pending = e.if_off = true);
	RULE(RULE_BUSY, e.busy = true; e.marked = e.marked_blocked = true);
	RULE(RULE_BUSY, e.busy = true; e.taken = ANSWER_YES);
}

static void
the_apic(void)
{
	RULE(RULE_IRR_IF, e.pending = e.if_off = true);
	RULE(RULE_IRR_IF, e.pending = e.if_off = e.masked = true);
	RULE(RULE_IRR_TPR, e.pending = e.masked = true);
	RULE(RULE_IRR_FREE, e.pending = true);
	/* A TPR masks nothing that is not there. */
	RULE(RULE_LOST, e.masked = true);
	RULE(RULE_LOST, e.if_off = true);
}

static void
the_kernel(void)
{
	RULE(RULE_RECORDED_IPL, e.recorded = e.recorded_blocked = true);
	RULE(RULE_RECORDED_IPL, e.recorded = e.recorded_blocked = true;
	     e.if_off = true);
	RULE(RULE_MARKED_IPL, e.marked = e.marked_blocked = true);
	RULE(RULE_MARKED_IPL, e.marked = e.marked_blocked = true;
	     e.marked_turn = true);
	RULE(RULE_MARKED_TURN, e.marked = e.marked_turn = true);
	RULE(RULE_STUCK_IF, e.recorded = e.if_off = true);
	RULE(RULE_STUCK_IF, e.marked = e.if_off = true);
	RULE(RULE_UNSEEN, e.recorded = true);
	RULE(RULE_UNSEEN, e.marked = true);
	RULE(RULE_LOST, e.recorded_blocked = e.marked_blocked = true);
}

static void
the_way(void)
{
	RULE(RULE_UNSEEN, e.sent = e.taken = ANSWER_YES);
	RULE(RULE_UNSEEN, e.taken = ANSWER_YES);
	RULE(RULE_UNSENT, e.sent = e.taken = ANSWER_NO);
	RULE(RULE_LOST, e.sent = ANSWER_YES; e.taken = ANSWER_NO);
	RULE(RULE_LOST, e.sent = ANSWER_YES);
	RULE(RULE_LOST, (void)e);
}

static void
verdicts(void)
{
	static const struct {
		enum diagnosis_rule rule;
		const char *name;
	} expected[] = {
	    {RULE_NOT_STARTED, "target not running"},
	    {RULE_STOPPED, "target not running"},
	    {RULE_HELD, "target not running"},
	    {RULE_RUNS, "handler running"},
	    {RULE_NOT_WOKEN, "work done, acknowledgement missing"},
	    {RULE_NOT_TOLD, "work done, acknowledgement missing"},
	    {RULE_BEGUN, "handler running"},
	    {RULE_LOST_WORK, "taken, no work seen"},
	    {RULE_BUSY, "handler running"},
	    {RULE_IRR_IF, "pending, masked by IF"},
	    {RULE_IRR_TPR, "pending, masked by TPR"},
	    {RULE_IRR_FREE, "target not running"},
	    {RULE_RECORDED_IPL, "pending, masked by IPL"},
	    {RULE_MARKED_IPL, "pending, masked by IPL"},
	    {RULE_MARKED_TURN, "pending, masked by IPL"},
	    {RULE_STUCK_IF, "pending, masked by IF"},
	    {RULE_UNSEEN, "taken, no work seen"},
	    {RULE_UNSENT, "never sent"},
	    {RULE_LOST, "sent, not pending at the target"},
	};

	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		CHECK(strcmp(diagnosis_name(diagnosis_of(expected[i].rule)),
			  expected[i].name) == 0);
	CHECK(strcmp(diagnosis_name(DIAGNOSIS_MUTUAL),
		  "waiters wait for each other") == 0);
	CHECK(strcmp(diagnosis_name(DIAGNOSIS_DEAD),
		  "no interrupt can ever arrive") == 0);
	CHECK(strcmp(diagnosis_name(DIAGNOSIS_NOBODY), "nobody waits") == 0);
}

/* What can never come ranks before what may only be late. */
static void
ranks(void)
{
	CHECK(diagnosis_rank(RULE_UNSENT) < diagnosis_rank(RULE_IRR_IF));
	CHECK(diagnosis_rank(RULE_LOST) < diagnosis_rank(RULE_RUNS));
	CHECK(diagnosis_rank(RULE_LOST_WORK) < diagnosis_rank(RULE_HELD));
	CHECK(diagnosis_rank(RULE_RECORDED_IPL) < diagnosis_rank(RULE_BUSY));
	CHECK(diagnosis_rank(RULE_RUNS) < diagnosis_rank(RULE_IRR_FREE));
}

UNIT_MAIN(TEST(the_target), TEST(the_function), TEST(the_end), TEST(the_queue),
    TEST(the_apic), TEST(the_kernel), TEST(the_way), TEST(verdicts),
    TEST(ranks))
