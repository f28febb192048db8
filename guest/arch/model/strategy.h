/* SPDX-License-Identifier: ISC */
/* What strategy.c and search.c share. */
#ifndef MODEL_STRATEGY_H
#define MODEL_STRATEGY_H

#include "model.h"

struct strategy {
	/* The run's. */
	enum mstrategy kind;
	u_int depth; /* points of change of an order, at most */
	u_int bases, shards, shard;
	u_int warm; /* orders drawn first, to learn what is shared */

	/* This order's. */
	enum mstrategy now;
	uint64_t rng;
	uint64_t mask; /* random: go on unless a draw has none of these bits */
	int prio[V_KINDS][MODEL_CPUS];
	int lowest;
	uint64_t changes[MODEL_CHANGES];
	u_int nchanges, at;
	bool last;   /* who runs is to come last */
	bool frozen; /* somebody is */

	/* Where the search is. */
	uint64_t orders;
	uint64_t longest;		     /* order so far, in choices */
	uint64_t lengths[MODEL_CHANGES + 1]; /* with the first n changes */
	uint64_t pass_began;		     /* with that order */
	u_int base, passes;
	bool grew;	/* what is shared, in this pass */
	bool exhausted; /* all has been tried that there is */
};

extern struct strategy strategy;

/* A number below the bound, from this order's chance; begin it. */
u_int strategy_below(u_int bound);
void strategy_seed(uint64_t order);

#endif /* MODEL_STRATEGY_H */
