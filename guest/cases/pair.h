/* SPDX-License-Identifier: ISC */
/*
 * Two operations at once: each pair of a table's, on two CPUs, from one
 * barrier and a random number of instructions apart.
 */
#ifndef CASES_PAIR_H
#define CASES_PAIR_H

#include "case.h"

#define PAIR_SIDES 2
#define PAIR_BURST 4 /* times that an operation is run, one after the other */

/* One of the two CPUs; what it is asked for, it does in thread context. */
struct pair_side {
	u_int s_number; /* 0: CPU 0; 1: CPU 1 */
	u_int s_time;	/* of the PAIR_BURST in a round, from 0 */
	struct cpu_info *s_other;
	struct cpu_info *s_third; /* or the other, where there are two CPUs */
	struct rng s_rng;
};

struct pair_op {
	const char *p_name;
	void (*p_run)(struct pair_side *);
};

/*
 * Run pairs of operations, each with each, itself included, from one that the
 * seed chooses, until the case's budget is over and each operation has been run
 * on either CPU.  After every pair, with both CPUs done, check() waits on CPU 0
 * until all that was asked for has been done, and says whether it was right; the
 * pair that it was not is told.
 * => thread context on CPU 0, two CPUs
 */
void pairs_run(const struct pair_op *, u_int n, bool (*check)(void));

/* CASE(name, PAIR, ...) { pairs_run(...); } */
#define PAIR                                      \
	.kind = XCVM_KIND_STRESS, .min_vcpus = 2, \
	PARAMS(PARAM_KERNEL, PARAM_BUDGET(50))

#endif /* CASES_PAIR_H */
