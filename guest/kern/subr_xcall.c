/* SPDX-License-Identifier: ISC */
/*
 * xcall(9): run a function on one CPU or on all.
 *
 * A call is put into one of two boxes (subr_xcall_box.c).  LOW is executed by
 * a thread "xcall/N" on each CPU, HIGH by a soft interrupt that an IPI
 * schedules.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/condvar.h>
#include <sys/inspect.h>
#include <sys/intr.h>
#include <sys/kcpuset.h>
#include <sys/kthread.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <sys/xcall.h>
#include <sys/xcstat.h>
#include <sys/xctrace.h>
#include <machine/intr.h>
#include <kern/subr_xcall.h>

#define XC_PRI_BIT  (1ULL << 63) /* in a ticket: HIGH */
#define XC_IPL_MASK 0xff00	 /* in the flags: level code */

static struct lwp *xc_threads[MAXCPUS];

INSPECT(WAY, way, .mark = INSPECT_CPU(ci_data.cpu_xcall_pending),
    .thread = {.base = xc_threads,
	.stride = sizeof(xc_threads[0]),
	.size = sizeof(xc_threads[0])},
    .vector = "resched", .primitive = XCVM_TRACE_XCALL_LOW,
    .source = XCVM_NO_SOURCE);
INSPECT(WAY, way, .handler = xc__highpri_intr, .vector = "ipi",
    .primitive = XCVM_TRACE_XCALL_HIGH, .source = XCVM_NO_SOURCE);

/* Soft level of each code, as XC_HIGHPRI_IPL() has them. */
static const struct {
	u_int softint;
	int ipl;
} xc_levels[] = {
    {SOFTINT_SERIAL, IPL_SOFTSERIAL},
    {SOFTINT_NET, IPL_SOFTNET},
    {SOFTINT_BIO, IPL_SOFTBIO},
    {SOFTINT_CLOCK, IPL_SOFTCLOCK},
};

static void *xc_softints[nitems(xc_levels)];

static void xc_thread(void *);

unsigned
xc_encode_ipl(int ipl)
{
	for (u_int code = 0; code < nitems(xc_levels); code++)
		if (xc_levels[code].ipl == ipl)
			return (__SHIFTIN(code, XC_IPL_MASK));
	panic("xc_encode_ipl: Invalid IPL %d", ipl);
}

static void
xc_init(void)
{
	xc_boxes_init();
	for (u_int code = 0; code < nitems(xc_levels); code++) {
		xc_softints[code] =
		    softint_establish(xc_levels[code].softint | SOFTINT_MPSAFE,
			xc__highpri_intr, NULL);
		KASSERT(xc_softints[code] != NULL);
	}
}

void
xc_init_cpu(struct cpu_info *ci)
{
	static bool again;
	int error;

	if (!again) {
		xc_init();
		again = true;
	}
	cv_init(&ci->ci_data.cpu_xcall, "xcall");
	error = kthread_create(PRI_XCALL, KTHREAD_MPSAFE, ci, xc_thread, NULL,
	    &xc_threads[cpu_index(ci)], "xcall/%u", cpu_index(ci));
	if (error != 0)
		panic("xc_init_cpu: no thread for cpu%u", cpu_index(ci));
}

static bool
xc_is_high(u_int flags)
{
	return (flags & XC_HIGHPRI);
}

/* Call the function of a box, and note it. */
static void
xc_call(
    enum xcvm_trace_primitive primitive, xcfunc_t func, void *arg1, void *arg2)
{
	xctrace_dispatch(primitive, func);
	func(arg1, arg2);
	xctrace_done(primitive, func);
}

/* Are we inside a LOW function? */
static bool
xc_in_low(void)
{
	return (curlwp == xc_threads[cpu_number()]);
}

static void
xc_assert_submit(const char *caller, u_int flags, xcfunc_t func)
{
	assert_thread_unlocked(caller);
	if (func == NULL)
		panic("%s: the function is NULL", caller);
	if (xc_is_high(flags) &&
	    __SHIFTOUT(flags, XC_IPL_MASK) >= nitems(xc_levels))
		panic("%s: level code %u is none of the soft levels", caller,
		    __SHIFTOUT(flags, XC_IPL_MASK));
	if (!xc_is_high(flags) && xc_in_low())
		panic("%s: a LOW call from inside a LOW function", caller);
}

/* Only one CPU runs: what it would do for itself, at once. */
static void
xc_run_early(u_int flags, xcfunc_t func, void *arg1, void *arg2)
{
	int s;

	if (xc_is_high(flags)) {
		s = splsoftserial();
		xc_call(XCVM_TRACE_XCALL_HIGH, func, arg1, arg2);
		splx(s);
	} else
		xc_call(XCVM_TRACE_XCALL_LOW, func, arg1, arg2);
}

static const struct xc_waiter xc_broadcasts = XC_WAITER("xc_broadcast");
static const struct xc_waiter xc_unicasts = XC_WAITER("xc_unicast");
static const struct xc_waiter xc_waits = XC_WAITER("xc_wait");

