/* SPDX-License-Identifier: ISC */
/* Mutual exclusion under load, in every mix of contexts. */
#include <sys/kmem.h>
#include <sys/mutex.h>
#include <machine/lapic.h>
#include "ground.h"

/* Never more than one inside; what one leaves the next one sees. */
static struct {
	kmutex_t mutex;
	volatile u_int inside;
	uint64_t entries; /* under the mutex */
	bool sleeps;	  /* who is inside may sleep there */
	bool schedules;	  /* a thread inside schedules soft interrupts */
} guarded;

static struct budget budget;
static volatile u_int entries;
static void *soft[SOFTINT_LEVELS];

static void
enter_and_leave(struct rng *rng)
{
	mutex_enter(&guarded.mutex);
	CHECK_EQ(guarded.inside, 0);
	guarded.inside = 1;
	guarded.entries++;
	if (guarded.sleeps && rng_below(rng, 4) == 0)
		tsleep_nsec(rng, PWAIT, "case", rng_below(rng, 50000));
	else if (guarded.schedules && !cpu_softintr_p())
		softint_schedule(soft[rng_below(rng, SOFTINT_LEVELS)]);
	else
		spin_randomly(rng, 20);
	CHECK_EQ(guarded.inside, 1);
	guarded.inside = 0;
	mutex_exit(&guarded.mutex);
	atomic_inc_uint(&entries);
}

static void
check_entries(void)
{
	CHECK_EQ(guarded.entries, entries);
	case_metric("entries", "", entries);
}

static void
exclusion_cpu(u_int cpu, void *arg __unused)
{
	struct rng rng = rng_init(cpu);

	while (budget_left(&budget)) {
		enter_and_leave(&rng);
		spin_randomly(&rng, 20);
		CHECK_EQ(cpu_ipl(), IPL_NONE);
	}
}

CASE(mutex_adaptive_stress, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_STRESS,
    .doc = "An adaptive mutex lets one thread in, over all CPUs, asleep or "
	   "not.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(100)))
{
	guarded.sleeps = true;
	mutex_init(&guarded.mutex, MUTEX_DEFAULT, IPL_NONE);
	budget = budget_start();
	on_each_cpu(exclusion_cpu, NULL);
	check_entries();
}

CASE(mutex_spin_stress, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_STRESS,
    .doc = "A spin mutex lets one CPU in.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(100)))
{
	mutex_init(&guarded.mutex, MUTEX_DEFAULT, IPL_SCHED);
	budget = budget_start();
	on_each_cpu(exclusion_cpu, NULL);
	check_entries();
}

/* --- interrupts and threads --- */

struct taken {
	volatile u_int t_count;
} __cacheline_aligned;
static struct taken *taken;
static struct rng intr_rng;

static void
enter_in_interrupt(void *arg __unused)
{
	enter_and_leave(&intr_rng);
	taken[cpu_number()].t_count++;
}

static void
interrupting_cpu(u_int cpu, void *arg __unused)
{
	struct rng rng = rng_init(cpu);
	struct cpu_info *next = cpu_lookup((cpu + 1) % ncpu);
	u_int sent = 0;

	while (budget_left(&budget)) {
		lapic_ipi(next->ci_cpuid, INTR_VECTOR(LIR_TEST));
		sent++;
		enter_and_leave(&rng);
		SPIN_UNTIL(taken[cpu_index(next)].t_count >= sent);
		CHECK_EQ(cpu_ipl(), IPL_NONE);
	}
}

CASE(mutex_spin_interrupt_stress, .api = XCVM_API_KERNEL,
    .kind = XCVM_KIND_STRESS,
    .doc = "A spin mutex excludes threads and interrupts of all CPUs.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(100)))
{
	taken = kmem_zalloc(ncpu * sizeof(*taken), KM_SLEEP);
	mutex_init(&guarded.mutex, MUTEX_DEFAULT, IPL_HIGH);
	intr_test_establish(enter_in_interrupt, NULL);
	budget = budget_start();
	on_each_cpu(interrupting_cpu, NULL);
	check_entries();
}

/* --- threads of all priorities and soft interrupts of all levels --- */

#define EXTRA_MAX 128
static struct rng soft_rng;

static void
enter_in_softint(void *level)
{
	enter_and_leave(&soft_rng);
	CHECK_EQ(cpu_ipl(), IPL_SOFTCLOCK + (uintptr_t)level);
}

static void
mixing_thread(void *arg)
{
	struct rng rng = rng_init((u_int)(uintptr_t)arg);

	while (budget_left(&budget)) {
		softint_schedule(soft[rng_below(&rng, SOFTINT_LEVELS)]);
		enter_and_leave(&rng);
		CHECK_EQ(cpu_ipl(), IPL_NONE);
		if (rng_below(&rng, 4) == 0)
			tsleep_nsec(
			    &rng, PWAIT, "case", rng_below(&rng, 50000));
		else
			yield();
	}
}

CASE(mutex_mixed_stress, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_STRESS,
    .doc = "One adaptive mutex for threads of many priorities and all "
	   "softints.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(100)))
{
	u_int n = MIN(3 * ncpu, EXTRA_MAX);
	struct lwp **l = kmem_alloc(n * sizeof(*l), KM_SLEEP);

	mutex_init(&guarded.mutex, MUTEX_DEFAULT, IPL_SOFTSERIAL);
	guarded.schedules = true;
	for (uintptr_t i = 0; i < SOFTINT_LEVELS; i++)
		soft[i] = softint_establish(
		    (u_int)i | SOFTINT_MPSAFE, enter_in_softint, (void *)i);
	budget = budget_start();
	for (u_int i = 0; i < n; i++)
		l[i] = thread_start_pri(cpu_lookup(i % ncpu),
		    PRI_KTHREAD - (pri_t)(i / ncpu), mixing_thread,
		    (void *)(uintptr_t)i);
	for (u_int i = 0; i < n; i++)
		thread_join(l[i]);
	/* The last soft interrupts may still be on their way. */
	for (u_int i = 0; i < SOFTINT_LEVELS; i++)
		softint_disestablish(soft[i]);
	check_entries();
}
