/* SPDX-License-Identifier: ISC */
/* What the cross-calls stand on, small: sleep and mutexes. */
#include <sys/condvar.h>
#include <sys/mutex.h>
#include "explore/explore.h"
#include "ground.h"

#ifdef MULTIPROCESSOR

static volatile u_int data, count;

/* --- sleep --- */

static struct cond cond;

static void
signal_cond(void *arg __unused)
{
	data = 1;
	cond_signal(&cond);
}

EXPLORE(cond, KERNEL, "", 2,
    "cond_wait() returns after cond_signal() of another CPU, with what came "
    "before in view.")
{
	cond_init(&cond);
	explore_on(signal_cond, NULL);
	explore_start();
	cond_wait(&cond, "explore");
	CHECK_EQ(data, 1);
	explore_end();
}

static kmutex_t mutex;
static kcondvar_t cv;

static void
signal_cv(void *arg __unused)
{
	mutex_enter(&mutex);
	data = 1;
	cv_signal(&cv);
	mutex_exit(&mutex);
}

static void
wait_cv(int ipl)
{
	mutex_init(&mutex, MUTEX_DEFAULT, ipl);
	cv_init(&cv, "explore");
	explore_on(signal_cv, NULL);
	explore_start();
	mutex_enter(&mutex);
	while (data == 0)
		cv_wait(&cv, &mutex);
	mutex_exit(&mutex);
	explore_end();
}

EXPLORE(condvar, KERNEL, "", 2,
    "cv_wait() with an adaptive mutex misses no cv_signal() of another CPU.")
{
	wait_cv(IPL_NONE);
}

EXPLORE(condvar_spin, KERNEL, "", 2,
    "cv_wait() with a spin mutex misses no cv_signal() of another CPU.")
{
	wait_cv(IPL_SCHED);
}

/* --- mutexes --- */

static void
add_twice(void *arg __unused)
{
	for (u_int i = 0; i < 2; i++) {
		mutex_enter(&mutex);
		count = count + 1;
		mutex_exit(&mutex);
	}
}

static void
add_from_two(int ipl)
{
	mutex_init(&mutex, MUTEX_DEFAULT, ipl);
	explore_on(add_twice, NULL);
	explore_start();
	add_twice(NULL);
	explore_join();
	CHECK_EQ(count, 4);
	explore_end();
}

EXPLORE(mutex, KERNEL, "", 2,
    "An adaptive mutex goes from one CPU to the other, and excludes.")
{
	add_from_two(IPL_NONE);
}

EXPLORE(mutex_spin, KERNEL, "", 2,
    "A spin mutex goes from one CPU to the other, and excludes.")
{
	add_from_two(IPL_VM);
}

/* The holder sleeps: others sleep on the mutex, and are woken. */
static void
hold_and_sleep(void *arg __unused)
{
	mutex_enter(&mutex);
	data = 1;
	cond_wait(&cond, "hold");
	count = count + 1;
	mutex_exit(&mutex);
}

EXPLORE(mutex_asleep, KERNEL, "", 2,
    "Who waits for a mutex whose holder sleeps gets it when that is done.")
{
	mutex_init(&mutex, MUTEX_DEFAULT, IPL_NONE);
	cond_init(&cond);
	explore_on(hold_and_sleep, NULL);
	explore_start();
	SPIN_UNTIL(data == 1);
	cond_signal(&cond);
	mutex_enter(&mutex);
	CHECK_EQ(count, 1);
	mutex_exit(&mutex);
	explore_end();
}

static void
interrupt_other(void *arg __unused)
{
	test_interrupt(cpu_lookup(0));
}

static void
enter_and_leave(void *arg __unused)
{
	mutex_enter(&mutex);
	count = count + 1;
	mutex_exit(&mutex);
}

EXPLORE(mutex_interrupt, KERNEL, "", 2,
    "A spin mutex that an interrupt takes as well keeps that out while held.")
{
	mutex_init(&mutex, MUTEX_DEFAULT, IPL_HIGH);
	test_interrupt_establish(enter_and_leave, NULL);
	explore_on(interrupt_other, NULL);
	explore_start();
	enter_and_leave(NULL);
	enter_and_leave(NULL);
	SPIN_UNTIL(count == 3);
	explore_end();
}

#endif /* MULTIPROCESSOR */
