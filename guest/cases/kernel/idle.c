/* SPDX-License-Identifier: ISC */
/*
 * The idle loop: a wake-up that comes while a CPU decides to halt is not
 * slept over.  One that is lost is never made good, so the case hangs.
 */
#include <sys/kmem.h>
#include "ground.h"

static struct budget budget;
static volatile u_int wakes;

/* --- by the timer --- */

static void
timed_cpu(u_int cpu, void *arg __unused)
{
	struct rng rng = rng_init(cpu);
	u_int n = 0;

	for (; budget_left(&budget); n++)
		CHECK_EQ(
		    tsleep_nsec(&rng, PWAIT, "case", rng_below(&rng, 30000)),
		    EWOULDBLOCK);
	atomic_add_uint(&wakes, n);
}

CASE(idle_timer_stress, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_STRESS,
    .doc = "Timers that expire around the halt wake every CPU.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(100)))
{
	budget = budget_start();
	on_each_cpu(timed_cpu, NULL);
	case_metric("wakes", "", wakes);
}

#ifdef MULTIPROCESSOR

/* --- by another CPU's wakeup --- */

struct sleeper {
	struct cond s_cond;
	struct mark s_rounds;
	volatile bool s_over;
	struct lwp *s_thread;
} __cacheline_aligned;

static void
sleeping_thread(void *arg)
{
	struct sleeper *s = arg;
	bool over;

	do {
		cond_wait(&s->s_cond, "idle");
		cond_init(&s->s_cond);
		/* Before the mark: the last round may begin right after it. */
		over = s->s_over;
		mark_add(&s->s_rounds);
	} while (!over);
}

/* Signal a sleeper, at a time that is likely to catch it as it halts. */
static void
signal_sleeper(struct sleeper *s, struct rng *rng)
{
	if (rng_below(rng, 4) != 0) {
		/* Off its thread, and so on the way to the idle loop. */
		SPIN_UNTIL(s->s_thread->l_cpu->ci_curlwp != s->s_thread);
		spin_randomly(rng, 1 << rng_below(rng, 7));
	}
	cond_signal(&s->s_cond);
}

CASE(idle_wakeup_stress, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_STRESS,
    .min_vcpus = 2,
    .doc = "Wake-ups from one CPU at random times reach all others as they "
	   "idle.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(200)))
{
	struct rng rng = rng_init(0);
	struct sleeper *sleepers =
	    kmem_zalloc(ncpu * sizeof(*sleepers), KM_SLEEP);
	u_int rounds = 0;

	for (u_int i = 1; i < ncpu; i++) {
		cond_init(&sleepers[i].s_cond);
		sleepers[i].s_thread =
		    thread_start(cpu_lookup(i), sleeping_thread, &sleepers[i]);
	}
	budget = budget_start();
	do {
		rounds++;
		if (!budget_left(&budget))
			for (u_int i = 1; i < ncpu; i++)
				sleepers[i].s_over = true;
		for (u_int i = 1; i < ncpu; i++)
			signal_sleeper(&sleepers[i], &rng);
		for (u_int i = 1; i < ncpu; i++)
			mark_wait(&sleepers[i].s_rounds, rounds);
	} while (!sleepers[1].s_over);
	for (u_int i = 1; i < ncpu; i++)
		thread_join(sleepers[i].s_thread);
	case_metric("wakes", "", rounds * (ncpu - 1));
}

/* --- both sides idle --- */

static struct sleeper pair[2];

static void
pair_thread(void *arg)
{
	struct sleeper *me = arg, *other = &pair[me == &pair[0]];
	struct rng rng = rng_init(me == &pair[0]);
	u_int n = 0;

	for (;; n++) {
		bool last = me == &pair[0] && !budget_left(&budget);

		cond_wait(&me->s_cond, "idle");
		cond_init(&me->s_cond);
		last |= me->s_over;
		spin_randomly(&rng, 4 << rng_below(&rng, 8));
		other->s_over = last;
		cond_signal(&other->s_cond);
		if (last)
			break;
	}
	atomic_add_uint(&wakes, n);
}

CASE(idle_pair_stress, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_STRESS,
    .min_vcpus = 2,
    .doc = "Two CPUs that idle in turn wake each other after random times.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(200)))
{
	cond_init(&pair[0].s_cond);
	cond_init(&pair[1].s_cond);
	budget = budget_start();
	for (u_int i = 0; i < 2; i++)
		pair[i].s_thread = thread_start(
		    cpu_lookup(ncpu - 1 - i), pair_thread, &pair[i]);
	cond_signal(&pair[0].s_cond);
	for (u_int i = 0; i < 2; i++)
		thread_join(pair[i].s_thread);
	case_metric("wakes", "", wakes);
}

#endif

CASE(idle_until_a_late_timer, .api = XCVM_API_KERNEL,
    .doc = "A timer far off wakes a thread when all CPUs have been halted for "
	   "long.",
    PARAMS(PARAM_KERNEL, PARAM("sleep_ms", 1500, "how long, milliseconds")))
{
	uint64_t start = nsecuptime(), wraps = tsc_to_ns(1ULL << 32);
	uint64_t ns = case_param("sleep_ms") * 1000000;

	/* Past what a count of cycles in 32 bits holds, if that is near. */
	if (wraps > start && wraps - start < ns + ns / 2)
		ns = MAX(ns, wraps - start + 1000000);
	tsleep_nsec(&start, PWAIT, "late", ns);
	CHECK_GE(nsecuptime(), start + ns);
}
