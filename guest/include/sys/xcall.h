/* SPDX-License-Identifier: ISC */
/*
 * cpu_xcall(9): run a function on another CPU at IPL_SOFTCLOCK.
 *
 * Interfaces as in OpenBSD of November 2025; contract sections 1 and 5.
 *
 * What machine-dependent code supplies to use this file on a new machine:
 *  1. a member "struct xcall_cpu ci_xcall" in struct cpu_info;
 *  2. cpu_xcall_ipi(ci): soon after, on that CPU, a soft interrupt at
 *     IPL_SOFTCLOCK calls cpu_xcall_dispatch(ci);
 *  3. the pending mark of that soft interrupt is cleared *before* the call,
 *     so that an entry behind the scan brings a pass of its own;
 *  4. a call to cpu_xcall_establish(ci) before that CPU takes its first IPI.
 */
#ifndef SYS_XCALL_H
#define SYS_XCALL_H

#include <sys/types.h>

struct xcall {
	void (*xc_func)(void *);
	void *xc_arg;
};

#define XCALL_INITIALIZER(func, arg)               \
	{                                          \
		.xc_func = (func), .xc_arg = (arg) \
	}

#define XCALL_CPU_SLOTS 4

struct xcall_cpu {
	struct xcall *volatile xci_xcalls[XCALL_CPU_SLOTS];
	void *xci_softintr; /* OpenBSD's second member; unused here */
};

/*
 * Prepare a call.  Any context, any IPL.
 * => xc must not be queued on any CPU; a DIAGNOSTIC kernel panics (O28)
 */
void cpu_xcall_set(struct xcall *xc, void (*func)(void *), void *arg);

/*
 * Run xc on ci.  Any context, any IPL; does not sleep, and does not allocate.
 * => self: runs before return at max(IPL, IPL_SOFTCLOCK), using no slot
 * => remote: returns when the call is queued and the IPI sent.  While all
 *    XCALL_CPU_SLOTS slots of ci are taken it spins at the caller's IPL and
 *    runs nobody else's function; past the stall limit it reports, and goes
 *    on waiting
 * => everything written before the call is visible to the function
 * => the object may be reused as soon as the function has *started*; one
 *    object may be queued on many CPUs, and more than once on the same
 * => queued calls are not FIFO, not even between the same two CPUs
 * => panics: NULL ci, NULL xc, NULL function, ci not running
 */
void cpu_xcall(struct cpu_info *ci, struct xcall *xc);

/*
 * Run func(arg) on ci and sleep until it has returned; wmesg labels the wait.
 * Everything func wrote is visible on return.
 * => thread context at IPL_NONE, no spin mutex held, else it panics
 * => on the calling CPU, func runs inline, and nothing sleeps
 */
void cpu_xcall_sync(
    struct cpu_info *ci, void (*func)(void *), void *arg, const char *wmesg);

#ifdef MULTIPROCESSOR
/*
 * Machine-dependent code only.  establish: make ci's slots empty; panics if
 * a call is queued there.  dispatch: run the queued calls of the current
 * CPU, once over the slots; soft-interrupt context at IPL_SOFTCLOCK.
 */
void cpu_xcall_establish(struct cpu_info *ci);
void cpu_xcall_dispatch(struct cpu_info *ci);
#endif

#endif /* SYS_XCALL_H */
