/* SPDX-License-Identifier: ISC */
/* ipi(9): triggers, where they run, and how they merge. */
#include "ipi/ipi_case.h"

#ifdef MULTIPROCESSOR

/* All pairs of CPUs; of many CPUs, those with CPU 0. */
struct pairs {
	struct ipi_tally p_tally;
	u_int p_id;
	u_int p_runs; /* so far */
};

static void
trigger_others(void *arg)
{
	struct pairs *p = arg;
	u_int self = cpu_number();

	for (u_int i = 0; i < ncpu; i++) {
		struct mark *runs = &p->p_tally.t_runs[i];
		u_int before = mark_read(runs);

		if (i == self || (ncpu > 8 && i != 0 && self != 0))
			continue;
		PINNED(ipi_trigger(p->p_id, cpu_lookup(i)));
		ipi_settle(cpu_lookup(i));
		CHECK_EQ(mark_read(runs), before + 1);
		p->p_runs++;
	}
}

CASE(i2_trigger_context, .api = XCVM_API_IPI, .contract = "I2", .min_vcpus = 2,
    .doc = "From each CPU to each other: the handler runs once, on the "
	   "target, at IPL_HIGH, in a hard interrupt, with its argument.")
{
	struct pairs p = {.p_runs = 0};
	u_int runs = 0;

	ipi_tally_init(&p.p_tally);
	p.p_id = ipi_number(ipi_tally_run, &p.p_tally);
	for (u_int i = 0; i < ncpu; i++)
		thread_join(thread_start(cpu_lookup(i), trigger_others, &p));
	ipi_settle_all();
	for (u_int i = 0; i < ncpu; i++)
		runs += mark_read(&p.p_tally.t_runs[i]);
	CHECK_EQ(runs, p.p_runs);
	CHECK_EQ(p.p_tally.t_wrong_ipl, 0);
	CHECK_EQ(p.p_tally.t_not_intr, 0);
	ipi_unregister(p.p_id);
}

/* A handler that notes how far its triggers had come when it began. */
struct news {
	volatile u_int n_sent;
	volatile u_int n_seen;
	struct mark n_runs;
};

static void
read_news(void *arg)
{
	struct news *n = arg;

	n->n_seen = n->n_sent;
	mark_add(&n->n_runs);
}

#define TRIGGERS 100
static void
trigger_often(u_int id, struct news *n, struct cpu_info *ci)
{
	n->n_runs.m_count = 0;
	for (n->n_sent = 1;; n->n_sent++) {
		PINNED(ipi_trigger(id, ci));
		if (n->n_sent == TRIGGERS)
			break;
	}
}

static void
check_news(const struct news *n)
{
	ipi_settle(cpu_lookup(1));
	CHECK_GE(mark_read(&n->n_runs), 1);
	CHECK_LE(mark_read(&n->n_runs), TRIGGERS);
	CHECK_EQ(n->n_seen, TRIGGERS);
}

CASE(i3_triggers_merge, .api = XCVM_API_IPI, .contract = "I3", .min_vcpus = 2,
    .doc = "A hundred triggers to a CPU, free, at IPL_HIGH, or with "
	   "interrupts off: the handler runs once at least, a hundred times "
	   "at most, and begins once after the last trigger.")
{
	static const int levels[] = {IPL_HIGH, HOLD_INTR_OFF};
	struct news n = {.n_sent = 0};
	u_int id = ipi_number(read_news, &n);
	struct hold hold;

	trigger_often(id, &n, cpu_lookup(1));
	check_news(&n);
	for (u_int i = 0; i < nitems(levels); i++) {
		hold_cpu(&hold, cpu_lookup(1), levels[i]);
		trigger_often(id, &n, cpu_lookup(1));
		CHECK_EQ(mark_read(&n.n_runs), 0);
		hold_release(&hold);
		check_news(&n);
	}
	ipi_unregister(id);
}

CASE(i4_trigger_during_handler, .api = XCVM_API_IPI, .contract = "I4",
    .min_vcpus = 2,
    .doc = "A trigger while the handler runs makes it run once more, not "
	   "nested.")
{
	struct cpu_info *ci = cpu_lookup(1);
	struct gate gate = {0};
	u_int id = ipi_number(call_gate, &gate);

	PINNED(ipi_trigger(id, ci));
	mark_wait(&gate.g_entered, 1);
	PINNED(ipi_trigger(id, ci));
	/* Time for what must not happen. */
	delay(1000);
	CHECK_EQ(mark_read(&gate.g_entered), 1);
	mark_add(&gate.g_open);
	ipi_settle(ci);
	CHECK_EQ(mark_read(&gate.g_entered), 2);
	CHECK_EQ(mark_read(&gate.g_left), 2);
	ipi_unregister(id);
}

#define BATCH 3
static void
register_batch(
    u_int ids[BATCH], struct ipi_order *order, struct ipi_member members[BATCH])
{
	for (u_int i = 0; i < BATCH; i++) {
		members[i] = (struct ipi_member){order, i + 1};
		ids[i] = ipi_number(ipi_take_turn, &members[i]);
	}
}

CASE(i6_ascending_order, .api = XCVM_API_IPI, .contract = "I6", .min_vcpus = 2,
    .doc = "Numbers pending together run in ascending order, however "
	   "triggered.")
{
	static const u_int sent[][BATCH] = {
	    {0, 1, 2}, {2, 1, 0}, {1, 0, 2}, {2, 0, 1}};
	struct cpu_info *ci = cpu_lookup(1);
	struct ipi_member members[BATCH];
	struct ipi_order order;
	u_int ids[BATCH];
	struct hold hold;

	register_batch(ids, &order, members);
	for (u_int round = 0; round < nitems(sent); round++) {
		order.o_count = 0;
		hold_cpu(&hold, ci, HOLD_INTR_OFF);
		for (u_int i = 0; i < BATCH; i++)
			PINNED(ipi_trigger(ids[sent[round][i]], ci));
		hold_release(&hold);
		ipi_settle(ci);
		if (!CHECK_EQ(order.o_count, BATCH))
			continue;
		for (u_int i = 0; i < BATCH; i++)
			CHECK_EQ(order.o_who[i], i + 1);
	}
	for (u_int i = 0; i < BATCH; i++)
		ipi_unregister(ids[i]);
}

CASE(i6_messages_last, .api = XCVM_API_IPI, .contract = "I6,D4", .decision = 4,
    .min_vcpus = 2,
    .doc = "A message pending together with numbers runs after them all, "
	   "though sent first.")
{
	struct cpu_info *ci = cpu_lookup(1);
	struct ipi_member members[BATCH], last;
	struct ipi_order order = {.o_count = 0};
	ipi_msg_t msg = {.func = ipi_take_turn, .arg = &last};
	u_int ids[BATCH];
	struct hold hold;

	last = (struct ipi_member){&order, BATCH + 1};
	register_batch(ids, &order, members);
	hold_cpu(&hold, ci, HOLD_INTR_OFF);
	PINNED(ipi_unicast(&msg, ci));
	for (u_int i = 0; i < BATCH; i++)
		PINNED(ipi_trigger(ids[i], ci));
	hold_release(&hold);
	ipi_wait(&msg);
	ipi_settle(ci);
	if (CHECK_EQ(order.o_count, BATCH + 1))
		CHECK_EQ(order.o_who[BATCH], BATCH + 1);
	for (u_int i = 0; i < BATCH; i++)
		ipi_unregister(ids[i]);
}

#endif /* MULTIPROCESSOR */
