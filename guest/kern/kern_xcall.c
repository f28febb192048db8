/* SPDX-License-Identifier: ISC */
/*
 * cpu_xcall(9): run a function on another CPU at IPL_SOFTCLOCK.
 *
 * Each CPU has four slots.  A caller puts a pointer to its own struct xcall
 * into a free slot of the target with one compare-and-swap, and sends one
 * IPI; the target's soft interrupt empties each slot, then runs what was in
 * it.  The object carries no state of its own: from the moment its function
 * starts, the stack has forgotten it.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/inspect.h>
#include <sys/proc.h>
#include <sys/stall.h>
#include <sys/xcall.h>
#include <sys/xcstat.h>
#include <sys/xctrace.h>
#include <machine/intr.h>
#include <kern/kern.h>

/* A call on the stack of a thread that sleeps until it has been made. */
struct xcall_sync {
	struct xcall xs_call;
	struct cond xs_done;
};

static void
xcall_assert_function(const char *caller, void (*func)(void *))
{
	if (func == NULL)
		panic("%s: the function is NULL", caller);
}

/* Run a call for ourselves: the level is raised, never lowered. */
static __noinline void
xcall_run_here(void (*func)(void *), void *arg)
{
	int s = splraise(IPL_SOFTCLOCK);

	xctrace_dispatch(XCVM_TRACE_CPU_XCALL, func);
	func(arg);
	xctrace_done(XCVM_TRACE_CPU_XCALL, func);
	splx(s);
}

#ifdef MULTIPROCESSOR

static __noinline void
xcall_run_traced(void (*func)(void *), void *arg)
{
	xctrace_dispatch(XCVM_TRACE_CPU_XCALL, func);
	func(arg);
	xctrace_done(XCVM_TRACE_CPU_XCALL, func);
}

/* Is xc in a slot of any CPU? */
static bool
xcall_is_queued(const struct xcall *xc)
{
	CPU_INFO_ITERATOR cii;
	struct cpu_info *ci;

	for (CPU_INFO_FOREACH(cii, ci))
		for (u_int i = 0; i < nitems(ci->ci_xcall.xci_xcalls); i++)
			if (atomic_load_relaxed(&ci->ci_xcall.xci_xcalls[i]) ==
			    xc)
				return (true);
	return (false);
}

static bool
xcall_insert(struct xcall_cpu *xci, struct xcall *xc)
{
	for (u_int i = 0; i < nitems(xci->xci_xcalls); i++) {
		/*
		 * Release: whoever takes xc out of the slot sees all that
		 * was written before it went in.
		 */
		membar_release();
		if (atomic_cas_ptr(&xci->xci_xcalls[i], NULL, xc) == NULL)
			return (true);
	}
	return (false);
}

/* Only the interrupt again: what there is to run stands in the slots. */
static void
xcall_resend(struct cpu_info *ci, const void *func)
{
	xctrace(XCVM_TRACE_RESEND, XCVM_TRACE_CPU_XCALL, cpu_index(ci), func);
	cpu_xcall_ipi(ci);
}

/* All slots are taken: spin at the caller's level until one is free. */
static __noinline void
xcall_insert_wait(struct cpu_info *ci, struct xcall *xc)
{
	struct stall_watch sw;

	xcstat_inc(XCS_XCALL_FULL);
	stall_begin(&sw, "cpu_xcall", ci, (const void *)xc->xc_func, NULL,
	    xcall_resend);
	do {
		xcstat_inc(XCS_XCALL_SPIN);
		CPU_BUSY_CYCLE();
		stall_check(&sw);
	} while (!xcall_insert(&ci->ci_xcall, xc));
	stall_end(&sw);
}

static void
xcall_send(struct cpu_info *ci, struct xcall *xc)
{
	if (!cpu_is_running(ci))
		panic("cpu_xcall: cpu%u is not running", cpu_index(ci));
	xcstat_inc(XCS_XCALL_REMOTE);
	xctrace(XCVM_TRACE_SEND, XCVM_TRACE_CPU_XCALL, cpu_index(ci),
	    (const void *)xc->xc_func);
	if (!xcall_insert(&ci->ci_xcall, xc))
		xcall_insert_wait(ci, xc);
	/*
	 * One IPI for each call that went in, even if one is on its way: it
	 * may have been taken for the last time before our entry was there.
	 */
	xcstat_inc(XCS_XCALL_IPI);
	cpu_xcall_ipi(ci);
}

