/* SPDX-License-Identifier: ISC */
/* Timeouts: callouts, timed sleeps, delays, the clock itself. */
#include <sys/callout.h>
#include <machine/hypercall.h>
#include "ground.h"

#define MS 1000000ULL

/* A callout, when it may fire, and what was seen when it did. */
struct shot {
	callout_t s_callout;
	uint64_t s_earliest, s_latest; /* deadline, TSC: between these */
	volatile u_int s_fired;
	volatile u_int s_rank; /* how many fired before it */
};

static volatile u_int shots_fired;

static void
shot_fire(void *arg)
{
	struct shot *s = arg;

	CHECK_GE(cpu_counter(), s->s_earliest);
	CHECK_EQ(cpu_ipl(), IPL_SOFTCLOCK);
	CHECK(cpu_softintr_p());
	CHECK(!callout_pending(&s->s_callout));
	s->s_rank = atomic_inc_uint_nv(&shots_fired);
	atomic_inc_uint(&s->s_fired);
}

static void
shot_init(struct shot *s)
{
	*s = (struct shot){0};
	callout_init(&s->s_callout, CALLOUT_MPSAFE);
}

/* Not pending, or at IPL_SOFTCLOCK or above: it may fire at once. */
static void
shot_arm(struct shot *s, uint64_t ns)
{
	uint64_t cycles = ns_to_tsc(ns);

	s->s_earliest = cpu_counter() + cycles;
	callout_reset_nsec(&s->s_callout, ns, shot_fire, s);
	s->s_latest = cpu_counter() + cycles;
}

static void
fire_here(u_int cpu __unused, void *arg __unused)
{
	struct shot s;

	shot_init(&s);
	CHECK(!callout_pending(&s.s_callout));
	shot_arm(&s, MS);
	SPIN_UNTIL(s.s_fired != 0);
	CHECK(!callout_stop(&s.s_callout));
	take_interrupts();
	CHECK_EQ(s.s_fired, 1);
}

CASE(timer_callout_fires, .api = XCVM_API_KERNEL,
    .doc = "On each CPU a callout fires once, not early, at IPL_SOFTCLOCK.")
{
	on_each_cpu(fire_here, NULL);
}

CASE(timer_callout_order, .api = XCVM_API_KERNEL,
    .doc = "Callouts fire in the order of their deadlines.")
{
	static const uint8_t tenths[] = {70, 10, 50, 20, 60, 30, 40, 5};
	static struct shot shots[nitems(tenths)];

	for (u_int i = 0; i < nitems(shots); i++) {
		shot_init(&shots[i]);
		shot_arm(&shots[i], tenths[i] * MS / 10);
	}
	SPIN_UNTIL(shots_fired == nitems(shots));
	for (u_int i = 0; i < nitems(shots); i++)
		for (u_int j = 0; j < nitems(shots); j++)
			if (shots[i].s_latest < shots[j].s_earliest)
				CHECK_LE(shots[i].s_rank + 1, shots[j].s_rank);
}

CASE(timer_callout_stop, .api = XCVM_API_KERNEL,
    .doc = "A callout that was stopped does not fire.")
{
	struct shot stopped, later;

	shot_init(&stopped);
	shot_init(&later);
	shot_arm(&stopped, 1000 * MS);
	CHECK(callout_pending(&stopped.s_callout));
	/* It may fire before we stop it if it is due: so it is not. */
	CHECK(callout_stop(&stopped.s_callout));
	CHECK(!callout_pending(&stopped.s_callout));
	CHECK(!callout_stop(&stopped.s_callout));

	/* At IPL_SOFTCLOCK one that is due stays pending. */
	int s = splsoftclock();

	shot_arm(&stopped, 0);
	shot_arm(&later, MS / 10);
	SPIN_UNTIL(intr_is_pending(SIR_CLOCK));
	CHECK(callout_stop(&stopped.s_callout));
	splx(s);
	SPIN_UNTIL(later.s_fired != 0);
	CHECK_EQ(stopped.s_fired, 0);
}

static void
fail_fire(void *arg __unused)
{
	case_failed(__FILE__, __LINE__, "the callout's function",
	    "it is the one of before the reset");
}

CASE(timer_callout_reset, .api = XCVM_API_KERNEL,
    .doc = "A callout reset while pending fires once, at its new time.")
{
	struct shot moved;
	int s;

	shot_init(&moved);
	/* Back: the check is in shot_fire(). */
	s = splsoftclock();
	callout_reset_nsec(&moved.s_callout, 0, fail_fire, NULL);
	shot_arm(&moved, 3 * MS);
	splx(s);
	SPIN_UNTIL(moved.s_fired != 0);
	CHECK_EQ(moved.s_fired, 1);

	/* Forward: else it takes for ever. */
	callout_reset_nsec(&moved.s_callout, INT64_MAX, fail_fire, NULL);
	shot_arm(&moved, MS / 10);
	SPIN_UNTIL(moved.s_fired == 2);

	/* By ticks. */
	moved.s_earliest = cpu_counter() + ns_to_tsc(1000 * MS / (u_int)hz);
	callout_reset(&moved.s_callout, 1, shot_fire, &moved);
	SPIN_UNTIL(moved.s_fired == 3);
}

