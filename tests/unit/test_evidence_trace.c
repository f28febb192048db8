/* SPDX-License-Identifier: ISC */
/*
 * What the trace rings prove of a call, and what they do not: a ring forgets,
 * and can be switched off.
 */
#include <string.h>

#include "diagnose/evidence.h"
#include "snapshot.h"
#include "unit.h"

static struct subject s;
static struct evidence e;

/* CPU 0 called CPU 1 by cpu_xcall(9), at 100 if its ring says so. */
static void
begin(void)
{
	snap_begin();
	subject_of(&snap, snap_wait(0, "cpu_xcall", SNAP_FUNCTION, 0), &s);
}

#define CALL XCVM_TRACE_CPU_XCALL
#define SEND(cpu, tsc, target) \
	snap_note((cpu), (tsc), XCVM_TRACE_SEND, CALL, (target), SNAP_FUNCTION)
#define IPI(cpu, tsc, target) \
	snap_note((cpu), (tsc), XCVM_TRACE_IPI, CALL, (target), 0)
#define RECEIVED(cpu, tsc) \
	snap_note((cpu), (tsc), XCVM_TRACE_RECEIVED, CALL, (cpu), 0)

#define ANSWERS(member, answer)             \
	do {                                \
		memset(&e, 0, sizeof(e));   \
		trace_answers(&s, 1, &e);   \
		CHECK_EQ(e.member, answer); \
	} while (0)

static void
sent(void)
{
	begin();
	ANSWERS(sent, ANSWER_NO);
	/* Not this CPU's, not this interrupt, not that target. */
	IPI(0, 50, 2);
	snap_note(0, 60, XCVM_TRACE_IPI, XCVM_TRACE_IPI_NUMBER, 1, 0);
	ANSWERS(sent, ANSWER_NO);
	SEND(0, 100, 1);
	ANSWERS(sent, ANSWER_NO);
	IPI(0, 110, 1);
	ANSWERS(sent, ANSWER_YES);
	snap_end();
	/* What was sent before the call, and taken, was not for it. */
	begin();
	IPI(0, 90, 1);
	SEND(0, 100, 1);
	RECEIVED(1, 95);
	ANSWERS(sent, ANSWER_NO);
	snap_end();
	begin();
	SEND(0, 100, 1);
	IPI(0, 110, XCVM_TRACE_ALL);
	ANSWERS(sent, ANSWER_YES);
	snap_end();
	/* To itself, nobody need send. */
	begin();
	SEND(0, 100, 0);
	memset(&e, 0, sizeof(e));
	trace_answers(&s, 0, &e);
	CHECK_EQ(e.sent, ANSWER_YES);
	snap_end();
}

/* One interrupt announces several calls: that of another CPU will do. */
static void
sent_by_others(void)
{
	begin();
	SEND(0, 100, 1);
	IPI(2, 90, 1);
	ANSWERS(sent, ANSWER_YES);
	CHECK_EQ(trace_sender(&s, 1), 2);
	IPI(3, 95, 1);
	CHECK_EQ(trace_sender(&s, 1), 3);
	CHECK_EQ(trace_sender(&s, 2), INSPECT_NONE);
	RECEIVED(1, 96);
	ANSWERS(sent, ANSWER_NO);
	CHECK_EQ(trace_sender(&s, 1), INSPECT_NONE);
	IPI(3, 97, XCVM_TRACE_ALL);
	ANSWERS(sent, ANSWER_YES);
	CHECK_EQ(trace_sender(&s, 1), 3);
	IPI(2, 98, 1);
	CHECK_EQ(trace_sender(&s, 1), 2);
	snap_end();
}

