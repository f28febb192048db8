/* SPDX-License-Identifier: ISC */
/* Two operations at once. */
#include "ground.h"
#include "pair.h"

#ifdef MULTIPROCESSOR

#define SKEW_BITS 8 /* up to 2^7 spins apart, few more often than many */

static struct pairs {
	const struct pair_op *p_op[PAIR_SIDES]; /* NULL: it is over */
	struct pair_side p_side[PAIR_SIDES];
	struct mark p_begin, p_end;
} pairs;

/* Both have come to here; threads that an operation has made run meanwhile. */
static void
meet(struct mark *m, u_int round)
{
	mark_add(m);
	YIELD_UNTIL(mark_read(m) >= PAIR_SIDES * round);
}

/* One side's part in a round; false: it is over. */
static bool
side_run(struct pair_side *side, u_int round)
{
	const struct pair_op *op;

	meet(&pairs.p_begin, round);
	op = pairs.p_op[side->s_number];
	if (op == NULL)
		return (false);
	for (side->s_time = 0; side->s_time < PAIR_BURST; side->s_time++) {
		spin_randomly(
		    &side->s_rng, 1U << rng_below(&side->s_rng, SKEW_BITS));
		op->p_run(side);
	}
	meet(&pairs.p_end, round);
	return (true);
}

static void
other_side(void *arg)
{
	for (u_int round = 1; side_run(arg, round); round++)
		continue;
}

void
pairs_run(const struct pair_op *ops, u_int n, bool (*check)(void))
{
	struct budget b = budget_start();
	struct rng r = rng_init(PAIR_SIDES);
	u_int round = 0, pair = rng_below(&r, n * n), first, second;
	struct lwp *other;

	for (u_int i = 0; i < PAIR_SIDES; i++)
		pairs.p_side[i] = (struct pair_side){.s_number = i,
		    .s_other = cpu_lookup(1 - i),
		    .s_third = cpu_lookup(ncpu > 2 ? ncpu - 1 : 1 - i),
		    .s_rng = rng_init(i)};
	other = thread_start(cpu_lookup(1), other_side, &pairs.p_side[1]);
	do {
		/* Any n in a row have each operation once on either side. */
		first = pair % n;
		second = (pair + pair / n) % n;
		pairs.p_op[0] = &ops[first];
		pairs.p_op[1] = &ops[second];
		side_run(&pairs.p_side[0], ++round);
		if (!check())
			printf("this was: %s on cpu0, %s on cpu1\n",
			    ops[first].p_name, ops[second].p_name);
		pair = (pair + 1) % (n * n);
	} while (budget_left(&b) || round < n);
	pairs.p_op[0] = pairs.p_op[1] = NULL;
	side_run(&pairs.p_side[0], ++round);
	thread_join(other);
}

#endif /* MULTIPROCESSOR */
