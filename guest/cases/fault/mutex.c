/* SPDX-License-Identifier: ISC */
/* A vCPU that is taken away between testing a condition and sleeping for it. */
#include <sys/condvar.h>
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

/* CPU 1 goes away as it is to go on the queue, which it has locked. */
#define BEFORE_SLEEP \
	"kind=preempt,function=sleepq_enter,dst=1,times=10,for_us=50000"

CASE(mutex_exit_before_sleep, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_FAULT,
    .min_vcpus = 2, .fault = BEFORE_SLEEP,
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

static kcondvar_t cv;
static struct cond cond = COND_INITIALIZER();
static struct mark going;

static void
wait_once(void *arg __unused)
{
	mutex_enter(&mutex);
	cv_wait(&cv, &mutex);
	mutex_exit(&mutex);
}

CASE(cv_signal_before_sleep, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_FAULT,
    .min_vcpus = 2, .fault = BEFORE_SLEEP,
    .doc = "A condition variable is signalled while its waiter, counted, is "
	   "taken off its CPU before it sleeps: it is woken all the same.")
{
	struct lwp *waiter;

	mutex_init(&mutex, MUTEX_DEFAULT, IPL_NONE);
	cv_init(&cv, "case");
	waiter = thread_start(cpu_lookup(1), wait_once, NULL);
	SPIN_UNTIL(cv_has_waiters(&cv));
	cv_signal(&cv);
	CHECK(!cv_has_waiters(&cv));
	thread_join(waiter);
}

static void
wait_for_cond(void *arg __unused)
{
	mark_add(&going);
	cond_wait(&cond, "case");
}

CASE(cond_signal_before_switch, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_FAULT,
    .min_vcpus = 2,
    .fault =
	"kind=preempt,function=stall_sleep_begin,dst=1,times=10,for_us=50000",
    .doc = "A condition is signalled while its waiter, on the queue, is taken "
	   "off its CPU before it leaves that by itself: it goes on.")
{
	struct lwp *waiter = thread_start(cpu_lookup(1), wait_for_cond, NULL);

	mark_wait(&going, 1);
	SPIN_UNTIL(waiter->l_wchan == &cond);
	/* For the few instructions to where it goes. */
	delay(1000);
	cond_signal(&cond);
	thread_join(waiter);
}

#endif /* MULTIPROCESSOR */
