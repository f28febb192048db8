/* SPDX-License-Identifier: ISC */
/* xcall(9): two operations at once. */
#include "pair.h"
#include "xcall/xcall_case.h"

#ifdef MULTIPROCESSOR

/* What a side has asked for, and what has run. */
static struct asker {
	u_int a_asked;
	struct mark a_ran;
	uint64_t a_ticket; /* the last that nobody has waited for; 0: none */
} askers[PAIR_SIDES];

/* A call of that CPU, or with NULL of all; it has run when it returns. */
static void
ask(struct pair_side *side, u_int flags, struct cpu_info *ci)
{
	struct asker *a = &askers[side->s_number];

	a->a_asked += ci != NULL ? 1 : ncpu;
	nx_call(flags, ci, call_count_2, &a->a_ran, NULL);
	if (a->a_ticket == 0)
		CHECK_EQ(mark_read(&a->a_ran), a->a_asked);
}

static void
op_low_other(struct pair_side *side)
{
	ask(side, 0, side->s_other);
}

static void
op_high_third(struct pair_side *side)
{
	ask(side, XC_HIGHPRI, side->s_third);
}

static void
op_high_self(struct pair_side *side)
{
	ask(side, XC_HIGHPRI, curcpu());
}

static void
op_low_all(struct pair_side *side)
{
	ask(side, 0, NULL);
}

static void
op_high_all(struct pair_side *side)
{
	ask(side, XC_HIGHPRI, NULL);
}

/* Others may wait for it. */
static void
op_low_all_unwaited(struct pair_side *side)
{
	struct asker *a = &askers[side->s_number];

	a->a_asked += ncpu;
	a->a_ticket = nx_submit(0, NULL, call_count_2, &a->a_ran, NULL);
}

static void
op_high_barrier(struct pair_side *side __unused)
{
	xc_barrier(XC_HIGHPRI);
}

static bool
all_has_run(void)
{
	bool good = true;

	for (u_int i = 0; i < PAIR_SIDES; i++) {
		struct asker *a = &askers[i];

		xc_wait(a->a_ticket);
		a->a_ticket = 0;
		good &= CHECK_EQ(mark_read(&a->a_ran), a->a_asked);
	}
	return (good);
}

CASE(n15_pairs, .api = XCVM_API_XCALL, .contract = "N15,N16", PAIR,
    .doc = "Two of each pair of operations at once, on two CPUs: every call "
	   "runs once on each CPU that it is for, before a wait for it ends.")
{
	static const struct pair_op ops[] = {
	    {"a LOW call of the other", op_low_other},
	    {"a HIGH call of a third", op_high_third},
	    {"a HIGH call of itself", op_high_self},
	    {"a LOW call of all", op_low_all},
	    {"a HIGH call of all", op_high_all},
	    {"a LOW call of all, not waited for", op_low_all_unwaited},
	    {"a HIGH barrier", op_high_barrier},
	};

	pairs_run(ops, nitems(ops), all_has_run);
	for (u_int k = 0; k < NX_CLASSES; k++)
		xc_barrier(nx_class_flags[k]);
	CHECK(all_has_run());
}

#endif /* MULTIPROCESSOR */
