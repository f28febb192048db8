/* SPDX-License-Identifier: ISC */
/*
 * The cross-calls of two systems, whose names do not collide: OpenBSD's
 * cpu_xcall(9) first, then NetBSD's xcall(9).
 *
 * cpu_xcall(9): run a function on another CPU at IPL_SOFTCLOCK.
 *
 * Interfaces as in OpenBSD of November 2025 (docs/contract.md, O1 to O31).
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

/*
 * xcall(9): run a function on one CPU or on all, in a thread bound to it
 * (LOW, flags 0) or in a soft interrupt (HIGH): docs/contract.md, N1 to N41.
 *
 * One LOW and one HIGH call are in flight in the whole system; a second of
 * the same class sleeps until the first is done everywhere.  So successive
 * calls of a class are totally ordered.
 */
typedef void (*xcfunc_t)(void *, void *);

/*
 * Flags: 0 is LOW.  XC_HIGHPRI is HIGH at IPL_SOFTSERIAL, XC_HIGHPRI_IPL() at
 * that soft level.  A level without the HIGHPRI bit means nothing: LOW.
 */
#define XC_HIGHPRI	    0x0001
#define XC_HIGHPRI_IPL(ipl) (XC_HIGHPRI | xc_encode_ipl(ipl))
#define XC_IPL_SHIFT	    8 /* the level's code is in bits 8 to 15 */

/* The flag bits of a soft level, 0xff00; panics on any other level. */
unsigned xc_encode_ipl(int ipl);

/*
 * Run func(arg1, arg2) on every running CPU, this one included, or on ci.
 * Returns a ticket for xc_wait(); the function may not have begun.  Before
 * other CPUs run, it runs here, once, before the return, and the ticket is 0.
 * => thread context, no spin mutex held; may sleep until an earlier call is
 *    done: at a raised IPL, or with preemption disabled, it panics if it must
 * => LOW: thread "xcall/N" at IPL_NONE, priority PRI_XCALL; may sleep for
 *    a mutex, must not call LOW nor wait for its own ticket
 * => HIGH: soft interrupt context at the level; must not call this API
 * => what the caller wrote is visible to func
 * => panics: func NULL, ci NULL or not running, level code out of range, a
 *    hard or soft interrupt, the idle thread, LOW from inside a LOW function
 */
uint64_t xc_broadcast(u_int flags, xcfunc_t func, void *arg1, void *arg2);
uint64_t xc_unicast(
    u_int flags, xcfunc_t func, void *arg1, void *arg2, struct cpu_info *ci);

/*
 * Sleep until the call of that ticket, and so all earlier ones of its class,
 * has returned on all its CPUs; what it wrote is visible then.  Tickets can
 * be kept, waited for more than once, by any thread, or never.  Ticket 0 is
 * done.  Context as for the calls.  Panics on a ticket that was never issued.
 */
void xc_wait(uint64_t ticket);

/*
 * A call of nothing on every CPU, and the wait for it: when it returns, each
 * CPU has left the section that held it off.  0: preemption disabled, and
 * all above IPL_NONE; HIGH: soft interrupts at that level and above.
 */
void xc_barrier(u_int flags);

/*
 * Machine-dependent code.  xc_init_cpu(): for each CPU before it runs
 * threads; makes its thread.  xc_send_ipi(): supplied by the machine: have
 * that CPU, or with NULL all but this one, call xc_ipi_handler(), which only
 * schedules the soft interrupt that calls xc__highpri_intr().
 * xc_resend_ipi(): supplied as well: the interrupt of an earlier
 * xc_send_ipi() may be lost; send it again, for one call in all.
 */
void xc_init_cpu(struct cpu_info *);
void xc_send_ipi(struct cpu_info *);
void xc_resend_ipi(struct cpu_info *);
void xc_ipi_handler(void);
void xc__highpri_intr(void *);

#endif /* SYS_XCALL_H */
