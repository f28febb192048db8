/* SPDX-License-Identifier: ISC */
/* ipi(9): two operations at once. */
#include <sys/kmem.h>
#include "ipi/ipi_case.h"
#include "pair.h"

#ifdef MULTIPROCESSOR

/* What a side triggers, and what it sends; executions merge, and values do not. */
static struct shooter {
	u_int s_id;
	volatile u_int s_asked;	 /* triggers so far */
	volatile u_int *s_aimed; /* of each CPU: s_asked at its last trigger */
	volatile u_int *s_seen;	 /* s_asked, as the last execution found it */
	ipi_msg_t s_msg;
	u_int s_sent; /* executions of messages that were asked for */
	struct mark s_ran;
} shooters[PAIR_SIDES];

static void
shooter_handler(void *arg)
{
	struct shooter *s = arg;

	s->s_seen[cpu_number()] = s->s_asked;
}

/* One more trigger, of that CPU or with NULL of all but this. */
static struct shooter *
aim(const struct pair_side *side, const struct cpu_info *ci)
{
	struct shooter *s = &shooters[side->s_number];

	s->s_asked++;
	for (u_int i = 0; i < ncpu; i++)
		if (ci == NULL ? i != side->s_number : i == cpu_index(ci))
			s->s_aimed[i] = s->s_asked;
	return (s);
}

static void
op_trigger_other(struct pair_side *side)
{
	struct shooter *s = aim(side, side->s_other);

	PINNED(ipi_trigger(s->s_id, side->s_other));
}

static void
op_trigger_third(struct pair_side *side)
{
	struct shooter *s = aim(side, side->s_third);

	PINNED(ipi_trigger(s->s_id, side->s_third));
}

static void
op_trigger_self(struct pair_side *side)
{
	struct shooter *s = aim(side, curcpu());
	kcpuset_t set;

	kcpuset_zero(&set);
	kcpuset_set(&set, side->s_number);
	PINNED(ipi_trigger_multi(s->s_id, &set));
}

static void
op_trigger_all(struct pair_side *side)
{
	struct shooter *s = aim(side, NULL);

	PINNED(ipi_trigger_broadcast(s->s_id, true));
}

static void
op_unicast(struct pair_side *side)
{
	struct shooter *s = &shooters[side->s_number];

	s->s_sent++;
	PINNED(ipi_unicast(&s->s_msg, side->s_third));
	ipi_wait(&s->s_msg);
	CHECK_EQ(mark_read(&s->s_ran), s->s_sent);
}

static void
op_broadcast(struct pair_side *side)
{
	struct shooter *s = &shooters[side->s_number];

	s->s_sent += ncpu;
	PINNED(ipi_broadcast(&s->s_msg, false));
	ipi_wait(&s->s_msg);
	CHECK_EQ(mark_read(&s->s_ran), s->s_sent);
}

static void
op_register(struct pair_side *side)
{
	struct mark ran = {0};
	u_int id = ipi_number(call_count, &ran);

	CHECK_NE(id, shooters[0].s_id);
	CHECK_NE(id, shooters[1].s_id);
	PINNED(ipi_trigger(id, side->s_third));
	ipi_unregister(id);
	/* What was triggered before is delivered before: a decision of ours. */
	if (!case_foreign(XCVM_API_IPI))
		CHECK_EQ(mark_read(&ran), 1);
}

static bool
all_were_seen(void)
{
	bool good = true;

	for (u_int side = 0; side < PAIR_SIDES; side++) {
		const struct shooter *s = &shooters[side];

		for (u_int i = 0; i < ncpu; i++)
			SPIN_UNTIL(s->s_seen[i] >= s->s_aimed[i]);
		good &= CHECK_EQ(mark_read(&s->s_ran), s->s_sent);
	}
	return (good);
}

CASE(i3_pairs, .api = XCVM_API_IPI, .contract = "I3,I11,I29", PAIR,
    .doc = "Two of each pair of operations at once, on two CPUs: an execution "
	   "begins after each trigger, and each message runs once.")
{
	static const struct pair_op ops[] = {
	    {"a trigger of the other", op_trigger_other},
	    {"a trigger of a third", op_trigger_third},
	    {"a trigger of itself", op_trigger_self},
	    {"a trigger of all others", op_trigger_all},
	    {"a message to a third", op_unicast},
	    {"a message to all", op_broadcast},
	    {"a number of its own, triggered", op_register},
	};

	for (u_int i = 0; i < PAIR_SIDES; i++) {
		struct shooter *s = &shooters[i];

		s->s_aimed = kmem_zalloc(ncpu * sizeof(u_int), KM_SLEEP);
		s->s_seen = kmem_zalloc(ncpu * sizeof(u_int), KM_SLEEP);
		s->s_msg = (ipi_msg_t){.func = call_count, .arg = &s->s_ran};
		s->s_id = ipi_number(shooter_handler, s);
	}
	pairs_run(ops, nitems(ops), all_were_seen);
	for (u_int i = 0; i < PAIR_SIDES; i++)
		ipi_unregister(shooters[i].s_id);
	ipi_settle_all();
	CHECK(all_were_seen());
}

#endif /* MULTIPROCESSOR */
