/* SPDX-License-Identifier: ISC */
/* What the cpu_xcall(9) cases share: functions to call, and ways to wait. */
#ifndef CASES_CPU_XCALL_CASE_H
#define CASES_CPU_XCALL_CASE_H

#include <sys/xcall.h>
#include "case.h"

/* --- functions for cpu_xcall(); each with the type of its argument --- */

/* struct mark: counts the executions. */
void call_count(void *);

/* struct seen: notes where and how it ran, then counts. */
struct seen {
	struct mark s_runs;
	u_int s_cpu;
	int s_ipl;
	bool s_softintr, s_intr;
	struct lwp *s_lwp;
};
void call_see(void *);

/* struct gate: stays inside until g_open is marked. */
struct gate {
	struct mark g_entered, g_open, g_left;
};
void call_gate(void *);

/* --- making calls --- */

/* cpu_xcall_set() and cpu_xcall(). */
void call(struct cpu_info *, struct xcall *, void (*)(void *), void *);

/* The same for a row of n calls with one function and argument. */
void call_n(
    struct cpu_info *, struct xcall *, u_int n, void (*)(void *), void *);

/* --- waiting, and looking --- */

/* Slots of that CPU that hold a call. */
u_int slots_taken(const struct cpu_info *);

/*
 * Wait until the interrupt of a call has come to a CPU that holds its level
 * at IPL_SOFTCLOCK or above, and was recorded there; or, which is an error
 * the caller will find, the call has run.
 */
void calls_recorded(const struct cpu_info *, const struct mark *runs);

/*
 * Wait until every call queued on that other CPU before has run, also one
 * that should not be there.  Needs no more than that calls run at all: see
 * the proof in cpu_xcall_case.c.
 */
void calls_drain(struct cpu_info *);

/* calls_drain() for all CPUs but this. */
void calls_drain_others(void);

#endif /* CASES_CPU_XCALL_CASE_H */
