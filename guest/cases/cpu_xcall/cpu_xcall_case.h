/* SPDX-License-Identifier: ISC */
/* What the cpu_xcall(9) cases share: functions to call, and ways to wait. */
#ifndef CASES_CPU_XCALL_CASE_H
#define CASES_CPU_XCALL_CASE_H

#include "call.h"

/* --- functions for cpu_xcall(); each with the type of its argument --- */

/* struct seen: notes where and how it ran, then counts. */
struct seen {
	struct mark s_runs;
	u_int s_cpu;
	int s_ipl;
	bool s_softintr, s_intr;
	struct lwp *s_lwp;
};
void call_see(void *);

/* --- making calls, and waiting --- */

/* cpu_xcall_set() and cpu_xcall(). */
void call(struct cpu_info *, struct xcall *, void (*)(void *), void *);

/*
 * Wait until the interrupt of a call has come to a CPU that holds its level
 * at IPL_SOFTCLOCK or above, and was recorded there; or, which is an error
 * the caller will find, the call has run.
 */
void calls_recorded(const struct cpu_info *, const struct mark *runs);

#endif /* CASES_CPU_XCALL_CASE_H */