void
cpu_xcall(struct cpu_info *ci, struct xcall *xc)
{
	if (ci == NULL)
		panic("cpu_xcall: the CPU is NULL");
	if (xc == NULL)
		panic("cpu_xcall: the xcall is NULL");
	xcall_assert_function("cpu_xcall", xc->xc_func);

	/* Pinned, so that "is it us?" still holds when we act on it. */
	kpreempt_disable();
	if (ci == curcpu()) {
		xcstat_inc(XCS_XCALL_SELF);
		xcall_run_here(xc->xc_func, xc->xc_arg);
	} else
		xcall_send(ci, xc);
	kpreempt_enable();
}

void
cpu_xcall_establish(struct cpu_info *ci)
{
	for (u_int i = 0; i < nitems(ci->ci_xcall.xci_xcalls); i++)
		if (ci->ci_xcall.xci_xcalls[i] != NULL)
			panic("cpu_xcall_establish: cpu%u has calls queued",
			    cpu_index(ci));
}

void
cpu_xcall_dispatch(struct cpu_info *ci)
{
	struct xcall_cpu *xci = &ci->ci_xcall;
	struct xcall *xc;

	KASSERT(ci->ci_ilevel == IPL_SOFTCLOCK);

	for (u_int i = 0; i < nitems(xci->xci_xcalls); i++) {
		void (*func)(void *);
		void *arg;

		/* Acquire: we see what the caller wrote before it queued xc. */
		xc = atomic_load_acquire(&xci->xci_xcalls[i]);
		if (xc == NULL)
			continue;
		func = xc->xc_func;
		arg = xc->xc_arg;
		/*
		 * Release: our reads of xc are done before the slot is free,
		 * for with the function's start xc belongs to its owner again.
		 */
		atomic_store_release(&xci->xci_xcalls[i], NULL);
		xcstat_inc(XCS_XCALL_RUN);
		/* Apart, because what is kept for a probe costs the rest. */
		if (__predict_false(xctrace_on.ring))
			xcall_run_traced(func, arg);
		else
			func(arg);
	}
}

#else /* !MULTIPROCESSOR */

static bool
xcall_is_queued(const struct xcall *xc __unused)
{
	return (false);
}

/* There is no other CPU to wait for. */
static void
xcall_resend(struct cpu_info *ci __unused, const void *func __unused)
{
}

void
cpu_xcall(struct cpu_info *ci __unused, struct xcall *xc)
{
	if (xc == NULL)
		panic("cpu_xcall: the xcall is NULL");
	xcall_assert_function("cpu_xcall", xc->xc_func);
	xcstat_inc(XCS_XCALL_SELF);
	xcall_run_here(xc->xc_func, xc->xc_arg);
}

#endif /* !MULTIPROCESSOR */

void
cpu_xcall_set(struct xcall *xc, void (*func)(void *), void *arg)
{
#ifdef DIAGNOSTIC
	if (xcall_is_queued(xc))
		panic("cpu_xcall_set: the xcall is queued");
#endif
	xc->xc_func = func;
	xc->xc_arg = arg;
}

/* The call of a sync caller: run its function, then let it go on. */
static void
xcall_sync_run(void *arg)
{
	struct xcall_sync *xs = arg;

	xs->xs_call.xc_func(xs->xs_call.xc_arg);
	/* After this the caller returns, and *xs is its stack again. */
	cond_signal(&xs->xs_done);
}

INSPECT(WRAPPER, wrapper, .function = xcall_sync_run,
    .inner = offsetof(struct xcall_sync, xs_call.xc_func),
    .waiting = offsetof(struct xcall_sync, xs_done.c_wait),
    .waiting_size = sizeof(((struct xcall_sync *)NULL)->xs_done.c_wait));

void
cpu_xcall_sync(
    struct cpu_info *ci, void (*func)(void *), void *arg, const char *wmesg)
{
	struct xcall_sync xs = {
	    .xs_call = XCALL_INITIALIZER(func, arg),
	    .xs_done = COND_INITIALIZER(),
	};
	struct xcall xc = XCALL_INITIALIZER(xcall_sync_run, &xs);
	struct stall_watch sw;

	assert_sleepable("cpu_xcall_sync");
	xcall_assert_function("cpu_xcall_sync", func);
	xcstat_inc(XCS_XCALL_SYNC);
	cpu_xcall(ci, &xc);

	stall_begin(
	    &sw, "cpu_xcall_sync", ci, (const void *)func, &xc, xcall_resend);
	cond_wait(&xs.xs_done, wmesg);
	stall_end(&sw);
}
