/* SPDX-License-Identifier: ISC */
/* kcpuset(9) against a model: one flag for each CPU, and nothing clever. */
#include <sys/kcpuset.h>
#include "case.h"

/*
 * The model knows the CPUs of a small universe, around the borders of words
 * and all over the rest; the count shows that a set has no others.
 */
#define UNIVERSE 20
static u_int universe[UNIVERSE];

struct model {
	bool m_in[UNIVERSE];
	kcpuset_t *m_set;
};

static void
universe_init(struct rng *r)
{
	static const u_int borders[] = {
	    0, 1, 31, 32, 63, 64, 65, MAXCPUS - 33, MAXCPUS - 32, MAXCPUS - 1};
	u_int n;

	for (n = 0; n < nitems(borders); n++)
		universe[n] = borders[n];
	/* Ascending, so that the first of the model is the lowest. */
	for (u_int gap = (MAXCPUS - 200) / (UNIVERSE - nitems(borders));
	     n < UNIVERSE; n++)
		universe[n] =
		    66 + (n - nitems(borders)) * gap + rng_below(r, gap);
	for (u_int i = 1; i < UNIVERSE; i++)
		for (u_int k = i; k > 0 && universe[k - 1] > universe[k]; k--) {
			u_int swap = universe[k];

			universe[k] = universe[k - 1];
			universe[k - 1] = swap;
		}
}

static u_int
model_count(const struct model *m)
{
	u_int count = 0;

	for (u_int i = 0; i < UNIVERSE; i++)
		count += m->m_in[i];
	return (count);
}

static u_int
model_ffs(const struct model *a, const struct model *b)
{
	for (u_int i = 0; i < UNIVERSE; i++)
		if (a->m_in[i] && b->m_in[i])
			return (universe[i] + 1);
	return (0);
}

static bool
model_match(const struct model *a, const struct model *b)
{
	return (memcmp(a->m_in, b->m_in, sizeof(a->m_in)) == 0);
}

/* The walk meets those that there are, and no others, in ascending order. */
static void
check_walk(const struct model *m)
{
	struct cpu_info *ci;
	u_int i = 0;

	for (u_int k = 0; k < UNIVERSE && universe[k] < ncpu; k++) {
		if (!m->m_in[k])
			continue;
		ci = kcpuset_next(m->m_set, &i);
		CHECK(ci != NULL && cpu_index(ci) == universe[k]);
	}
	CHECK(kcpuset_next(m->m_set, &i) == NULL);
}

static void
check_one(const struct model *m)
{
	u_int count = model_count(m), wrong = 0;

	for (u_int i = 0; i < UNIVERSE; i++)
		wrong += kcpuset_isset(m->m_set, universe[i]) != m->m_in[i];
	CHECK_EQ(wrong, 0);
	CHECK_EQ(kcpuset_countset(m->m_set), count);
	CHECK_EQ(kcpuset_iszero(m->m_set), count == 0);
	CHECK_EQ(kcpuset_ffs(m->m_set), model_ffs(m, m));
	check_walk(m);
}

static void
check_two(const struct model *a, const struct model *b)
{
	u_int i = 0;

	check_one(a);
	check_one(b);
	CHECK_EQ(kcpuset_match(a->m_set, b->m_set), model_match(a, b));
	CHECK_EQ(kcpuset_ffs_intersecting(a->m_set, b->m_set), model_ffs(a, b));
	CHECK_EQ(
	    kcpuset_intersecting_p(a->m_set, b->m_set), model_ffs(a, b) != 0);
	/* Any but the lowest? */
	while (i < UNIVERSE - 1 && !a->m_in[i])
		i++;
	CHECK_EQ(kcpuset_isotherset(a->m_set, universe[i]),
	    model_count(a) > a->m_in[i]);
}

static void
model_fill_randomly(struct model *m, struct rng *r)
{
	u_int odds = 1 + rng_below(r, 4);

	kcpuset_zero(m->m_set);
	for (u_int i = 0; i < UNIVERSE; i++) {
		m->m_in[i] = rng_below(r, 4) < odds;
		if (m->m_in[i])
			kcpuset_set(m->m_set, universe[i]);
	}
}

/* --- operations on one member --- */

static void (*const set_one[])(kcpuset_t *, u_int) = {
    kcpuset_set, kcpuset_atomic_set};
static void (*const clear_one[])(kcpuset_t *, u_int) = {
    kcpuset_clear, kcpuset_atomic_clear};

static void
change_one(struct model *m, struct rng *r)
{
	u_int i = rng_below(r, UNIVERSE), form = rng_below(r, 2);

	m->m_in[i] = rng_below(r, 2);
	(m->m_in[i] ? set_one : clear_one)[form](m->m_set, universe[i]);
}

/* --- operations on two sets, and what each makes of two flags --- */

static bool
both(bool a, bool b)
{
	return (a && b);
}

static bool
either(bool a, bool b)
{
	return (a || b);
}

static bool
first_alone(bool a, bool b)
{
	return (a && !b);
}

static bool
second(bool a __unused, bool b)
{
	return (b);
}

static const struct {
	void (*set)(kcpuset_t *, const kcpuset_t *);
	bool (*flag)(bool, bool);
} combinations[] = {
    {kcpuset_intersect, both},
    {kcpuset_atomicly_intersect, both},
    {kcpuset_merge, either},
    {kcpuset_atomicly_merge, either},
    {kcpuset_remove, first_alone},
    {kcpuset_atomicly_remove, first_alone},
    {kcpuset_copy, second},
};

