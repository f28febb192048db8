/* SPDX-License-Identifier: ISC */
/* Timeouts under load: many on each CPU, stopped here and from elsewhere. */
#include <sys/callout.h>
#include <sys/kmem.h>
#include "call.h"
#include "ground.h"

#define SHOTS 8

struct shot {
	callout_t s_callout;
	uint64_t s_earliest; /* TSC */
	volatile u_int s_fired;
	u_int s_expected; /* so often it should have fired, when not pending */
};

static struct budget budget;
static volatile u_int total;

static void
shot_fire(void *arg)
{
	struct shot *s = arg;

	CHECK_GE(cpu_counter(), s->s_earliest);
	atomic_inc_uint(&s->s_fired);
}

static void
shot_arm(struct shot *s, uint64_t ns)
{
	s->s_expected++;
	s->s_earliest = cpu_counter() + ns_to_tsc(ns);
	callout_reset_nsec(&s->s_callout, ns, shot_fire, s);
}

static void
random_cpu(u_int cpu, void *arg __unused)
{
	struct rng rng = rng_init(cpu);
	struct shot *shots = kmem_zalloc(SHOTS * sizeof(*shots), KM_SLEEP);
	u_int n = 0;

	for (u_int i = 0; i < SHOTS; i++)
		callout_init(&shots[i].s_callout, CALLOUT_MPSAFE);
	for (; budget_left(&budget); n++) {
		struct shot *s = &shots[rng_below(&rng, SHOTS)];

		/*
		 * Callouts of this CPU run above us: one that is not pending
		 * has fired.
		 */
		if (callout_stop(&s->s_callout))
			s->s_expected--;
		CHECK_EQ(s->s_fired, s->s_expected);
		shot_arm(s, rng_below(&rng, 1000 << rng_below(&rng, 12)));
		spin_randomly(&rng, 30);
	}
	for (u_int i = 0; i < SHOTS; i++) {
		SPIN_UNTIL(!callout_pending(&shots[i].s_callout));
		CHECK_EQ(shots[i].s_fired, shots[i].s_expected);
	}
	atomic_add_uint(&total, n);
}

CASE(timer_stress, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_STRESS,
    .doc = "Random callouts on each CPU fire once, not early, unless stopped.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(100)))
{
	budget = budget_start();
	on_each_cpu(random_cpu, NULL);
	case_metric("callouts", "", total);
}

#ifdef MULTIPROCESSOR

static struct shot shared;
static struct mark armed, judged;
static volatile bool enough;

static void
arming_thread(void *arg __unused)
{
	struct rng rng = rng_init(1);

	for (u_int round = 1; !enough; round++) {
		shot_arm(&shared, rng_below(&rng, 40000));
		mark_add(&armed);
		mark_wait(&judged, round);
	}
}

CASE(timer_stop_remote_stress, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_STRESS,
    .min_vcpus = 2,
    .doc = "Stopping a callout of another CPU tells truly whether it will run.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(100)))
{
	struct rng rng = rng_init(0);
	u_int rounds = 0, stopped = 0;
	struct lwp *l;

	callout_init(&shared.s_callout, CALLOUT_MPSAFE);
	budget = budget_start();
	l = thread_start(cpu_lookup(1), arming_thread, NULL);
	do {
		mark_wait(&armed, ++rounds);
		spin_randomly(&rng, 200);
		if (callout_stop(&shared.s_callout)) {
			shared.s_expected--;
			stopped++;
		} else
			SPIN_UNTIL(shared.s_fired == shared.s_expected);
		CHECK_EQ(shared.s_fired, shared.s_expected);
		enough = !budget_left(&budget);
		mark_add(&judged);
	} while (!enough);
	thread_join(l);
	CHECK_EQ(shared.s_fired, shared.s_expected);
	case_metric("rounds", "", rounds);
	case_metric("stopped", "", stopped);
}

static callout_t moving;
static struct mark *fired_on;

static void
moving_start(void *arg __unused)
{
	callout_reset_nsec(&moving, INT64_MAX, call_count_here, fired_on);
}

CASE(timer_moves_to_caller, .api = XCVM_API_KERNEL, .min_vcpus = 2,
    .doc = "A callout reset from another CPU fires there, and only there.")
{
	fired_on = cpu_marks();
	callout_init(&moving, CALLOUT_MPSAFE);
	thread_join(thread_start(cpu_lookup(1), moving_start, NULL));
	CHECK(callout_pending(&moving));
	callout_reset_nsec(&moving, 100000, call_count_here, fired_on);
	SPIN_UNTIL(!callout_pending(&moving));
	take_interrupts_everywhere();
	CHECK_EQ(mark_read(&fired_on[0]), 1);
	CHECK_EQ(mark_read(&fired_on[1]), 0);
}

#endif
