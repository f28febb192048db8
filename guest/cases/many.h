/* SPDX-License-Identifier: ISC */
/*
 * Calls of more CPUs than a byte counts, for the cases of any folder that are
 * about size: xcvm --vcpus N+ runs them on as many as they need.
 */
#ifndef CASES_MANY_H
#define CASES_MANY_H

#include "case.h"

#define MANY_VCPUS 260 /* ids above 255 with dense ids, and a word of 4 bits */

/* What their declarations have in common. */
#define MANY	   .min_vcpus = MANY_VCPUS, .limit_ms = 120000

/* CPUs at the borders of bytes and of words, and the last of MANY_VCPUS. */
#define MANY_EDGES 14
extern const u_int many_edges[MANY_EDGES];

/*
 * One call of all CPUs, or all others.  All but the caller's are held, halted
 * with interrupts off, so that nobody takes the call before the caller waits
 * for it; and the last one is held until everybody else is done.
 */
struct many {
	struct mark *m_runs; /* of each CPU */
	struct mark m_all;
	u_int m_here; /* executions on the caller's CPU */
	volatile bool m_waiting, m_returned, m_go;
	struct mark m_held, m_awake;
	struct lwp **m_holders; /* of each CPU */
};

/* Hold all others; self: the call runs on the caller's CPU as well. */
void many_begin(struct many *, bool self);

/* The function to call, with the struct many. */
void many_run(void *);
void many_run_2(void *, void *);

/* Next, the caller waits; and now its wait has returned. */
void many_wait(struct many *);
void many_end(struct many *);

#endif /* CASES_MANY_H */
