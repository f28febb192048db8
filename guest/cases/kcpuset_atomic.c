/* SPDX-License-Identifier: ISC */
/* kcpuset(9): the atomic operations, by all CPUs at once. */
#include <sys/kcpuset.h>
#include "case.h"

#ifdef MULTIPROCESSOR

/*
 * Each CPU owns some members of one set: its own number, and that number in
 * other words.  It must find them as it left them, whatever the others do.
 */
#define OWNED 3
struct shared {
	kcpuset_t s_set;
	struct budget s_budget;
	volatile u_int s_wrong, s_rounds;
};

static u_int
owned(u_int cpu, u_int i)
{
	return ((cpu + i * 320) % MAXCPUS);
}

static u_int
count_owned(const struct shared *s, u_int cpu)
{
	u_int count = 0;

	for (u_int i = 0; i < OWNED; i++)
		count += kcpuset_isset(&s->s_set, owned(cpu, i));
	return (count);
}

static void
use_own_members(u_int cpu, void *arg)
{
	struct shared *s = arg;
	kcpuset_t mine, all;

	kcpuset_zero(&mine);
	kcpuset_fill(&all);
	for (u_int i = 0; i < OWNED; i++)
		kcpuset_set(&mine, owned(cpu, i));
	while (budget_left(&s->s_budget)) {
		for (u_int i = 0; i < OWNED; i++)
			kcpuset_atomic_set(&s->s_set, owned(cpu, i));
		if (count_owned(s, cpu) != OWNED)
			atomic_inc_uint(&s->s_wrong);
		/* Changes nothing, but writes every word. */
		kcpuset_atomicly_intersect(&s->s_set, &all);
		kcpuset_atomicly_remove(&s->s_set, &mine);
		if (count_owned(s, cpu) != 0)
			atomic_inc_uint(&s->s_wrong);
		kcpuset_atomicly_merge(&s->s_set, &mine);
		if (count_owned(s, cpu) != OWNED)
			atomic_inc_uint(&s->s_wrong);
		for (u_int i = 0; i < OWNED; i++)
			kcpuset_atomic_clear(&s->s_set, owned(cpu, i));
		if (count_owned(s, cpu) != 0)
			atomic_inc_uint(&s->s_wrong);
		atomic_inc_uint(&s->s_rounds);
	}
}

CASE(kcpuset_atomic_forms, KERNEL, STRESS, "", 2,
    "All CPUs add and take away members of one set, each its own, by the "
    "atomic operations: none gets lost, none comes back.",
    PARAM_KERNEL, PARAM_BUDGET(100))
{
	struct shared s = {.s_budget = budget_start()};

	kcpuset_zero(&s.s_set);
	/* A member that nobody owns stays. */
	kcpuset_set(&s.s_set, MAXCPUS - 1);
	on_each_cpu(use_own_members, &s);
	CHECK_EQ(s.s_wrong, 0);
	CHECK_EQ(kcpuset_countset(&s.s_set), 1);
	CHECK(kcpuset_isset(&s.s_set, MAXCPUS - 1));
	case_metric("rounds", "", s.s_rounds);
}

static void
use_and_leave(u_int cpu __unused, void *arg)
{
	kcpuset_t *set = arg;

	for (u_int i = 0; i < 50; i++) {
		kcpuset_use(set);
		kcpuset_unuse(set, NULL);
	}
}

CASE(kcpuset_users_on_all_cpus, KERNEL, CONFORMANCE, "", 2,
    "CPUs that come and go as users of a set leave it to its last one.",
    PARAM_KERNEL)
{
	kcpuset_t *set, *later = NULL;

	kcpuset_create(&set, true);
	kcpuset_set(set, 5);
	on_each_cpu(use_and_leave, set);
	CHECK_EQ(kcpuset_ffs(set), 6);
	kcpuset_unuse(set, &later);
	CHECK(later == set);
	CHECK_EQ(kcpuset_ffs(set), 6);
	kcpuset_destroy(later);
}

#endif /* MULTIPROCESSOR */