/* --- sleeping and waiting for a time --- */

CASE(timer_tsleep_timeout, .api = XCVM_API_KERNEL,
    .doc = "A timed sleep ends with EWOULDBLOCK, not early; a wake-up with 0.")
{
	uint64_t start;
	int ident = 0;

	start = cpu_counter();
	CHECK_EQ(tsleep(&ident, PWAIT, "case", 1), EWOULDBLOCK);
	CHECK_GE(cpu_counter() - start, ns_to_tsc(1000 * MS / (u_int)hz));

	start = cpu_counter();
	CHECK_EQ(tsleep_nsec(&ident, PWAIT, "case", MS), EWOULDBLOCK);
	CHECK_GE(cpu_counter() - start, ns_to_tsc(MS));

	start = cpu_counter();
	CHECK_EQ(kpause("case", false, 1, NULL), EWOULDBLOCK);
	CHECK_GE(cpu_counter() - start, ns_to_tsc(1000 * MS / (u_int)hz));
}

static const volatile char timed_ident;

static void
timed_sleeper(void *result)
{
	*(int *)result =
	    tsleep_nsec(&timed_ident, PWAIT, "case", 3600 * 1000 * MS);
	CHECK(!callout_pending(&curlwp->l_sleep_callout));
}

CASE(timer_tsleep_woken, .api = XCVM_API_KERNEL,
    .doc = "A timed sleep that is woken returns 0, and its timeout is gone.")
{
	struct cpu_info *ci = cpu_lookup(ncpu - 1);
	int result = -1;
	struct lwp *l = thread_start(ci, timed_sleeper, &result);

	wait_asleep(l, &timed_ident);
	SPIN_UNTIL(callout_pending(&l->l_sleep_callout));
	wakeup(&timed_ident);
	thread_join(l);
	CHECK_EQ(result, 0);
}

static void
delay_all(void)
{
	static const u_int usecs[] = {0, 1, 10, 100, 1000};

	for (u_int i = 0; i < nitems(usecs); i++) {
		uint64_t start = cpu_counter();

		delay(usecs[i]);
		CHECK_GE(cpu_counter() - start, ns_to_tsc(usecs[i] * 1000ULL));
	}
}

CASE(timer_delay, .api = XCVM_API_KERNEL,
    .doc = "delay() is not too short, at any level, with interrupts off or on.")
{
	uint64_t flags;
	int s;

	delay_all();
	s = splhigh();
	delay_all();
	flags = intr_disable();
	delay_all();
	intr_restore(flags);
	splx(s);
}

CASE(timer_clock, .api = XCVM_API_KERNEL,
    .doc = "nsecuptime() goes forward at the TSC's rate, conversions are "
	   "inverse.")
{
	/*
	 * Both factors are cut off at 2^-32: of what they are, that is the
	 * more the smaller they are.
	 */
	uint64_t cut = 1000000 / boot->tsc_khz + boot->tsc_khz / 1000000 + 2;
	uint64_t ns = nsecuptime(), tsc, elapsed, lost;

	for (u_int i = 0; i < 1000; i++) {
		uint64_t now = nsecuptime();

		CHECK_GE(now, ns);
		ns = now;
	}
	for (uint64_t x = 1; x < 1000000 * MS; x *= 10) {
		tsc = ns_to_tsc(x);
		/* Each way may round down by one as well. */
		lost = (uint64_t)((unsigned __int128)x * cut >> 32) + 2 +
		       1000000 / boot->tsc_khz;
		CHECK_LE(tsc_to_ns(tsc), x);
		CHECK_GE(tsc_to_ns(tsc) + lost, x);
		CHECK_LE(tsc, x * boot->tsc_khz / 1000000);
	}
	/* To the end: never less for more, and never out of reach. */
	CHECK_LE(ns_to_tsc(INFSLP - 1), INT64_MAX);
	for (u_int i = 1; i < 64; i++)
		CHECK_GE(ns_to_tsc(UINT64_MAX >> (63 - i)),
		    ns_to_tsc(UINT64_MAX >> (64 - i)));
	CHECK_GE(ns_to_tsc(INFSLP - 1), ns_to_tsc(INFSLP / 2));
	CHECK_GE(ns_to_tsc(INFSLP), INT64_MAX);
	tsc = cpu_counter();
	ns = nsecuptime();
	delay(1000);
	elapsed = nsecuptime() - ns;
	CHECK_LE(elapsed, tsc_to_ns(cpu_counter() - tsc) + 1);
	CHECK_GE(elapsed + 2, MS);
}