static uint64_t
xc_submit(const struct xc_waiter *waiter, u_int flags, xcfunc_t func,
    void *arg1, void *arg2, struct cpu_info *target)
{
	struct xc_box *xb = xc_is_high(flags) ? &xc_high : &xc_low;
	CPU_INFO_ITERATOR cii;
	struct cpu_info *ci;
	uint64_t ticket;

	xc_box_fill(xb, waiter, func, arg1, arg2);
	xb->xb_code = __SHIFTOUT(flags, XC_IPL_MASK);
	xctrace(XCVM_TRACE_SEND,
	    xb == &xc_low ? XCVM_TRACE_XCALL_LOW : XCVM_TRACE_XCALL_HIGH,
	    target != NULL ? cpu_index(target) : XCVM_TRACE_ALL,
	    (const void *)func);
	if (target != NULL)
		xc_box_add(xb, target);
	else
		for (CPU_INFO_FOREACH(cii, ci))
			if (cpu_is_running(ci))
				xc_box_add(xb, ci);
	ticket = xb->xb_head;
	KASSERTMSG(!(ticket & XC_PRI_BIT), "xcall: ticket %#lx", ticket);
	mutex_exit(&xb->xb_lock);
	if (xb == &xc_low)
		return (ticket);

	/* The box is ours until all have run it, so it needs no lock here. */
	kpreempt_disable();
	if (target != curcpu() && ncpu > 1)
		xc_send_ipi(target);
	if (target == NULL || target == curcpu())
		softint_schedule(xc_softints[xb->xb_code]);
	kpreempt_enable();
	return (ticket | XC_PRI_BIT);
}

uint64_t
xc_broadcast(u_int flags, xcfunc_t func, void *arg1, void *arg2)
{
	xc_assert_submit("xc_broadcast", flags, func);
	xcstat_inc(
	    xc_is_high(flags) ? XCS_XC_HIGH_BROADCAST : XCS_XC_LOW_BROADCAST);
	if (!mp_online) {
		xc_run_early(flags, func, arg1, arg2);
		return (0);
	}
	return (xc_submit(&xc_broadcasts, flags, func, arg1, arg2, NULL));
}

uint64_t
xc_unicast(
    u_int flags, xcfunc_t func, void *arg1, void *arg2, struct cpu_info *ci)
{
	xc_assert_submit("xc_unicast", flags, func);
	if (ci == NULL)
		panic("xc_unicast: the CPU is NULL");
	if (!cpu_is_running(ci))
		panic("xc_unicast: cpu%u is not running", cpu_index(ci));
	xcstat_inc(
	    xc_is_high(flags) ? XCS_XC_HIGH_UNICAST : XCS_XC_LOW_UNICAST);
	if (!mp_online) {
		KASSERT(ci == curcpu());
		xc_run_early(flags, func, arg1, arg2);
		return (0);
	}
	return (xc_submit(&xc_unicasts, flags, func, arg1, arg2, ci));
}

void
xc_wait(uint64_t ticket)
{
	struct xc_box *xb = ticket & XC_PRI_BIT ? &xc_high : &xc_low;
	uint64_t where = ticket & ~XC_PRI_BIT;

	assert_thread_unlocked("xc_wait");
	/* Acquire: we see what the functions wrote before they were counted. */
	if (atomic_load_acquire(&xb->xb_done) >= where)
		return;
	if (xb == &xc_low && xc_in_low())
		panic(
		    "xc_wait: a LOW function waits for LOW ticket %lu", where);
	assert_sleepable("xc_wait");
	mutex_enter(&xb->xb_lock);
	if (where > xb->xb_head)
		panic("xc_wait: ticket %#lx was never issued", ticket);
	xc_box_wait(xb, &xc_waits, where);
	mutex_exit(&xb->xb_lock);
}

static void
xc_nothing(void *arg1 __unused, void *arg2 __unused)
{
}

void
xc_barrier(u_int flags)
{
	xc_wait(xc_broadcast(flags, xc_nothing, NULL, NULL));
}

static void __dead
xc_thread(void *arg __unused)
{
	struct cpu_info *ci = curcpu();
	void *arg1, *arg2;
	xcfunc_t func;

	mutex_enter(&xc_low.xb_lock);
	for (;;) {
		while (!ci->ci_data.cpu_xcall_pending)
			cv_wait(&ci->ci_data.cpu_xcall, &xc_low.xb_lock);
		ci->ci_data.cpu_xcall_pending = false;
		func = xc_low.xb_func;
		arg1 = xc_low.xb_arg1;
		arg2 = xc_low.xb_arg2;
		mutex_exit(&xc_low.xb_lock);

		xcstat_inc(XCS_XC_LOW_RUN);
		xc_call(XCVM_TRACE_XCALL_LOW, func, arg1, arg2);
		KASSERTMSG(curlwp->l_nopreempt == 0,
		    "xcall function %p left preemption disabled",
		    (const void *)func);
		KASSERTMSG(ci == curcpu(), "xcall function %p changed CPU",
		    (const void *)func);

		mutex_enter(&xc_low.xb_lock);
		xc_box_done(&xc_low);
	}
}

void
xc_ipi_handler(void)
{
	/* The box holds this call until we have run it: no lock needed. */
	softint_schedule(xc_softints[xc_high.xb_code]);
}

void
xc__highpri_intr(void *arg __unused)
{
	xcfunc_t func = xc_high.xb_func;

	xcstat_inc(XCS_XC_HIGH_RUN);
	xc_call(XCVM_TRACE_XCALL_HIGH, func, xc_high.xb_arg1, xc_high.xb_arg2);
	mutex_enter(&xc_high.xb_lock);
	xc_box_done(&xc_high);
	mutex_exit(&xc_high.xb_lock);
}