CASE(kcpuset_against_a_model, .api = XCVM_API_KERNEL,
    .doc = "Random sets of CPUs up to the highest number: every operation "
	   "gives what one flag for each CPU gives.",
    PARAMS(PARAM_KERNEL,
	PARAM("rounds", 3, "times that all operations are tried")))
{
	struct rng r = rng_init(0);
	struct model a, b;

	universe_init(&r);
	kcpuset_create(&a.m_set, true);
	kcpuset_create(&b.m_set, true);
	CHECK(kcpuset_iszero(a.m_set));
	for (uint64_t round = case_param("rounds"); round > 0; round--) {
		for (u_int i = 0; i < nitems(combinations); i++) {
			model_fill_randomly(&a, &r);
			model_fill_randomly(&b, &r);
			combinations[i].set(a.m_set, b.m_set);
			for (u_int k = 0; k < UNIVERSE; k++)
				a.m_in[k] =
				    combinations[i].flag(a.m_in[k], b.m_in[k]);
			check_two(&a, &b);
			change_one(&a, &r);
			check_one(&a);
		}
	}
	kcpuset_destroy(a.m_set);
	kcpuset_destroy(b.m_set);
}

CASE(kcpuset_whole_sets, .api = XCVM_API_KERNEL,
    .doc = "Fill, zero, export, and the walk over a set.")
{
	uint32_t words[MAXCPUS / 32];
	u_int seen = 0, i = 0;
	struct cpu_info *ci;
	kcpuset_t set;

	kcpuset_fill(&set);
	CHECK_EQ(kcpuset_countset(&set), MAXCPUS);
	/* The walk passes over those that do not exist. */
	while ((ci = kcpuset_next(&set, &i)) != NULL)
		CHECK_EQ(cpu_index(ci), seen++);
	CHECK_EQ(seen, ncpu);
	CHECK(kcpuset_next(&set, &i) == NULL);

	kcpuset_zero(&set);
	CHECK(kcpuset_iszero(&set));
	CHECK(!kcpuset_isotherset(&set, 0));
	CHECK_EQ(kcpuset_ffs(&set), 0);
	i = 0;
	CHECK(kcpuset_next(&set, &i) == NULL);

	kcpuset_set(&set, 0);
	CHECK(!kcpuset_isotherset(&set, 0));
	CHECK(kcpuset_isotherset(&set, 1));
	kcpuset_set(&set, 70);
	kcpuset_set(&set, MAXCPUS - 1);
	memset(words, 0xaa, sizeof(words));
	kcpuset_export_u32(&set, words, sizeof(words));
	for (i = 0; i < nitems(words); i++)
		CHECK_EQ(words[i], i == 0		    ? 1
				   : i == 2		    ? 1 << 6
				   : i == nitems(words) - 1 ? 1U << 31
							    : 0);
	/* No more than asked for. */
	memset(words, 0xaa, sizeof(words));
	kcpuset_export_u32(&set, words, 2 * sizeof(words[0]));
	CHECK_EQ(words[0], 1);
	CHECK_EQ(words[1], 0);
	CHECK_EQ(words[2], 0xaaaaaaaa);
	kcpuset_export_u32(&set, &words[2], sizeof(words[0]) + 3);
	CHECK_EQ(words[2], 1);
	CHECK_EQ(words[3], 0xaaaaaaaa);
}

CASE(kcpuset_users, .api = XCVM_API_KERNEL,
    .doc = "A clone has a life of its own; a set lives until its last user "
	   "has gone, or waits on a list to be freed.")
{
	kcpuset_t *a, *b, *c, *later = NULL;

	kcpuset_create(&a, true);
	kcpuset_set(a, 99);
	kcpuset_clone(&b, a);
	CHECK(kcpuset_match(a, b));
	kcpuset_clear(b, 99);
	CHECK(kcpuset_isset(a, 99));
	CHECK(kcpuset_iszero(b));

	kcpuset_use(a);
	kcpuset_use(a);
	/* Users are not cloned. */
	kcpuset_clone(&c, a);
	kcpuset_unuse(c, &later);
	CHECK(later == c);
	kcpuset_destroy(later);
	later = NULL;
	kcpuset_unuse(a, NULL);
	kcpuset_unuse(a, &later);
	CHECK(later == NULL);
	/* Freed memory is poisoned. */
	CHECK_EQ(kcpuset_ffs(a), 100);
	kcpuset_unuse(a, &later);
	CHECK(later == a);
	kcpuset_unuse(b, &later);
	CHECK(later == b);
	CHECK(kcpuset_isset(a, 99));
	CHECK(kcpuset_iszero(b));
	kcpuset_destroy(later);
	CHECK(!kcpuset_iszero(b));
	CHECK_NE(kcpuset_countset(a), 1);
}

CASE(kcpuset_of_the_system, .api = XCVM_API_KERNEL,
    .doc = "kcpuset_attached names the CPUs there are, kcpuset_running those "
	   "that run.")
{
	CPU_INFO_ITERATOR cii;
	struct cpu_info *ci;

	CHECK_EQ(kcpuset_countset(kcpuset_attached), ncpu);
	CHECK(kcpuset_match(kcpuset_attached, kcpuset_running));
	for (CPU_INFO_FOREACH(cii, ci))
		CHECK(kcpuset_isset(kcpuset_attached, cpu_index(ci)));
}

#ifdef MULTIPROCESSOR

CASE(kcpuset_cpu_that_does_not_run, .api = XCVM_API_KERNEL, .min_vcpus = 2,
    .doc = "A CPU that was not started is attached, but not running.",
    PARAMS(PARAM_KERNEL,
	PARAM("unstarted", 1, "CPUs left out at start-up, the last ones")))
{
	CHECK_EQ(kcpuset_countset(kcpuset_attached), ncpu);
	CHECK_EQ(kcpuset_countset(kcpuset_running), ncpu - 1);
	CHECK(!kcpuset_isset(kcpuset_running, ncpu - 1));
}

#endif /* MULTIPROCESSOR */
