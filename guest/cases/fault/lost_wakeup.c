/* SPDX-License-Identifier: ISC */
/*
 * The interrupt that is to wake a caller, when its call has run, is lost: that
 * is diagnosed, or the caller's CPU finds out.
 */
#include "fault/fault_case.h"

#ifdef MULTIPROCESSOR

#define LOST "kind=lost,vector=resched,src=2,dst=1,nth=1"

/*
 * A thread on CPU 1 waits for CPU 2, which sees it asleep before it goes on;
 * below it another never leaves CPU 1 by itself: only the interrupt of its
 * wake-up brings the thread back.
 */
struct waker {
	void (*w_call)(struct waker *);
	struct lwp *volatile w_lwp; /* that waits */
	struct mark w_ran;
};

static void
wait_on_top(void *arg)
{
	struct waker *w = arg;

	w->w_lwp = curlwp;
	w->w_call(w);
	CHECK_EQ(mark_read(&w->w_ran), 1);
}

static void
wait_to_be_woken(void (*waits)(struct waker *))
{
	struct waker w = {.w_call = waits};
	struct hold busy;

	hold_cpu(&busy, cpu_lookup(1), IPL_NONE);
	thread_join(
	    thread_start_pri(cpu_lookup(1), PRI_KTHREAD + 1, wait_on_top, &w));
	hold_release(&busy);
	if (case_param("resend"))
		CHECK_GE(xcstat_sum(XCS_RESENT), 1);
}

static void
see_asleep(void *arg)
{
	struct waker *w = arg;
	const struct lwp *l = w->w_lwp;

	/* Off its CPU as well, so that waking it takes an interrupt. */
	SPIN_UNTIL(l->l_stat == LSSLEEP && l->l_cpu->ci_curlwp != l);
	mark_add(&w->w_ran);
}

static void
see_asleep_2(void *arg, void *arg2 __unused)
{
	see_asleep(arg);
}

static void
call_sync_2(struct waker *w)
{
	cpu_xcall_sync(cpu_lookup(2), see_asleep, w, "case");
}

static void
call_low_2(struct waker *w)
{
	nx_call(0, cpu_lookup(2), see_asleep_2, w, NULL);
}

static void
call_high_2(struct waker *w)
{
	nx_call(XC_HIGHPRI, cpu_lookup(2), see_asleep_2, w, NULL);
}

CASE(lost_wakeup_of_sync_hangs, HANGS, .api = XCVM_API_CPU_XCALL,
    .contract = "D5", .min_vcpus = 3, .fault = LOST,
    .diagnosis = "sent, not pending at the target",
    .doc = "A sync call has run, and the interrupt that was to wake its "
	   "caller, on a CPU that is busy, is lost.")
{
	wait_to_be_woken(call_sync_2);
}

CASE(lost_wakeup_of_sync_resent, RESENT, .api = XCVM_API_CPU_XCALL,
    .contract = "D5", .min_vcpus = 3, .fault = LOST,
    .doc = "A sync call has run, and the interrupt that was to wake its "
	   "caller is lost: the caller's CPU finds out, and runs it.")
{
	wait_to_be_woken(call_sync_2);
}

CASE(lost_wakeup_of_low_hangs, HANGS, .api = XCVM_API_XCALL, .contract = "D5",
    .min_vcpus = 3, .fault = LOST,
    .diagnosis = "sent, not pending at the target",
    .doc = "A LOW call has run, and the interrupt that was to wake its "
	   "caller, on a CPU that is busy, is lost.")
{
	wait_to_be_woken(call_low_2);
}

CASE(lost_wakeup_of_low_resent, RESENT, .api = XCVM_API_XCALL, .contract = "D5",
    .min_vcpus = 3, .fault = LOST,
    .doc = "A LOW call has run, and the interrupt that was to wake its caller "
	   "is lost: the caller's CPU finds out, and runs it.")
{
	wait_to_be_woken(call_low_2);
}

CASE(lost_wakeup_of_high_hangs, HANGS, .api = XCVM_API_XCALL, .contract = "D5",
    .min_vcpus = 3, .fault = LOST,
    .diagnosis = "sent, not pending at the target",
    .doc = "A HIGH call has run, and the interrupt that was to wake its "
	   "caller, on a CPU that is busy, is lost.")
{
	wait_to_be_woken(call_high_2);
}

CASE(lost_wakeup_of_high_resent, RESENT, .api = XCVM_API_XCALL,
    .contract = "D5", .min_vcpus = 3, .fault = LOST,
    .doc = "A HIGH call has run, and the interrupt that was to wake its "
	   "caller is lost: the caller's CPU finds out, and runs it.")
{
	wait_to_be_woken(call_high_2);
}

#endif /* MULTIPROCESSOR */
