/* SPDX-License-Identifier: ISC */
/* Where a thread that was preempted, or starts, stands among its equals. */
#include <sys/callout.h>
#include <sys/kthread.h>
#include "call.h"
#include "ground.h"

static struct order order;

static void
letter_thread(void *letter)
{
	order_add(&order, *(const char *)letter);
}

static struct lwp *
start(pri_t pri, const char *letter)
{
	return (thread_start_pri(
	    curcpu(), pri, letter_thread, (void *)(uintptr_t)letter));
}

static void
preempted_thread(void *arg __unused)
{
	struct lwp *equal, *better;

	order_add(&order, 'p');
	equal = start(PRI_KTHREAD + 1, "q");
	better = start(PRI_KTHREAD + 2, "r");
	order_add(&order, 'P');
	thread_join(better);
	thread_join(equal);
}

CASE(sched_preempted_goes_on, .api = XCVM_API_KERNEL,
    .doc = "A thread that a better one preempted goes on before its equals, "
	   "one that yields after them.")
{
	struct lwp *l[3];

	l[0] = start(PRI_KTHREAD, "e");
	l[1] = start(PRI_KTHREAD, "f");
	l[2] =
	    thread_start_pri(curcpu(), PRI_KTHREAD + 1, preempted_thread, NULL);
	order_add(&order, 'm');
	yield();
	order_add(&order, 'M');
	CHECK_ORDER(&order, "prPqmefM");
	for (u_int i = 0; i < nitems(l); i++)
		thread_join(l[i]);
}

static void
woken_thread(void *ident)
{
	tsleep(ident, PWAIT, "case", 0);
	order_add(&order, 'w');
}

CASE(sched_enable_at_ipl, .api = XCVM_API_KERNEL,
    .doc = "kpreempt_enable() at a raised level leaves it there: the better "
	   "thread that it held off runs at splx().")
{
	int ident;

	for (int ipl = IPL_PREEMPT; ipl < IPL_COUNT; ipl++) {
		struct lwp *l = thread_start_pri(
		    curcpu(), PRI_KTHREAD + 1, woken_thread, &ident);
		int s;

		order_clear(&order);
		wait_asleep(l, &ident);
		kpreempt_disable();
		wakeup(&ident);
		s = splraise(ipl);
		order_add(&order, 'd');
		kpreempt_enable();
		CHECK_EQ(cpu_ipl(), ipl);
		order_add(&order, 'e');
		splx(s);
		order_add(&order, 'x');
		CHECK_ORDER(&order, "dewx");
		thread_join(l);
	}
}

#ifdef MULTIPROCESSOR

/* --- woken where the CPU spins, without a call of the kernel --- */

static const volatile char woken_ident;
static volatile bool spinning, ran;
static void *softint;
static callout_t callout;
static struct xcall xc;

static void
wake(void *arg __unused)
{
	wakeup(&woken_ident);
}

static void
schedule(void *arg __unused)
{
	softint_schedule(softint);
}

static void
by_interrupt(struct cpu_info *ci)
{
	test_interrupt_establish(wake, NULL);
	test_interrupt(ci);
}

static void
by_softint(struct cpu_info *ci)
{
	test_interrupt_establish(schedule, NULL);
	test_interrupt(ci);
}

static void
by_call(struct cpu_info *ci)
{
	call_n(ci, &xc, 1, wake, NULL);
}

static void
by_message(struct cpu_info *ci)
{
	static ipi_msg_t msg = {.func = wake};

	kpreempt_disable();
	ipi_unicast(&msg, ci);
	ipi_wait(&msg);
	kpreempt_enable();
}

static void
spin_until_ran(void *by)
{
	/* Before it spins: it would have to be armed there. */
	if (by == NULL)
		callout_reset_nsec(&callout, 5000000, wake, NULL);
	spinning = true;
	SPIN_UNTIL(ran);
}

static void
better_thread(void *arg __unused)
{
	tsleep(&woken_ident, PWAIT, "case", 0);
	ran = true;
}

CASE(sched_preempts_from_each_context, .api = XCVM_API_KERNEL, .min_vcpus = 2,
    .doc = "A better thread woken by an interrupt, a soft interrupt, a call, a "
	   "message or a callout of a CPU that spins has that CPU at once.")
{
	static void (*const ways[])(struct cpu_info *) = {
	    by_interrupt, by_softint, by_call, by_message, NULL};
	struct cpu_info *ci = cpu_lookup(1);

	callout_init(&callout, CALLOUT_MPSAFE);
	softint = softint_establish(SOFTINT_CLOCK, wake, NULL);
	for (u_int i = 0; i < nitems(ways); i++) {
		struct lwp *better, *spinner;

		spinning = ran = false;
		better =
		    thread_start_pri(ci, PRI_KTHREAD + 1, better_thread, NULL);
		wait_asleep(better, &woken_ident);
		spinner = thread_start(ci, spin_until_ran,
		    ways[i] != NULL ? flag_arg(&ran) : NULL);
		SPIN_UNTIL(spinning);
		if (ways[i] != NULL)
			ways[i](ci);
		thread_join(better);
		thread_join(spinner);
	}
}

#endif

/* --- how a thread is made --- */

static const struct {
	int flags, error;
} flags[] = {
    {KTHREAD_IDLE, EINVAL},
    {KTHREAD_INTR, EINVAL},
    {KTHREAD_IDLE | KTHREAD_INTR, EINVAL},
    {KTHREAD_INTR | KTHREAD_MPSAFE, EINVAL},
    {KTHREAD_IDLE | KTHREAD_MUSTJOIN, EINVAL},
    {KTHREAD_MUSTJOIN, 0},
    {KTHREAD_MUSTJOIN | KTHREAD_MPSAFE, 0},
};

static void
default_thread(void *arg)
{
	CHECK_EQ(curlwp->l_priority, PRI_KTHREAD);
	CHECK(curcpu() == arg);
	CHECK_EQ(strcmp(curlwp->l_name, "a name of 23 characters"), 0);
	order_add(&order, 'd');
}

static void
create_each_way(void *arg __unused)
{
	u_int made = 0;

	for (u_int i = 0; i < nitems(flags); i++) {
		struct lwp *l = NULL;

		CHECK_EQ(kthread_create(PRI_NONE, flags[i].flags, NULL,
			     default_thread, curcpu(), &l,
			     "a name of %u characters, and more", 23),
		    flags[i].error);
		CHECK_EQ(l != NULL, flags[i].error == 0);
		if (l == NULL)
			continue;
		made++;
		kthread_join(l);
		CHECK_EQ(order.o_count, made);
	}
}

CASE(thread_create_arguments, .api = XCVM_API_KERNEL,
    .doc = "PRI_NONE is PRI_KTHREAD, no CPU the caller's, a name is cut; idle "
	   "and interrupt threads are refused.")
{
	thread_join(thread_start(cpu_lookup(ncpu - 1), create_each_way, NULL));
}
