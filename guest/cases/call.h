/* SPDX-License-Identifier: ISC */
/*
 * Calls of cpu_xcall(9), xcall(9) and ipi(9), for the cases of any folder:
 * functions to have called, how to call, and being sure that all has run.
 */
#ifndef CASES_CALL_H
#define CASES_CALL_H

#include <sys/ipi.h>
#include <sys/xcall.h>
#include "case.h"

/*
 * --- functions: for any call that takes one, and for threads and handlers;
 * _2: for xcall(9), which passes two arguments ---
 */

void call_nothing(void *);     /* anything */
void call_boot_others(void *); /* anything; in a thread, with PARAM_EARLY */

/* struct mark: counts the executions. */
void call_count(void *);
void call_count_2(void *, void *);

/* struct mark *, of each CPU, from cpu_marks(): counts this CPU's. */
void call_count_here(void *);

/*
 * struct gate, all zero: says that it is inside, and stays there, spinning,
 * until g_open is marked; once open, the gate lets everybody through.
 */
struct gate {
	struct mark g_entered, g_open, g_left;
};
void call_gate(void *);

/* --- cpu_xcall(9) --- */

/* cpu_xcall_set() and cpu_xcall(), for n calls with one function and argument. */
void call_n(
    struct cpu_info *, struct xcall *, u_int n, void (*)(void *), void *);

/* Slots of that CPU that hold a call. */
u_int slots_taken(const struct cpu_info *);

/*
 * Wait until every call queued on that other CPU before has run, also one
 * that should not be there.  Needs no more than that calls run at all: see
 * the proof in call.c.
 */
void calls_drain(struct cpu_info *);

/* calls_drain() for all CPUs but this. */
void calls_drain_others(void);

/* --- xcall(9) --- */

/* Both classes, for what holds in either. */
#define NX_CLASSES 2
extern const u_int nx_class_flags[NX_CLASSES];

/* In the tickets of HIGH calls. */
#define NX_HIGH_BIT (UINT64_C(1) << 63)

/* CPUs that run. */
u_int nx_running(void);

/* xc_unicast() to ci, or with NULL xc_broadcast(). */
uint64_t nx_submit(
    u_int flags, struct cpu_info *ci, xcfunc_t func, void *arg1, void *arg2);
/* nx_submit() and xc_wait(). */
void nx_call(
    u_int flags, struct cpu_info *ci, xcfunc_t func, void *arg1, void *arg2);

/* --- ipi(9) --- */

/* One call into ipi(9), with preemption disabled as it asks. */
#define PINNED(call)                \
	do {                        \
		kpreempt_disable(); \
		call;               \
		kpreempt_enable();  \
	} while (0)

/* ipi_register(); a case that gets no number fails. */
u_int ipi_number(ipi_func_t, void *);

/*
 * Wait until the CPU has taken every ipi(9) interrupt sent to it before, and
 * done what it was sent for.  Thread context, IPL_NONE.
 */
void ipi_settle(struct cpu_info *);
void ipi_settle_all(void);

#endif /* CASES_CALL_H */