/* Where a ring may have forgotten it, nobody is accused. */
static void
forgotten(void)
{
	begin();
	SEND(0, 100, 1);
	IPI(2, 150, 3);
	snap_wrapped(2);
	ANSWERS(sent, ANSWER_UNKNOWN);
	snap_end();
	/* It reaches back far enough. */
	begin();
	SEND(0, 100, 1);
	IPI(2, 100, 3);
	snap_wrapped(2);
	ANSWERS(sent, ANSWER_NO);
	snap_end();
	/* It wrapped, and what is in it was being written. */
	begin();
	SEND(0, 100, 1);
	snap_wrapped(2);
	ANSWERS(sent, ANSWER_UNKNOWN);
	snap_end();
	/* The call itself is forgotten. */
	begin();
	IPI(0, 100, 3);
	snap_wrapped(0);
	ANSWERS(sent, ANSWER_UNKNOWN);
	ANSWERS(taken, ANSWER_UNKNOWN);
	ANSWERS(begun, ANSWER_UNKNOWN);
	snap_end();
	/* Switched off: it was in there, or was not. */
	begin();
	SEND(0, 100, 1);
	snap.in.tracing = false;
	ANSWERS(sent, ANSWER_UNKNOWN);
	ANSWERS(taken, ANSWER_UNKNOWN);
	ANSWERS(begun, ANSWER_UNKNOWN);
	ANSWERS(returned, ANSWER_UNKNOWN);
	IPI(0, 110, 1);
	ANSWERS(sent, ANSWER_YES);
	snap_end();
}

static void
taken(void)
{
	begin();
	ANSWERS(taken, ANSWER_UNKNOWN);
	SEND(0, 100, 1);
	ANSWERS(taken, ANSWER_NO);
	RECEIVED(1, 99);
	RECEIVED(2, 120);
	ANSWERS(taken, ANSWER_NO);
	snap_note(1, 110, XCVM_TRACE_RECEIVED, XCVM_TRACE_IPI_NUMBER, 1, 0);
	ANSWERS(taken, ANSWER_NO);
	snap_wrapped(1);
	ANSWERS(taken, ANSWER_NO);
	RECEIVED(1, 120);
	ANSWERS(taken, ANSWER_YES);
	snap_note(0, 130, XCVM_TRACE_SEND, CALL, 1, SNAP_OTHER);
	ANSWERS(taken, ANSWER_YES);
	snap_end();
	begin();
	SEND(0, 100, 1);
	snap_note(1, 110, XCVM_TRACE_SEND, CALL, 0, SNAP_OTHER);
	snap_wrapped(1);
	ANSWERS(taken, ANSWER_UNKNOWN);
	snap_end();
	/* A call that nobody noted, but an interrupt for it. */
	begin();
	IPI(0, 100, 1);
	ANSWERS(taken, ANSWER_NO);
	RECEIVED(1, 100);
	ANSWERS(taken, ANSWER_YES);
	snap_end();
}

static void
function(void)
{
	begin();
	ANSWERS(begun, ANSWER_UNKNOWN);
	ANSWERS(returned, ANSWER_UNKNOWN);
	SEND(0, 100, 1);
	/* Before the call, of another function or kind, at another CPU. */
	snap_note(1, 90, XCVM_TRACE_DISPATCH, CALL, 1, SNAP_FUNCTION);
	snap_note(1, 110, XCVM_TRACE_DISPATCH, CALL, 1, SNAP_OTHER);
	snap_note(1, 111, XCVM_TRACE_DISPATCH, XCVM_TRACE_XCALL_LOW, 1,
	    SNAP_FUNCTION);
	snap_note(2, 112, XCVM_TRACE_DISPATCH, CALL, 1, SNAP_FUNCTION);
	ANSWERS(begun, ANSWER_NO);
	snap_note(1, 120, XCVM_TRACE_DISPATCH, CALL, 1, SNAP_FUNCTION);
	ANSWERS(begun, ANSWER_YES);
	ANSWERS(returned, ANSWER_NO);
	snap_note(1, 130, XCVM_TRACE_DONE, CALL, 1, SNAP_FUNCTION);
	ANSWERS(returned, ANSWER_YES);
	snap_end();
	/* The last call of several is the one that is waited for. */
	begin();
	SEND(0, 100, 1);
	snap_note(1, 110, XCVM_TRACE_DISPATCH, CALL, 1, SNAP_FUNCTION);
	snap_note(1, 120, XCVM_TRACE_DONE, CALL, 1, SNAP_FUNCTION);
	SEND(0, 130, 1);
	SEND(0, 140, 2);
	ANSWERS(begun, ANSWER_NO);
	ANSWERS(returned, ANSWER_NO);
	snap_end();
	/* Begun, and the ring of its CPU has gone on since. */
	begin();
	SEND(0, 100, 1);
	snap_note(1, 120, XCVM_TRACE_DONE, CALL, 1, SNAP_FUNCTION);
	snap_wrapped(1);
	ANSWERS(begun, ANSWER_UNKNOWN);
	ANSWERS(returned, ANSWER_YES);
	snap_end();
}

