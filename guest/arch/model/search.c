/* SPDX-License-Identifier: ISC */
/*
 * Which orders are tried: drawn from the seed, or all with at most so many
 * points of change from each base order.
 */
#include <kern/kern.h>
#include "strategy.h"

#define WARM_UP 16

void
strategy_init(void)
{
	struct strategy *s = &strategy;

	s->kind = (enum mstrategy)boot_param("strategy", S_RANDOM);
	s->depth = (u_int)MIN(boot_param("depth", 2), MODEL_CHANGES);
	s->bases = (u_int)boot_param("bases", 8);
	s->shards = MAX((u_int)boot_param("shards", 1), 1);
	s->shard = (u_int)boot_param("shard", 0) % s->shards;
	s->warm = s->kind == S_RANDOM ? 0 : WARM_UP;
	if (s->kind > S_FREEZE)
		panic("parameter strategy: 0 to 3: random, pct, delay, freeze");
	if (boot->schedule != NULL)
		s->kind = S_REPLAY;
	s->now = S_FAIR;
	model.memory = (uint8_t)boot_param("memory", MEMORY_TSO);
	if (model.memory > MEMORY_WEAK_RMW)
		panic("parameter memory: 0 to 3: sc, tso, weak, weak_rmw");
}

static void
draw_random(void)
{
	strategy.now = S_RANDOM;
	strategy.mask = (2ULL << strategy_below(6)) - 1;
}

/* Priorities in a random order, and random points of change. */
static void
draw_pct(void)
{
	struct strategy *s = &strategy;
	u_int n = V_KINDS * model.ncpu;
	int order[V_KINDS * MODEL_CPUS];

	s->now = S_PCT;
	for (u_int i = 0; i < n; i++) {
		u_int j = strategy_below(i + 1);

		order[i] = order[j];
		order[j] = (int)i + 1;
	}
	for (u_int i = 0; i < n; i++)
		s->prio[i / model.ncpu][i % model.ncpu] = order[i];
	s->nchanges = s->depth > 0 ? s->depth - 1 : 0;
	for (u_int i = 0; i < s->nchanges; i++) {
		uint64_t at =
		    1 + strategy_below((u_int)MIN(s->longest, UINT32_MAX - 1));
		u_int j = i;

		for (; j > 0 && s->changes[j - 1] > at; j--)
			s->changes[j] = s->changes[j - 1];
		s->changes[j] = at;
	}
}

/* Who comes first in base order b: a CPU, its stores or not, interrupts. */
static void
base_order(u_int b)
{
	struct strategy *s = &strategy;
	u_int n = model.ncpu;

	for (u_int i = 0; i < n; i++) {
		int rank = (int)((i + b) % n);

		s->prio[V_RUN][i] = 300 - rank;
		s->prio[V_DRAIN][i] = (b / n % 2 == 0 ? 100 : 500) - rank;
		s->prio[V_INTR][i] = (b / n / 2 % 2 == 0 ? 400 : 200) - rank;
	}
}

/* The next set of points of change.  False: the pass has ended. */
static bool
advance(void)
{
	struct strategy *s = &strategy;
	u_int j = s->nchanges;

	if (j < s->depth) {
		uint64_t first = j == 0 ? 1 + s->shard : s->changes[j - 1] + 1;

		if (first <= s->lengths[j]) {
			s->changes[j] = first;
			s->nchanges++;
			return (true);
		}
	}
	for (; j > 0; j--) {
		s->changes[j - 1] += j == 1 ? s->shards : 1;
		if (s->changes[j - 1] <= s->lengths[j - 1]) {
			s->nchanges = j;
			return (true);
		}
	}
	s->nchanges = 0;
	return (++s->base < s->bases);
}

static bool
next_systematic(void)
{
	struct strategy *s = &strategy;

	if (s->orders == s->warm) {
		s->passes = 1;
		s->pass_began = s->orders;
		s->nchanges = s->base = 0;
		s->grew = false;
	} else if (!advance()) {
		if (!s->grew) {
			s->exhausted = true;
			return (false);
		}
		s->passes++;
		s->pass_began = s->orders;
		s->nchanges = s->base = 0;
		s->grew = false;
	}
	s->now = s->kind;
	base_order(s->base);
	return (true);
}

bool
strategy_begin(void)
{
	struct strategy *s = &strategy;
	bool more = true;

	s->lowest = 0;
	s->at = 0;
	s->last = s->frozen = false;
	strategy_seed(s->orders * s->shards + s->shard);
	if (s->kind == S_REPLAY)
		model.replays = true;
	else if (s->kind == S_RANDOM || s->orders < s->warm)
		draw_random();
	else if (s->kind == S_PCT)
		draw_pct();
	else
		more = next_systematic();
	return (more);
}

void
strategy_end(void)
{
	struct strategy *s = &strategy;

	if (model.points > s->longest)
		s->longest = model.points;
	if (s->orders >= s->warm)
		s->lengths[s->nchanges] = model.points;
	s->orders++;
}
