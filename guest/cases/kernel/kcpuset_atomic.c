/* SPDX-License-Identifier: ISC */
/* kcpuset(9): the atomic operations, by all CPUs at once. */
#include <sys/kcpuset.h>
#include "case.h"

#ifdef MULTIPROCESSOR

/*
 * Each CPU owns a bit in the first and in the last word of one set, and must
 * find them as it left them, whatever the others do to the same words.
 */
#define OWNED  2
#define OWNERS 8U /* that many, for they wait for each other */
struct shared {
	kcpuset_t s_set;
	struct mark s_ready;
	volatile u_int s_wrong, s_rounds;
};

static u_int
owned(u_int cpu, u_int i)
{
	return (i * (MAXCPUS - KCPUSET_BITS) + cpu);
}

static void
check_owned(struct shared *s, u_int cpu, u_int count)
{
	for (u_int i = 0; i < OWNED; i++)
		count -= kcpuset_isset(&s->s_set, owned(cpu, i));
	if (count != 0)
		atomic_inc_uint(&s->s_wrong);
}

/* Again and again, so as to meet those that write all words in turn. */
static void
change_one_member(struct shared *s, u_int member)
{
	for (u_int i = 0; i < 16; i++) {
		kcpuset_atomic_set(&s->s_set, member);
		if (!kcpuset_isset(&s->s_set, member))
			atomic_inc_uint(&s->s_wrong);
		kcpuset_atomic_clear(&s->s_set, member);
		if (kcpuset_isset(&s->s_set, member))
			atomic_inc_uint(&s->s_wrong);
	}
}

static void
change_all_members(struct shared *s, u_int cpu)
{
	kcpuset_t mine, all;

	kcpuset_zero(&mine);
	kcpuset_fill(&all);
	for (u_int i = 0; i < OWNED; i++)
		kcpuset_set(&mine, owned(cpu, i));
	kcpuset_atomicly_merge(&s->s_set, &mine);
	check_owned(s, cpu, OWNED);
	/* Changes nothing, but writes every word. */
	kcpuset_atomicly_intersect(&s->s_set, &all);
	check_owned(s, cpu, OWNED);
	kcpuset_atomicly_remove(&s->s_set, &mine);
	check_owned(s, cpu, 0);
}

static void
use_own_members(u_int cpu, void *arg)
{
	struct shared *s = arg;
	struct rng r = rng_init(cpu);
	struct budget b;

	if (cpu >= OWNERS)
		return;
	/* All at once, or the first is done before the last has begun. */
	mark_meet(&s->s_ready, MIN(ncpu, OWNERS));
	b = budget_start();
	do {
		if (rng_below(&r, 2) == 0)
			change_all_members(s, cpu);
		else
			change_one_member(s, owned(cpu, rng_below(&r, OWNED)));
		atomic_inc_uint(&s->s_rounds);
	} while (budget_left(&b));
}

CASE(kcpuset_atomic_forms, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_STRESS,
    .min_vcpus = 2,
    .doc = "Up to eight CPUs add and take away members of one set, each its "
	   "own, by the atomic operations: none gets lost, none comes back.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(100)))
{
	struct shared s = {.s_rounds = 0};

	kcpuset_zero(&s.s_set);
	/* A member that nobody owns stays. */
	kcpuset_set(&s.s_set, MAXCPUS - 1);
	on_each_cpu(use_own_members, &s);
	CHECK_EQ(s.s_wrong, 0);
	CHECK_EQ(kcpuset_countset(&s.s_set), 1);
	CHECK(kcpuset_isset(&s.s_set, MAXCPUS - 1));
	case_metric("rounds", "", s.s_rounds);
}

struct users {
	kcpuset_t *u_set;
	struct mark u_ready;
};

static void
use_and_leave(u_int cpu, void *arg)
{
	struct users *u = arg;

	if (cpu >= OWNERS)
		return;
	mark_meet(&u->u_ready, MIN(ncpu, OWNERS));
	for (u_int i = 0; i < 300; i++) {
		kcpuset_use(u->u_set);
		kcpuset_unuse(u->u_set, NULL);
	}
}

CASE(kcpuset_users_on_all_cpus, .api = XCVM_API_KERNEL, .min_vcpus = 2,
    .doc = "Up to eight CPUs that come and go as users of a set leave it to "
	   "its last one.")
{
	kcpuset_t *set, *later = NULL;
	struct users u = {.u_set = NULL};

	kcpuset_create(&set, true);
	kcpuset_set(set, 5);
	u.u_set = set;
	on_each_cpu(use_and_leave, &u);
	CHECK_EQ(kcpuset_ffs(set), 6);
	kcpuset_unuse(set, &later);
	CHECK(later == set);
	CHECK_EQ(kcpuset_ffs(set), 6);
	kcpuset_destroy(later);
}

#endif /* MULTIPROCESSOR */
