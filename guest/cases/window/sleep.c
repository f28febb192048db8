/* SPDX-License-Identifier: ISC */
/* Windows between waiting and waking. */
#include <sys/condvar.h>
#include <sys/mutex.h>
#include "window/window.h"

#ifdef MULTIPROCESSOR

/* One thing at a time, given by one CPU and taken by another. */
static kmutex_t mutex;
static kcondvar_t changed;
static volatile bool thing; /* changes under mutex, but for cond */

/* --- condvars --- */

static void
cv_take(u_int operation __unused)
{
	mutex_enter(&mutex);
	if (!thing)
		window_begin();
	while (!thing)
		cv_wait(&changed, &mutex);
	thing = false;
	mutex_exit(&mutex);
}

static void
cv_give(u_int cpu __unused, u_int time __unused)
{
	mutex_enter(&mutex);
	if (!thing) {
		thing = true;
		cv_signal(&changed);
	}
	mutex_exit(&mutex);
}

static void
cv_init_with(int ipl)
{
	mutex_init(&mutex, MUTEX_DEFAULT, ipl);
	cv_init(&changed, "window");
}

static const struct window cv_waits = {cv_take, cv_give, 1, NULL};

CASE(window_cv_wait_cpus, WINDOW_CPUS(160),
    .doc = "Who waits on a condvar is woken by a signal that comes while it "
	   "stops at any instruction of cv_wait().")
{
	cv_init_with(IPL_NONE);
	window_cpus(&cv_waits);
}

CASE(window_cv_wait_spin_cpus, WINDOW_CPUS(160),
    .doc = "Who waits on a condvar with a spin mutex is woken by a signal that "
	   "comes while it stops at any instruction of cv_wait().")
{
	cv_init_with(IPL_SCHED);
	window_cpus(&cv_waits);
}

static void
cv_give_one(u_int operation)
{
	mutex_enter(&mutex);
	thing = true;
	mutex_exit(&mutex);
	window_begin();
	if (operation == 0)
		cv_signal(&changed);
	else
		cv_broadcast(&changed);
	SPIN_UNTIL(!thing);
}

static volatile bool nothing_more;

static void
cv_take_all(u_int cpu __unused, u_int time __unused)
{
	mutex_enter(&mutex);
	while (!thing && !nothing_more)
		cv_wait(&changed, &mutex);
	thing = false;
	mutex_exit(&mutex);
}

static void
cv_end(void)
{
	mutex_enter(&mutex);
	nothing_more = true;
	cv_broadcast(&changed);
	mutex_exit(&mutex);
}

CASE(window_cv_signal_cpus, WINDOW(TAKEN_AWAY(3000), 70, 2),
    .doc = "Who waits on a condvar is woken, at whatever instruction of the "
	   "signal or broadcast its waker stops.")
{
	static const struct window signals = {
	    cv_give_one, cv_take_all, 2, cv_end};

	cv_init_with(IPL_NONE);
	window_cpus(&signals);
}

/* --- cond_wait() and cond_signal() --- */

static struct cond given;

static void
cond_take(u_int operation __unused)
{
	window_begin();
	cond_wait(&given, "window");
	CHECK(thing);
	cond_init(&given);
	atomic_store_release(&thing, false);
}

static void
cond_give(u_int cpu __unused, u_int time __unused)
{
	if (atomic_load_acquire(&thing))
		return;
	thing = true;
	cond_signal(&given);
}

CASE(window_cond_wait_cpus, WINDOW_CPUS(150),
    .doc = "Who waits on a condition is woken by a signal that comes while it "
	   "stops at any instruction of cond_wait().")
{
	static const struct window waits = {cond_take, cond_give, 1, NULL};

	cond_init(&given);
	window_cpus(&waits);
}

static void
cond_give_one(u_int operation __unused)
{
	atomic_store_release(&thing, true);
	window_begin();
	cond_signal(&given);
	SPIN_UNTIL(!thing);
}

static void
cond_take_all(u_int cpu __unused, u_int time __unused)
{
	cond_wait(&given, "window");
	cond_init(&given);
	atomic_store_release(&thing, false);
}

static void
cond_end(void)
{
	cond_signal(&given);
}

CASE(window_cond_signal_cpus, WINDOW(TAKEN_AWAY(3000), 70, 2),
    .doc = "Who waits on a condition is woken, at whatever instruction of "
	   "cond_signal() its waker stops.")
{
	static const struct window signals = {
	    cond_give_one, cond_take_all, 1, cond_end};

	cond_init(&given);
	window_cpus(&signals);
}

/* --- tsleep() for a time, and a wakeup that may come at its end --- */

static int channel;
static u_int woken, timed_out;

static void
wake_sleeper(u_int operation __unused)
{
	window_begin();
	wakeup(&channel);
}

static void
sleep_a_while(u_int cpu __unused, u_int time __unused)
{
	int error = tsleep_nsec(&channel, PWAIT, "window", 300000);

	CHECK(error == 0 || error == EWOULDBLOCK);
	CHECK(curlwp->l_wchan == NULL);
	*(error == 0 ? &woken : &timed_out) += 1;
}

CASE(window_wakeup_cpus, WINDOW(TAKEN_AWAY(2000), 80, 2),
    .doc = "The time of a sleep ends while its waker stops at any instruction: "
	   "the sleeper goes on once.")
{
	static const struct window wakes = {
	    wake_sleeper, sleep_a_while, 1, NULL};

	window_cpus(&wakes);
	case_metric("sleeps that were woken", "", woken);
	case_metric("sleeps that took their time", "", timed_out);
}

#endif /* MULTIPROCESSOR */
