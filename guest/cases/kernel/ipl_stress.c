/* SPDX-License-Identifier: ISC */
/* Interrupt levels under load: nothing below its level, nothing lost. */
#include <sys/kmem.h>
#include <machine/lapic.h>
#include "ground.h"

struct ipl_cpu {
	volatile int ic_level; /* what the thread has raised it to */
	volatile u_int ic_taken;
	volatile u_int ic_soft;
} __cacheline_aligned;

static struct ipl_cpu *ipl_cpus;
static void *ipl_softint[SOFTINT_LEVELS];
static struct budget ipl_budget;
static volatile u_int ipl_rounds;

static void
stress_interrupt(void *arg __unused)
{
	struct ipl_cpu *ic = &ipl_cpus[cpu_number()];

	CHECK_LE(ic->ic_level, IPL_HIGH - 1);
	ic->ic_taken++;
}

static void
stress_softint(void *level)
{
	struct ipl_cpu *ic = &ipl_cpus[cpu_number()];

	CHECK_LE(ic->ic_level, IPL_SOFTCLOCK + (int)(uintptr_t)level - 1);
	ic->ic_soft++;
}

/* Raise to random levels, nested, with work that they may hold off. */
static void
stress_nest(struct ipl_cpu *ic, struct rng *rng, u_int depth)
{
	int level = (int)rng_below(rng, IPL_COUNT), outer = ic->ic_level;
	int s = splraise(level);

	ic->ic_level = MAX(level, outer);
	softint_schedule(ipl_softint[rng_below(rng, SOFTINT_LEVELS)]);
	if (depth > 0)
		stress_nest(ic, rng, depth - 1);
	spin_randomly(rng, 20);
	ic->ic_level = outer;
	splx(s);
}

static void
stress_cpu(u_int cpu, void *arg __unused)
{
	struct rng rng = rng_init(cpu);
	struct cpu_info *next = cpu_lookup((cpu + 1) % ncpu);
	u_int sent = 0;

	while (budget_left(&ipl_budget)) {
		lapic_ipi(next->ci_cpuid, INTR_VECTOR(LIR_TEST));
		sent++;
		stress_nest(&ipl_cpus[cpu], &rng, rng_below(&rng, 4));
		/* Nobody else sends there: each arrives by itself. */
		SPIN_UNTIL(ipl_cpus[cpu_index(next)].ic_taken >= sent);
		CHECK_EQ(cpu_ipl(), IPL_NONE);
	}
	atomic_add_uint(&ipl_rounds, sent);
}

CASE(ipl_stress, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_STRESS,
    .doc = "Nothing runs below its level; no interrupt is lost, none run "
	   "twice.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(100)))
{
	uint64_t arrived = 0;

	ipl_cpus = kmem_zalloc(ncpu * sizeof(*ipl_cpus), KM_SLEEP);
	for (u_int i = 0; i < SOFTINT_LEVELS; i++)
		ipl_softint[i] = softint_establish(
		    i | SOFTINT_MPSAFE, stress_softint, (void *)(uintptr_t)i);
	intr_test_establish(stress_interrupt, NULL);
	ipl_budget = budget_start();
	on_each_cpu(stress_cpu, NULL);
	case_metric("interrupts", "", ipl_rounds);
	for (u_int i = 0; i < ncpu; i++) {
		uint64_t n = intr_arrived(cpu_lookup(i), LIR_TEST);

		CHECK_LE(ipl_cpus[i].ic_taken, n);
		arrived += n;
	}
	/* A host that delivers one twice is not what this case is about. */
	if (CHECK_GE(arrived, ipl_rounds))
		metric_delivered_twice(arrived - ipl_rounds);
}
