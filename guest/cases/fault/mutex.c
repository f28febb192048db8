/* SPDX-License-Identifier: ISC */
/* A vCPU that is taken away between testing a condition and sleeping for it. */
#include <sys/mutex.h>
#include "fault/fault_case.h"

#ifdef MULTIPROCESSOR

#define WAITERS ((uintptr_t)1) /* of mtx_owner */

static kmutex_t mutex;
static struct cond let_go = COND_INITIALIZER();
static struct mark owned;

static void
own_until_let_go(void *arg __unused)
{
	mutex_enter(&mutex);
	mark_add(&owned);
	/* Asleep, so that who waits for the mutex sleeps as well. */
	cond_wait(&let_go, "case");
	mutex_exit(&mutex);
}

static void
enter_and_exit(void *arg __unused)
{
	mutex_enter(&mutex);
	mutex_exit(&mutex);
}

CASE(mutex_exit_before_sleep, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_FAULT,
    .min_vcpus = 2,
    .fault = "kind=preempt,function=sleepq_enter,dst=1,times=10,for_us=50000",
    .doc = "A mutex is left while the one that waits for it has said so, and "
	   "is taken off its CPU before it sleeps: it is woken all the same.")
{
	struct lwp *owner, *waiter;

	mutex_init(&mutex, MUTEX_DEFAULT, IPL_NONE);
	owner = thread_start(curcpu(), own_until_let_go, NULL);
	YIELD_UNTIL(mark_read(&owned) == 1);
	wait_asleep(owner, &let_go);
	waiter = thread_start(cpu_lookup(1), enter_and_exit, NULL);
	SPIN_UNTIL(mutex.mtx_owner & WAITERS);
	cond_signal(&let_go);
	thread_join(owner);
	thread_join(waiter);
}

#endif /* MULTIPROCESSOR */
