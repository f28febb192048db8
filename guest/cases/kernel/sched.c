/* SPDX-License-Identifier: ISC */
/* Preemption: who may take a CPU from whom, and when it has to wait. */
#include <sys/kthread.h>
#include "ground.h"

#define PRI_URGENT (PRI_KTHREAD + 1)

/* --- on one CPU --- */

CASE(sched_preempt_local, .api = XCVM_API_KERNEL,
    .doc = "A better thread made runnable here takes the CPU at once.")
{
	volatile bool ran = false;
	struct lwp *l =
	    thread_start_pri(curcpu(), PRI_URGENT, set_flag, flag_arg(&ran));

	SPIN_UNTIL(ran);
	thread_join(l);
}

CASE(sched_equal_waits, .api = XCVM_API_KERNEL,
    .doc = "An equal thread does not preempt; yield() gives it the CPU.")
{
	volatile bool ran = false;
	struct lwp *l = thread_start(curcpu(), set_flag, flag_arg(&ran));

	take_interrupts();
	CHECK(!ran);
	yield();
	CHECK(ran);
	thread_join(l);
}

CASE(sched_lower_waits, .api = XCVM_API_KERNEL,
    .doc = "yield() does not give the CPU to a lower thread; sleep does.")
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

CASE(sched_yield_alternates, .api = XCVM_API_KERNEL,
    .doc = "yield() lets equal threads run in turn.")
{
	struct lwp *l[3];

	for (u_int i = 0; i < nitems(l); i++)
		l[i] = thread_start(
		    curcpu(), yielding_thread, (void *)((uintptr_t)'a' + i));
	for (u_int i = 0; i < nitems(l); i++)
		thread_join(l[i]);
	CHECK_ORDER(&order, "abcabcabc");
}

CASE(sched_priority_order, .api = XCVM_API_KERNEL,
    .doc = "Runnable threads run by priority, equal ones first come, first "
	   "served.")
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

CASE(sched_preempt_disabled_local, .api = XCVM_API_KERNEL,
    .doc = "kpreempt_disable() holds a better thread off until the last "
	   "enable.")
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

CASE(sched_preempt_disabled_softint, .api = XCVM_API_KERNEL,
    .doc = "With preemption disabled, soft interrupts and callouts still come.")
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

CASE(sched_preempt_at_ipl, .api = XCVM_API_KERNEL,
    .doc = "A raised IPL, the lowest too, holds a better thread off until "
	   "splx().")
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

CASE(sched_preempt_remote, .api = XCVM_API_KERNEL, .min_vcpus = 2,
    .doc = "A better thread started or woken from another CPU takes the CPU.")
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

CASE(sched_preempt_disabled_remote, .api = XCVM_API_KERNEL, .min_vcpus = 2,
    .doc = "kpreempt_disable() holds off a better thread that another CPU "
	   "started.")
{
	preempt_against(disabled_thread);
}

CASE(sched_preempt_at_ipl_remote, .api = XCVM_API_KERNEL, .min_vcpus = 2,
    .doc = "A raised IPL holds off a better thread that another CPU started.")
{
	preempt_against(raised_thread);
}

#endif

/* --- misuse --- */

CASE(sched_enable_unpaired, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .panic = "l->l_nopreempt > 0",
    .doc = "kpreempt_enable() without a disable panics.")
{
	kpreempt_enable();
}

CASE(sched_exit_with_preemption_off, .api = XCVM_API_KERNEL,
    .kind = XCVM_KIND_MISUSE, .panic = "l->l_nopreempt == 0",
    .doc = "A thread that ends with preemption off panics.")
{
	kpreempt_disable();
	kthread_exit(0);
}
