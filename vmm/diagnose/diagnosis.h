/* SPDX-License-Identifier: ISC */
/*
 * Why a cross-call has not come back: from evidence to a verdict.
 *
 * Pure: no VM, no memory of a guest.  evidence.c gathers what is needed here,
 * for a wait and one CPU that it waits for.
 *
 * The first rule below that holds gives the verdict.  The rules follow the
 * call backwards, from its end to its beginning, for what came late proves
 * what came before it: whoever runs the function has got the interrupt.  If
 * the call has ended, and its waiter is to run again but does not, the rules
 * are applied to the reschedule IPI for the waiter.
 *
 *	rule		holds when				verdict
 *	NOT_STARTED	the CPU was never started		target not running
 *	STOPPED		the CPU never runs again		target not running
 *	HELD		the fault plan does not let the CPU run	target not running
 *	RUNS		the function is on a stack of the CPU	handler running
 *	NOT_WOKEN	the call has said that it ended, and	work done,
 *			its waiter sleeps on			  acknowledgement missing
 *	NOT_TOLD	the function has returned		work done,
 *								  acknowledgement missing
 *	BEGUN		the function has begun, says the trace,	handler running
 *			and not returned
 *	LOST_WORK	the call is nowhere, and never began	taken, no work seen
 *	BUSY		the call is queued, and what serves the	handler running
 *			queue is at something else
 *	IRR_IF		the interrupt is pending; IF is 0	pending, masked by IF
 *	IRR_TPR		pending; its class is not above the	pending, masked by TPR
 *			TPR's or that of a vector in service
 *	IRR_FREE	pending; nothing masks it		target not running
 *	RECORDED_IPL	recorded by the kernel; the level	pending, masked by IPL
 *			blocks it
 *	MARKED_IPL	taken; what the handler put the work	pending, masked by IPL
 *			off to waits for the level, or for
 *			preemption to be enabled again
 *	MARKED_TURN	taken; its thread waits behind one of	pending, masked by IPL
 *			no lower priority
 *	STUCK_IF	recorded or put off; no level blocks	pending, masked by IF
 *			it, but interrupts are off
 *	UNSEEN		the interrupt was taken after it was	taken, no work seen
 *			sent; the call is still queued
 *	UNSENT		nobody sent an interrupt for the call	never sent
 *	LOST		sent, and none of the above		sent, not pending at
 *								  the target
 */
#ifndef VMM_DIAGNOSE_DIAGNOSIS_H
#define VMM_DIAGNOSE_DIAGNOSIS_H

#include <stdbool.h>

enum diagnosis_verdict {
	DIAGNOSIS_NEVER_SENT,
	DIAGNOSIS_SENT,
	DIAGNOSIS_IF,
	DIAGNOSIS_TPR,
	DIAGNOSIS_IPL,
	DIAGNOSIS_TAKEN,
	DIAGNOSIS_RUNNING,
	DIAGNOSIS_DONE,
	DIAGNOSIS_MUTUAL,
	DIAGNOSIS_TARGET,
	DIAGNOSIS_DEAD,
	DIAGNOSIS_NOBODY,
	DIAGNOSIS_VERDICTS
};

enum diagnosis_rule {
	RULE_NOT_STARTED,
	RULE_STOPPED,
	RULE_HELD,
	RULE_RUNS,
	RULE_NOT_WOKEN,
	RULE_NOT_TOLD,
	RULE_BEGUN,
	RULE_LOST_WORK,
	RULE_BUSY,
	RULE_IRR_IF,
	RULE_IRR_TPR,
	RULE_IRR_FREE,
	RULE_RECORDED_IPL,
	RULE_MARKED_IPL,
	RULE_MARKED_TURN,
	RULE_STUCK_IF,
	RULE_UNSEEN,
	RULE_UNSENT,
	RULE_LOST
};

/* What a trace says: it forgets, and can be switched off. */
enum answer { ANSWER_UNKNOWN, ANSWER_NO, ANSWER_YES };

enum work {
	WORK_QUEUED,  /* for the CPU, and has not begun */
	WORK_RUNNING, /* the function is on a stack of the CPU */
	WORK_GONE     /* neither queued nor running */
};

struct evidence {
	/* The CPU. */
	bool started, stopped, held;
	/* The call. */
	enum work work;
	bool ended; /* the call has said so itself */
	enum answer begun, returned;
	bool busy; /* what serves the queue is at something */
	/* The call's interrupt. */
	enum answer sent;  /* an interrupt for the call */
	enum answer taken; /* by the CPU, since the call */
	bool pending;	   /* in the APIC, or on its way into the CPU */
	bool if_off;
	bool masked; /* by the TPR, or what is in service */
	/* What the guest kernel has made of the interrupt. */
	bool recorded, recorded_blocked;
	bool marked, marked_blocked;
	bool marked_turn; /* its thread waits for one of no lower priority */
};

/*
 * The first rule that holds, of those above.  For a call that has ended and
 * whose waiter was woken, `evidence` is about the reschedule IPI of the
 * waiter's CPU, with work WORK_QUEUED.
 */
enum diagnosis_rule diagnosis_rule(const struct evidence *evidence);

enum diagnosis_verdict diagnosis_of(enum diagnosis_rule rule);

/* "sent, not pending at the target", ...: what events and cases say. */
const char *diagnosis_name(enum diagnosis_verdict verdict);

/*
 * Of several CPUs that a call waits for, the one to name first is that with
 * the lowest rank: lost is worse than late.
 */
unsigned diagnosis_rank(enum diagnosis_rule rule);

#endif /* VMM_DIAGNOSE_DIAGNOSIS_H */
