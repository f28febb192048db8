/* SPDX-License-Identifier: ISC */
/* Preemption: who may take a CPU from whom, and when it has to wait. */
#include <sys/kthread.h>
#include "ground.h"

#define PRI_URGENT (PRI_KTHREAD + 1)

static void
set_flag(void *flag)
{
	atomic_store_release((volatile bool *)flag, true);
}

static void *
flag_arg(volatile bool *flag)
{
	return ((void *)(uintptr_t)flag);
}

/* --- on one CPU --- */

CASE(sched_preempt_local, KERNEL, CONFORMANCE, "", 1,
    "A better thread made runnable here takes the CPU at once.", PARAM_KERNEL)
{
	volatile bool ran = false;
	struct lwp *l =
	    thread_start_pri(curcpu(), PRI_URGENT, set_flag, flag_arg(&ran));

	SPIN_UNTIL(ran);
	thread_join(l);
}

CASE(sched_equal_waits, KERNEL, CONFORMANCE, "", 1,
    "An equal thread does not preempt; yield() gives it the CPU.", PARAM_KERNEL)
{
	volatile bool ran = false;
	struct lwp *l = thread_start(curcpu(), set_flag, flag_arg(&ran));

	take_interrupts();
	CHECK(!ran);
	yield();
	CHECK(ran);
	thread_join(l);
}

CASE(sched_lower_waits, KERNEL, CONFORMANCE, "", 1,
    "yield() does not give the CPU to a lower thread; sleep does.",
    PARAM_KERNEL)
{
	volatile bool ran = false;
	struct lwp *l = thread_start_pri(
	    curcpu(), PRI_KTHREAD - 1, set_flag, flag_arg(&ran));

	for (u_int i = 0; i < 3; i++)
		yield();
	take_interrupts();
	CHECK(!ran);
	thread_join(l);
	CHECK(ran);
}

static struct order order;

static void
letter_thread(void *letter)
{
	order_add(&order, (char)(uintptr_t)letter);
}

static void
yielding_thread(void *letter)
{
	for (u_int i = 0; i < 3; i++) {
		order_add(&order, (char)(uintptr_t)letter);
		yield();
	}
}

CASE(sched_yield_alternates, KERNEL, CONFORMANCE, "", 1,
    "yield() lets equal threads run in turn.", PARAM_KERNEL)
{
	struct lwp *l[3];

	for (u_int i = 0; i < nitems(l); i++)
		l[i] = thread_start(
		    curcpu(), yielding_thread, (void *)((uintptr_t)'a' + i));
	for (u_int i = 0; i < nitems(l); i++)
		thread_join(l[i]);
	CHECK_ORDER(&order, "abcabcabc");
}

CASE(sched_priority_order, KERNEL, CONFORMANCE, "", 1,
    "Runnable threads run by priority, equal ones first come, first served.",
    PARAM_KERNEL)
{
	static const struct {
		pri_t pri;
		char letter;
	} start[] = {
	    {10, 'f'}, {50, 'b'}, {30, 'd'}, {50, 'c'}, {30, 'e'}, {90, 'a'}};
	struct lwp *l[nitems(start)];

	for (u_int i = 0; i < nitems(start); i++)
		l[i] = thread_start_pri(curcpu(), start[i].pri, letter_thread,
		    (void *)(uintptr_t)start[i].letter);
	CHECK_ORDER(&order, "");
	for (u_int i = 0; i < nitems(start); i++)
		thread_join(l[i]);
	CHECK_ORDER(&order, "abcdef");
}

CASE(sched_preempt_disabled_local, KERNEL, CONFORMANCE, "", 1,
    "kpreempt_disable() holds a better thread off until the last enable.",
    PARAM_KERNEL)
{
	volatile bool ran = false;
	struct lwp *l;

	CHECK(!kpreempt_disabled());
	kpreempt_disable();
	kpreempt_disable();
	l = thread_start_pri(curcpu(), PRI_URGENT, set_flag, flag_arg(&ran));
	take_interrupts();
	CHECK(kpreempt_disabled());
	CHECK(!ran);
	kpreempt_enable();
	take_interrupts();
	CHECK(kpreempt_disabled());
	CHECK(!ran);
	kpreempt_enable();
	SPIN_UNTIL(ran);
	CHECK(!kpreempt_disabled());
	thread_join(l);
}

CASE(sched_preempt_disabled_softint, KERNEL, CONFORMANCE, "", 1,
    "With preemption disabled, soft interrupts and callouts still come.",
    PARAM_KERNEL)
{
	volatile bool ran = false;
	void *handle = softint_establish(
	    SOFTINT_CLOCK | SOFTINT_MPSAFE, set_flag, flag_arg(&ran));

	kpreempt_disable();
	softint_schedule(handle);
	SPIN_UNTIL(ran);
	take_interrupts();
	kpreempt_enable();
}

