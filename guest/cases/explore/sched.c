/* SPDX-License-Identifier: ISC */
/* What the cross-calls stand on, small: levels, soft interrupts, the scheduler. */
#include <sys/callout.h>
#include "explore/explore.h"
#include "ground.h"

#ifdef MULTIPROCESSOR

static volatile u_int data, count;

/* --- interrupts and levels --- */

static void
interrupted(void *arg __unused)
{
	CHECK_EQ(data, 0);
	count = count + 1;
}

static void
interrupt_other(void *arg __unused)
{
	test_interrupt(cpu_lookup(0));
}

EXPLORE(splx, KERNEL, "", 2,
    "An interrupt that comes at a raised level runs once, when the level "
    "drops, and not before.")
{
	int s;

	test_interrupt_establish(interrupted, NULL);
	explore_on(interrupt_other, NULL);
	explore_start();
	for (u_int i = 0; i < 2; i++) {
		s = splhigh();
		data = 1;
		data = 0;
		splx(s);
	}
	SPIN_UNTIL(count == 1);
	explore_end();
}

static void *softint;

static void
soft_handler(void *arg __unused)
{
	count = data;
}

static void
schedule_from_interrupt(void *arg __unused)
{
	data = data + 1;
	softint_schedule(softint);
}

static void
interrupt_twice(void *arg __unused)
{
	test_interrupt(cpu_lookup(0));
	SPIN_UNTIL(data == 1);
	test_interrupt(cpu_lookup(0));
}

EXPLORE(softint, KERNEL, "", 2,
    "A soft interrupt scheduled at any moment of its own run runs again.")
{
	softint = softint_establish(SOFTINT_NET, soft_handler, NULL);
	test_interrupt_establish(schedule_from_interrupt, NULL);
	explore_on(interrupt_twice, NULL);
	explore_start();
	SPIN_UNTIL(count == 2);
	explore_end();
}

static void
schedule_other(void *arg __unused)
{
	softint_schedule(softint);
}

EXPLORE(softint_two, KERNEL, "", 2,
    "A soft interrupt scheduled by an interrupt, while another of its level "
    "is scheduled or begins: both run.")
{
	static volatile bool ran;
	void *first = softint_establish(SOFTINT_NET, set_flag, flag_arg(&ran));

	data = 1;
	softint = softint_establish(SOFTINT_NET, soft_handler, NULL);
	test_interrupt_establish(schedule_other, NULL);
	explore_on(interrupt_other, NULL);
	explore_start();
	softint_schedule(first);
	SPIN_UNTIL(count == 1 && ran);
	explore_end();
}

/* --- the scheduler --- */

EXPLORE(idle, KERNEL, "", 2,
    "A thread that wakes on an idle CPU runs, whatever that CPU is about to "
    "do; a second one too.")
{
	static struct mark first, second;

	explore_start();
	thread_start(cpu_lookup(1), call_count, &first);
	thread_join(thread_start(cpu_lookup(1), call_count, &second));
	mark_wait(&first, 1);
	CHECK_EQ(mark_read(&second), 1);
	explore_end();
}

static struct cond two[2];

static void
sleeper(void *arg)
{
	cond_wait(arg, "sleeper");
	atomic_inc_uint(&count);
}

EXPLORE(wake_two, KERNEL, "", 2,
    "Two threads of another CPU that are woken close together both run.")
{
	for (u_int i = 0; i < 2; i++) {
		cond_init(&two[i]);
		wait_asleep(
		    thread_start(cpu_lookup(1), sleeper, &two[i]), &two[i]);
	}
	await_idle(cpu_lookup(1));
	explore_start();
	cond_signal(&two[0]);
	cond_signal(&two[1]);
	SPIN_UNTIL(count == 2);
	explore_end();
}

static void
unpreemptible(void *arg __unused)
{
	for (u_int i = 0; i < 2; i++) {
		kpreempt_disable();
		data = 1;
		data = 0;
		kpreempt_enable();
	}
}

static void
better(void *arg __unused)
{
	CHECK_EQ(data, 0);
	count = 1;
}

EXPLORE(preemption, KERNEL, "", 2,
    "A better thread runs as soon as preemption is possible, and not before.")
{
	explore_on(unpreemptible, NULL);
	explore_start();
	thread_start_pri(cpu_lookup(1), PRI_XCALL, better, NULL);
	SPIN_UNTIL(count == 1);
	explore_end();
}

static callout_t callout;

static void
timed_out(void *arg __unused)
{
	CHECK_EQ(data, 0);
	count = 1;
}

static void
stop_callout(void *arg __unused)
{
	if (callout_stop(&callout))
		data = 1;
}

EXPLORE(callout_stop, KERNEL, "", 2,
    "A callout that another CPU has stopped does not run; one that could not "
    "be stopped has run, or will.")
{
	callout_init(&callout, CALLOUT_MPSAFE);
	explore_on(stop_callout, NULL);
	explore_start();
	callout_reset_nsec(&callout, 1000, timed_out, NULL);
	explore_join();
	SPIN_UNTIL(data != 0 || count != 0 || !callout_pending(&callout));
	callout_stop(&callout);
	explore_end();
}

CASE(explore_cpu_comes_up, .api = XCVM_API_KERNEL, .min_vcpus = 2,
    .max_vcpus = 2, .needs = XCVM_BEGINS_ORDERS,
    .doc = "A CPU that comes up meanwhile is called once it runs.",
    PARAMS(PARAM_KERNEL, PARAM("early", 1, "the case starts the CPUs")))
{
	static struct mark ran;
	static struct xcall xc = XCALL_INITIALIZER(call_count, &ran);

	cpu_explore_begin();
	cpu_boot_others();
	cpu_xcall(cpu_lookup(1), &xc);
	mark_wait(&ran, 1);
	case_done();
}

#endif /* MULTIPROCESSOR */
