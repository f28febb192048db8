/* SPDX-License-Identifier: ISC */
/*
 * Small cases for exploring: what each CPU does is a few steps, so that all
 * their orders with a few switches can be tried (docs/explore.md).  On real
 * vCPUs each is one try of many.
 */
#ifndef CASES_EXPLORE_H
#define CASES_EXPLORE_H

#include "call.h"

/*
 * EXPLORE(name, API, contract, CPUs, "doc") { body }
 *
 * The body prepares, calls explore_start(), and ends with explore_end() where
 * all that it has caused is over.  What must come to be is waited for by
 * SPIN_UNTIL(): where it never comes, the model machine says who waits.
 */
#define EXPLORE(name, api_, contract_, cpus_, doc_)                         \
	CASE(explore_##name, .api = XCVM_API_##api_, .contract = contract_, \
	    .min_vcpus = cpus_, .max_vcpus = cpus_,                         \
	    .needs = XCVM_BEGINS_ORDERS, .doc = doc_)

/*
 * Have func(arg) run by a thread of CPU 1, 2, ..., one for each call, as soon
 * as explore_start() has been called.  Other CPUs are idle then.
 */
void explore_on(void (*func)(void *), void *arg);

/* Orders begin here. */
void explore_start(void);

/* Wait until all of explore_on() have returned; then the case is over. */
void explore_join(void);
/* And all stores of all CPUs have left their buffers. */
void explore_settle(void);
void explore_end(void) __dead;

#endif /* CASES_EXPLORE_H */
