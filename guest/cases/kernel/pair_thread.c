/* SPDX-License-Identifier: ISC */
/* Threads and counters: two operations at once. */
#include <sys/evcnt.h>
#include <sys/kthread.h>
#include "ground.h"
#include "pair.h"

#ifdef MULTIPROCESSOR

/* --- threads --- */

/* The threads of a side: how many were made, and what they found. */
static struct parent {
	u_int p_made;
	struct mark p_ran, p_wrong;
} parents[PAIR_SIDES];

/* Has it its stack to itself, and itself? */
static void
child(void *arg)
{
	struct parent *p = arg;
	volatile uintptr_t mine[8];
	const struct lwp *l = curlwp;

	for (u_int i = 0; i < nitems(mine); i++)
		mine[i] = (uintptr_t)&mine[i];
	yield();
	for (u_int i = 0; i < nitems(mine); i++)
		if (mine[i] != (uintptr_t)&mine[i] || curlwp != l)
			mark_add(&p->p_wrong);
	mark_add(&p->p_ran);
}

static struct lwp *
make(struct pair_side *side, struct cpu_info *ci, int flags)
{
	struct parent *p = &parents[side->s_number];
	struct lwp *l = NULL;

	p->p_made++;
	CHECK_EQ(kthread_create(PRI_NONE, KTHREAD_MPSAFE | flags, ci, child, p,
		     &l, "pair"),
	    0);
	return (l);
}

static void
op_join_here(struct pair_side *side)
{
	kthread_join(make(side, NULL, KTHREAD_MUSTJOIN));
}

static void
op_join_other(struct pair_side *side)
{
	kthread_join(make(side, side->s_other, KTHREAD_MUSTJOIN));
}

static void
op_leave_third(struct pair_side *side)
{
	make(side, side->s_third, 0);
}

static void
op_two_at_once(struct pair_side *side)
{
	struct lwp *here = make(side, NULL, KTHREAD_MUSTJOIN);
	struct lwp *there = make(side, side->s_third, KTHREAD_MUSTJOIN);

	CHECK_NE(here, there);
	kthread_join(there);
	kthread_join(here);
}

static bool
all_have_run(void)
{
	bool good = true;

	for (u_int i = 0; i < PAIR_SIDES; i++) {
		struct parent *p = &parents[i];

		YIELD_UNTIL(mark_read(&p->p_ran) >= p->p_made);
		good &= CHECK_EQ(mark_read(&p->p_ran), p->p_made);
		good &= CHECK_EQ(mark_read(&p->p_wrong), 0);
	}
	return (good);
}

CASE(thread_pairs, .api = XCVM_API_KERNEL, PAIR,
    .doc = "Two of each pair of operations at once, on two CPUs: each thread "
	   "that is made runs once, on a stack of its own.")
{
	static const struct pair_op ops[] = {
	    {"a thread here, joined", op_join_here},
	    {"a thread on the other, joined", op_join_other},
	    {"a thread on a third, left alone", op_leave_third},
	    {"two threads, joined", op_two_at_once},
	};

	pairs_run(ops, nitems(ops), all_have_run);
}

/* --- counters --- */

static const char *const group = "pair";
static const char *const names[PAIR_SIDES] = {"zero", "one"};
static struct evcnt counters[PAIR_SIDES];
static bool attached[PAIR_SIDES];

static struct evcnt *
find(u_int number)
{
	return (evcnt_lookup(group, names[number]));
}

static void
op_attach(struct pair_side *side)
{
	u_int me = side->s_number;

	if (attached[me])
		evcnt_detach(&counters[me]);
	CHECK(find(me) == NULL);
	evcnt_attach_dynamic(
	    &counters[me], EVCNT_TYPE_MISC, NULL, group, names[me]);
	attached[me] = true;
	CHECK(find(me) == &counters[me]);
}

static void
op_detach(struct pair_side *side)
{
	u_int me = side->s_number;

	if (attached[me])
		evcnt_detach(&counters[me]);
	attached[me] = false;
	CHECK(find(me) == NULL);
}

static void
op_find(struct pair_side *side)
{
	u_int me = side->s_number;
	const struct evcnt *other = find(1 - me);

	CHECK(find(me) == (attached[me] ? &counters[me] : NULL));
	CHECK(other == NULL || other == &counters[1 - me]);
}

static bool
all_are_found(void)
{
	bool good = true;

	for (u_int i = 0; i < PAIR_SIDES; i++)
		good &= CHECK(find(i) == (attached[i] ? &counters[i] : NULL));
	return (good);
}

CASE(evcnt_pairs, .api = XCVM_API_KERNEL, PAIR,
    .doc = "Two of each pair of operations at once, on two CPUs: a counter is "
	   "found as long as it is attached.")
{
	static const struct pair_op ops[] = {
	    {"one attached", op_attach},
	    {"one detached", op_detach},
	    {"one looked up", op_find},
	};

	pairs_run(ops, nitems(ops), all_are_found);
	for (u_int i = 0; i < PAIR_SIDES; i++)
		if (attached[i])
			evcnt_detach(&counters[i]);
}

#endif /* MULTIPROCESSOR */
