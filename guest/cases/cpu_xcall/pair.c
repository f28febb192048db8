/* SPDX-License-Identifier: ISC */
/* cpu_xcall(9): two operations at once. */
#include "cpu_xcall/cpu_xcall_case.h"
#include "pair.h"

#ifdef MULTIPROCESSOR

#define AT_ONCE (XCALL_CPU_SLOTS + 1) /* more than there are slots */

/* The calls of a side: how many it has made, and how many have run. */
static struct maker {
	struct xcall m_xc[PAIR_BURST][AT_ONCE];
	volatile u_int m_asked;
	struct mark m_ran;
} makers[PAIR_SIDES];

static void
make(struct pair_side *side, struct cpu_info *ci, u_int n)
{
	struct maker *m = &makers[side->s_number];

	m->m_asked += n;
	call_n(ci, m->m_xc[side->s_time], n, call_count, &m->m_ran);
}

static void
op_other(struct pair_side *side)
{
	make(side, side->s_other, 1);
}

static void
op_third(struct pair_side *side)
{
	make(side, side->s_third, 1);
}

static void
op_third_full(struct pair_side *side)
{
	make(side, side->s_third, AT_ONCE);
}

static void
op_self(struct pair_side *side)
{
	make(side, curcpu(), 1);
}

static void
op_raised(struct pair_side *side)
{
	int s = splraise(IPL_SOFTNET);

	make(side, side->s_third, 1);
	splx(s);
}

static void
sync(struct pair_side *side, struct cpu_info *ci)
{
	struct maker *m = &makers[side->s_number];

	m->m_asked++;
	cpu_xcall_sync(ci, call_count, &m->m_ran, "pair");
	CHECK_EQ(mark_read(&m->m_ran), m->m_asked);
}

static void
op_sync_other(struct pair_side *side)
{
	sync(side, side->s_other);
}

static void
op_sync_third(struct pair_side *side)
{
	sync(side, side->s_third);
}

static bool
all_has_run(void)
{
	bool good = true;

	for (u_int i = 0; i < PAIR_SIDES; i++) {
		mark_wait(&makers[i].m_ran, makers[i].m_asked);
		good &=
		    CHECK_EQ(mark_read(&makers[i].m_ran), makers[i].m_asked);
	}
	for (u_int i = 0; i < ncpu; i++)
		good &= CHECK_EQ(slots_taken(cpu_lookup(i)), 0);
	return (good);
}

CASE(o11_pairs, .api = XCVM_API_CPU_XCALL, .contract = "O11", PAIR,
    .doc = "Two of each pair of operations at once, on two CPUs: every call "
	   "runs once, and leaves its slot.")
{
	static const struct pair_op ops[] = {
	    {"a call of the other", op_other},
	    {"a call of a third", op_third},
	    {"more calls of a third than slots", op_third_full},
	    {"a call of itself", op_self},
	    {"a call of a third at IPL_SOFTNET", op_raised},
	    {"a sync call of the other", op_sync_other},
	    {"a sync call of a third", op_sync_third},
	};

	pairs_run(ops, nitems(ops), all_has_run);
	calls_drain_others();
	CHECK(all_has_run());
}

#endif /* MULTIPROCESSOR */
