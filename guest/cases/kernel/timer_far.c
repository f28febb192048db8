/* SPDX-License-Identifier: ISC */
/* Times that are more than 32 bits of nanoseconds, or of TSC cycles. */
#include <sys/callout.h>
#include <sys/condvar.h>
#include <sys/mutex.h>
#include "call.h"
#include "ground.h"

#define MS	  1000000ULL
#define NEAR	  (12 * MS) /* what is cut to 32 bits has come by then */
#define FAR_TICKS 430	    /* 4.3 s at 100 Hz: 2^32 ns and 5 ms */

static volatile u_int early;

static void
far_fire(void *arg __unused)
{
	atomic_inc_uint(&early);
}

/* Wait until anything due by NEAR has come, here and on other CPUs. */
static void
wait_near(void)
{
	uint64_t start = nsecuptime();

	while (nsecuptime() - start < NEAR)
		kpause("near", false, 1, NULL);
	take_interrupts_everywhere();
}

CASE(timer_far_callouts, .api = XCVM_API_KERNEL,
    .doc = "A callout that is 2^32 ns, 2^33 ns, 2^32 cycles or years away "
	   "does not fire now.")
{
	const uint64_t far[] = {
	    (1ULL << 32) + MS,
	    (1ULL << 33) + MS,
	    tsc_to_ns(1ULL << 32) + MS,
	    tsc_to_ns(1ULL << 33) + MS,
	    INT64_MAX / 2,
	    UINT64_MAX - 1,
	};
	callout_t callouts[nitems(far) + 1];

	for (u_int i = 0; i < nitems(callouts); i++)
		callout_init(&callouts[i], CALLOUT_MPSAFE);
	for (u_int i = 0; i < nitems(far); i++)
		callout_reset_nsec(&callouts[i], far[i], far_fire, NULL);
	callout_reset(&callouts[nitems(far)], FAR_TICKS, far_fire, NULL);
	wait_near();
	for (u_int i = 0; i < nitems(callouts); i++) {
		CHECK(callout_pending(&callouts[i]));
		CHECK(callout_stop(&callouts[i]));
	}
	CHECK_EQ(early, 0);
}

CASE(timer_deadlines, .api = XCVM_API_KERNEL,
    .doc = "The deadline of a callout is as far away as was asked for, to the "
	   "cycle.")
{
	static const uint64_t nsecs[] = {0, 1, 999, MS, 1000 * MS - 1,
	    (1ULL << 32) - 1, 1ULL << 32, (1ULL << 40) + 1};
	static const int ticks[] = {1, 3, 99, 100, FAR_TICKS, INT32_MAX};
	callout_t c;

	callout_init(&c, CALLOUT_MPSAFE);
	for (u_int i = 0; i < nitems(nsecs) + nitems(ticks); i++) {
		bool in_ticks = i >= nitems(nsecs);
		int n = in_ticks ? ticks[i - nitems(nsecs)] : 0;
		uint64_t cycles =
		    ns_to_tsc(in_ticks ? (uint64_t)n * (1000 * MS / (u_int)hz)
				       : nsecs[i]);
		int s = splhigh();
		uint64_t before = cpu_counter();

		if (in_ticks)
			callout_reset(&c, n, call_nothing, NULL);
		else
			callout_reset_nsec(&c, nsecs[i], call_nothing, NULL);
		CHECK_GE(c.c_deadline, before + cycles);
		CHECK_LE(c.c_deadline, cpu_counter() + cycles);
		CHECK(callout_stop(&c));
		splx(s);
	}
}

static volatile bool delayed;

static void
delay_far(void *arg __unused)
{
	delay((u_int)((1ULL << 32) / 1000) + 1);
	delayed = true;
}

CASE(timer_far_delay, .api = XCVM_API_KERNEL, .needs = XCVM_NEEDS_CLOCK,
    .doc = "delay() of more than 2^32 ns does not end early.")
{
	(void)thread_start_pri(curcpu(), PRI_KTHREAD - 1, delay_far, NULL);
	wait_near();
	CHECK(!delayed);
	case_leaves_cpus_busy();
}

/* Ways to sleep for long; each returns what the call did. */
static kmutex_t lock;
static kcondvar_t cv;
static const volatile char ident;

static int
far_tsleep(void)
{
	return (tsleep(&ident, PWAIT, "far", FAR_TICKS));
}

static int
far_tsleep_nsec(void)
{
	return (tsleep_nsec(&ident, PWAIT, "far", (1ULL << 32) + MS));
}

static int
far_cv_timedwait(void)
{
	int error;

	mutex_enter(&lock);
	error = cv_timedwait(&cv, &lock, FAR_TICKS);
	CHECK(mutex_owned(&lock));
	mutex_exit(&lock);
	return (error);
}

static int (*const ways[])(void) = {
    far_tsleep, far_tsleep_nsec, far_cv_timedwait};

struct far_sleeper {
	u_int way;
	volatile bool ended;
	int error;
};

static void
sleep_far(void *arg)
{
	struct far_sleeper *f = arg;

	f->error = ways[f->way]();
	f->ended = true;
}

CASE(timer_far_sleeps, .api = XCVM_API_KERNEL,
    .doc = "A sleep of more than 2^32 ns does not end early, and returns 0 "
	   "when it is woken.")
{
	static struct far_sleeper sleepers[nitems(ways)];
	struct lwp *l[nitems(ways)];

	mutex_init(&lock, MUTEX_DEFAULT, IPL_NONE);
	cv_init(&cv, "far");
	for (u_int i = 0; i < nitems(ways); i++) {
		sleepers[i] = (struct far_sleeper){.way = i, .error = -1};
		l[i] =
		    thread_start(cpu_lookup(i % ncpu), sleep_far, &sleepers[i]);
	}
	for (u_int i = 0; i < nitems(ways); i++)
		YIELD_UNTIL(callout_pending(&l[i]->l_sleep_callout));
	wait_near();
	for (u_int i = 0; i < nitems(ways); i++)
		CHECK(!sleepers[i].ended);
	wakeup(&ident);
	mutex_enter(&lock);
	cv_broadcast(&cv);
	mutex_exit(&lock);
	for (u_int i = 0; i < nitems(ways); i++) {
		thread_join(l[i]);
		CHECK_EQ(sleepers[i].error, 0);
	}
}