/* Interrupts of xcall(9) and ipi(9) are all ipi's. */
static void
kinds_of_interrupt(void)
{
	static const char *const names[] = {
	    "xc_wait (LOW)", "xc_wait (HIGH)", "ipi_wait", "ipi_trigger"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snap_begin();
		subject_of(&snap, snap_wait(0, names[i], SNAP_FUNCTION, 0), &s);
		IPI(0, 100, 1);
		ANSWERS(sent, ANSWER_NO);
		snap_note(0, 110, XCVM_TRACE_IPI, XCVM_TRACE_IPI_NUMBER, 1, 0);
		ANSWERS(sent, ANSWER_YES);
		CHECK(!trace_says_nothing(&s));
		snap_end();
	}
}

static void
last_target(void)
{
	begin();
	CHECK_EQ(trace_last_target(&s), INSPECT_NONE);
	IPI(0, 90, 3);
	CHECK_EQ(trace_last_target(&s), 3);
	/* The call says it better. */
	SEND(0, 100, 1);
	SEND(0, 110, 2);
	IPI(0, 120, 3);
	CHECK_EQ(trace_last_target(&s), 2);
	/* The last call is another's: of ours, the interrupt alone is known. */
	snap_note(0, 130, XCVM_TRACE_SEND, CALL, 1, SNAP_OTHER);
	CHECK_EQ(trace_last_target(&s), 3);
	/* All are no one in particular; and no CPU is believed. */
	IPI(0, 140, XCVM_TRACE_ALL);
	CHECK_EQ(trace_last_target(&s), INSPECT_NONE);
	IPI(0, 150, SNAP_NCPUS);
	CHECK_EQ(trace_last_target(&s), INSPECT_NONE);
	IPI(0, 160, SNAP_NCPUS - 1);
	CHECK_EQ(trace_last_target(&s), SNAP_NCPUS - 1);
	snap_end();
}

static void
says_nothing(void)
{
	begin();
	CHECK(trace_says_nothing(&s));
	IPI(1, 10, 0);
	SEND(0, 10, 1);
	CHECK(trace_says_nothing(&s));
	IPI(0, 20, 3);
	CHECK(!trace_says_nothing(&s));
	snap_end();
	begin();
	SEND(0, 10, 1);
	snap_wrapped(0);
	CHECK(!trace_says_nothing(&s));
	snap_end();
	begin();
	snap.in.tracing = false;
	CHECK(!trace_says_nothing(&s));
	snap_end();
}

#define CALLER(target, cpu_, start_)                                   \
	do {                                                           \
		struct inspect_wait orphan = {.cpu = 77, .start = 77}; \
                                                                       \
		trace_find_caller(                                     \
		    &snap, CALL, SNAP_FUNCTION, (target), &orphan);    \
		CHECK_EQ(orphan.cpu, (cpu_));                          \
		CHECK_EQ(orphan.start, (start_));                      \
	} while (0)

static void
caller(void)
{
	begin();
	CALLER(1, INSPECT_NONE, 0);
	SEND(0, 100, 1);
	snap_note(0, 190, XCVM_TRACE_SEND, CALL, 1, SNAP_OTHER);
	SEND(2, 120, 1);
	SEND(2, 200, 3);
	SEND(3, 110, 1);
	/* The last who called it there; or anywhere. */
	CALLER(1, 2, 120);
	CALLER(3, 2, 200);
	CALLER(0, INSPECT_NONE, 0);
	CALLER(INSPECT_NONE, 2, 200);
	SEND(3, 210, XCVM_TRACE_ALL);
	CALLER(0, 3, 210);
	snap_end();
	/* No call is noted, but interrupts: the last of them. */
	begin();
	IPI(0, 100, 1);
	IPI(2, 120, 1);
	IPI(3, 110, 1);
	CALLER(1, 2, 120);
	CALLER(2, INSPECT_NONE, 0);
	CALLER(INSPECT_NONE, INSPECT_NONE, 0);
	SEND(3, 90, 1);
	CALLER(1, 3, 90);
	snap_end();
}

UNIT_MAIN(TEST(sent), TEST(sent_by_others), TEST(forgotten), TEST(taken),
    TEST(function), TEST(kinds_of_interrupt), TEST(last_target),
    TEST(says_nothing), TEST(caller))
