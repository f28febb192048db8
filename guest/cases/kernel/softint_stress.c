/* SPDX-License-Identifier: ISC */
/* Soft interrupts under load: none lost, none out of order. */
#include <sys/kmem.h>
#include "ground.h"

struct soft_cpu {
	volatile u_int sc_asked[SOFTINT_LEVELS];
	volatile u_int sc_seen[SOFTINT_LEVELS];
	volatile u_int sc_depth[SOFTINT_LEVELS];
	struct rng sc_rng[SOFTINT_LEVELS + 1]; /* the thread's is the last */
} __cacheline_aligned;

static struct soft_cpu *soft_cpus;
static void *handles[SOFTINT_LEVELS];
static struct budget soft_budget;
static volatile u_int soft_schedules;

/* Ask for up to n handlers of random levels. */
static void
stress_ask(struct soft_cpu *sc, struct rng *rng, u_int n)
{
	for (u_int i = rng_below(rng, n + 1); i > 0; i--) {
		u_int level = rng_below(rng, SOFTINT_LEVELS);

		atomic_inc_uint(&sc->sc_asked[level]);
		softint_schedule(handles[level]);
	}
}

static void
stress_handler(void *arg)
{
	u_int level = (u_int)(uintptr_t)arg;
	struct soft_cpu *sc = &soft_cpus[cpu_number()];

	CHECK_EQ(sc->sc_depth[level]++, 0);
	CHECK_EQ(cpu_ipl(), IPL_SOFTCLOCK + level);
	for (u_int above = level + 1; above < SOFTINT_LEVELS; above++)
		CHECK_EQ(sc->sc_depth[above], 0);
	sc->sc_seen[level] = sc->sc_asked[level];
	/* Less than one for each on average, or it would not end. */
	stress_ask(sc, &sc->sc_rng[level], 1);
	sc->sc_depth[level]--;
}

static void
stress_cpu(u_int cpu, void *arg __unused)
{
	struct soft_cpu *sc = &soft_cpus[cpu];
	struct rng *rng = &sc->sc_rng[SOFTINT_LEVELS];
	u_int n = 0;

	for (u_int i = 0; i <= SOFTINT_LEVELS; i++)
		sc->sc_rng[i] = rng_init(cpu * (SOFTINT_LEVELS + 1) + i);
	while (budget_left(&soft_budget)) {
		int s = splraise((int)rng_below(rng, IPL_COUNT));

		stress_ask(sc, rng, 5);
		splx(s);
		for (u_int i = 0; i < SOFTINT_LEVELS; i++)
			CHECK_EQ(sc->sc_seen[i], sc->sc_asked[i]);
	}
	for (u_int i = 0; i < SOFTINT_LEVELS; i++)
		n += sc->sc_asked[i];
	atomic_add_uint(&soft_schedules, n);
}

CASE(softint_stress, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_STRESS,
    .doc = "Handlers scheduled at random run after the last request, and in "
	   "order.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(100)))
{
	soft_cpus = kmem_zalloc(ncpu * sizeof(*soft_cpus), KM_SLEEP);
	for (uintptr_t i = 0; i < SOFTINT_LEVELS; i++)
		handles[i] = softint_establish(
		    (u_int)i | SOFTINT_MPSAFE, stress_handler, (void *)i);
	soft_budget = budget_start();
	on_each_cpu(stress_cpu, NULL);
	case_metric("schedules", "", soft_schedules);
}

/* --- from interrupts, while the CPU schedules another --- */

#define HANDLES 40 /* one for each interrupt of a round */

static struct {
	void *own, *handle[HANDLES];
	u_int run[HANDLES], own_run;
	volatile u_int handled; /* interrupts of the round */
} from_intr;

static void
schedule_next(void *arg __unused)
{
	if (from_intr.handled < HANDLES)
		softint_schedule(from_intr.handle[from_intr.handled++]);
}

static void
count_run(void *count)
{
	++*(u_int *)count;
}

CASE(softint_schedule_interrupted, .api = XCVM_API_KERNEL,
    .kind = XCVM_KIND_FAULT,
    .fault = "kind=spurious,vector=test,to=0,every_us=100",
    .doc = "An interrupt that schedules a soft interrupt while its CPU "
	   "schedules another of the level loses neither.",
    PARAMS(PARAM_KERNEL, PARAM("rounds", 2, "of 40 interrupts")))
{
	from_intr.own =
	    softint_establish(SOFTINT_SERIAL, count_run, &from_intr.own_run);
	for (u_int i = 0; i < HANDLES; i++)
		from_intr.handle[i] = softint_establish(
		    SOFTINT_SERIAL, count_run, &from_intr.run[i]);
	for (u_int round = 1; round <= case_param("rounds"); round++) {
		int s = splsoftserial();

		from_intr.handled = 0;
		/* The plan's, which nobody has sent. */
		intr_test_establish(schedule_next, NULL);
		while (from_intr.handled < HANDLES)
			softint_schedule(from_intr.own);
		intr_test_establish(NULL, NULL);
		splx(s);
		CHECK_EQ(from_intr.own_run, round);
		for (u_int i = 0; i < HANDLES; i++)
			CHECK_EQ(from_intr.run[i], round);
	}
}