static void
urgent_sleeper(void *flag)
{
	tsleep(flag, PWAIT, "case", 0);
	set_flag(flag);
}

CASE(sched_preempt_at_ipl, KERNEL, CONFORMANCE, "", 1,
    "A raised IPL, the lowest too, holds a better thread off until splx().",
    PARAM_KERNEL)
{
	for (int ipl = IPL_PREEMPT; ipl < IPL_COUNT; ipl++) {
		volatile bool ran = false;
		struct lwp *l = thread_start_pri(
		    curcpu(), PRI_URGENT, urgent_sleeper, flag_arg(&ran));
		int s;

		wait_asleep(l, &ran);
		s = splraise(ipl);
		CHECK(kpreempt_disabled());
		wakeup(&ran);
		CHECK(intr_is_pending(SIR_PREEMPT));
		CHECK(!ran);
		splx(s);
		CHECK(ran);
		thread_join(l);
	}
}

#ifdef MULTIPROCESSOR

/* --- from another CPU --- */

static void
spin_on_flag(void *flag)
{
	SPIN_UNTIL(atomic_load_acquire((volatile bool *)flag));
}

CASE(sched_preempt_remote, KERNEL, CONFORMANCE, "", 2,
    "A better thread started or woken from another CPU takes the CPU.",
    PARAM_KERNEL)
{
	volatile bool started = false, woken = false;
	struct cpu_info *ci = cpu_lookup(1);
	struct lwp *low, *high;

	low = thread_start(ci, spin_on_flag, flag_arg(&started));
	SPIN_UNTIL(ci->ci_curlwp == low);
	high = thread_start_pri(ci, PRI_URGENT, set_flag, flag_arg(&started));
	thread_join(high);
	thread_join(low);

	high =
	    thread_start_pri(ci, PRI_URGENT, urgent_sleeper, flag_arg(&woken));
	wait_asleep(high, &woken);
	low = thread_start(ci, spin_on_flag, flag_arg(&woken));
	SPIN_UNTIL(ci->ci_curlwp == low);
	wakeup(&woken);
	thread_join(high);
	thread_join(low);
}

struct held {
	struct mark h_ready;
	volatile bool h_sent, h_ran;
};

static void
disabled_thread(void *arg)
{
	struct held *h = arg;

	kpreempt_disable();
	mark_add(&h->h_ready);
	SPIN_UNTIL(h->h_sent);
	take_interrupts();
	CHECK(!h->h_ran);
	kpreempt_enable();
	SPIN_UNTIL(h->h_ran);
}

static void
raised_thread(void *arg)
{
	struct held *h = arg;
	int s = splraise(IPL_PREEMPT);

	mark_add(&h->h_ready);
	SPIN_UNTIL(intr_is_pending(SIR_PREEMPT));
	take_interrupts();
	CHECK(!h->h_ran);
	splx(s);
	SPIN_UNTIL(h->h_ran);
}

/* Start a better thread on CPU 1 while that one holds it off. */
static void
preempt_against(void (*thread)(void *))
{
	struct cpu_info *ci = cpu_lookup(1);
	struct held h = {0};
	struct lwp *low, *high;

	low = thread_start(ci, thread, &h);
	mark_wait(&h.h_ready, 1);
	high = thread_start_pri(ci, PRI_URGENT, set_flag, flag_arg(&h.h_ran));
	h.h_sent = true;
	thread_join(low);
	thread_join(high);
}

CASE(sched_preempt_disabled_remote, KERNEL, CONFORMANCE, "", 2,
    "kpreempt_disable() holds off a better thread that another CPU started.",
    PARAM_KERNEL)
{
	preempt_against(disabled_thread);
}

CASE(sched_preempt_at_ipl_remote, KERNEL, CONFORMANCE, "", 2,
    "A raised IPL holds off a better thread that another CPU started.",
    PARAM_KERNEL)
{
	preempt_against(raised_thread);
}

#endif

/* --- misuse --- */

MISUSE(sched_enable_unpaired, KERNEL, "", 1, 0, "l->l_nopreempt > 0",
    "kpreempt_enable() without a disable panics.", PARAM_KERNEL)
{
	kpreempt_enable();
}

MISUSE(sched_yield_at_raised_ipl, KERNEL, "", 1, 0,
    "yield: called at raised IPL", "yield() at a raised IPL panics.",
    PARAM_KERNEL)
{
	(void)splsoftclock();
	yield();
}

MISUSE(sched_exit_with_preemption_off, KERNEL, "", 1, 0, "l->l_nopreempt == 0",
    "A thread that ends with preemption off panics.", PARAM_KERNEL)
{
	kpreempt_disable();
	kthread_exit(0);
}
