/* SPDX-License-Identifier: ISC */
/* Where a thread that was preempted, or starts, stands among its equals. */
#include <sys/kthread.h>
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

CASE(thread_create_arguments, .api = XCVM_API_KERNEL,
    .doc = "PRI_NONE is PRI_KTHREAD, no CPU the caller's, a name is cut; idle "
	   "and interrupt threads are refused.")
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
