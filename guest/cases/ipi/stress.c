/* SPDX-License-Identifier: ISC */
/* ipi(9) messages under load: nothing lost, nothing run twice. */
#include <sys/kmem.h>
#include "ipi/ipi_case.h"

#ifdef MULTIPROCESSOR

/* A message in use again and again; its function checks that it was sent. */
#define FLOW_MSGS 4
struct parcel {
	ipi_msg_t p_msg;
	volatile u_int p_sent;
	struct flow *p_flow;
};

/* The messages of one sender to one target. */
struct flow {
	struct cpu_info *f_target;
	struct budget *f_budget;
	struct parcel f_parcels[FLOW_MSGS];
	uint64_t f_sent, f_ran;
	u_int f_wrong; /* ran elsewhere, or without being sent */
};

static void
flow_run(void *arg)
{
	struct parcel *p = arg;
	struct flow *f = p->p_flow;

	/* One CPU only, and not nested: no need for atomic operations. */
	f->f_ran++;
	if (curcpu() != f->f_target)
		f->f_wrong++;
	if (atomic_cas_uint(&p->p_sent, 1, 0) != 1)
		f->f_wrong++;
}

static void
flow_send(void *arg)
{
	struct flow *f = arg;
	struct parcel *p;

	for (p = f->f_parcels; p < f->f_parcels + FLOW_MSGS; p++)
		*p = (struct parcel){
		    .p_msg = {.func = flow_run, .arg = p}, .p_flow = f};
	do {
		p = &f->f_parcels[f->f_sent % FLOW_MSGS];
		if (f->f_sent++ >= FLOW_MSGS)
			ipi_wait(&p->p_msg);
		f->f_wrong += p->p_sent;
		p->p_sent = 1;
		PINNED(ipi_unicast(&p->p_msg, f->f_target));
	} while (budget_left(f->f_budget));
	for (u_int i = 0; i < MIN(f->f_sent, FLOW_MSGS); i++)
		ipi_wait(&f->f_parcels[i].p_msg);
}

#define SENDERS 7
CASE(i16_many_senders, .api = XCVM_API_IPI, .kind = XCVM_KIND_STRESS,
    .contract = "I16", .min_vcpus = 2,
    .doc = "Up to seven CPUs send messages to one, each four at a time, so "
	   "that its mailbox is full again and again: each runs once.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(200)))
{
	u_int n = MIN(SENDERS, ncpu - 1);
	struct cpu_info *ci = cpu_lookup(ncpu - 1);
	struct budget b = budget_start();
	struct flow *flows = kmem_zalloc(n * sizeof(*flows), KM_SLEEP);
	struct lwp *threads[SENDERS];
	uint64_t sent = 0;

	for (u_int i = 0; i < n; i++) {
		flows[i].f_target = ci;
		flows[i].f_budget = &b;
		threads[i] = thread_start(cpu_lookup(i), flow_send, &flows[i]);
	}
	for (u_int i = 0; i < n; i++)
		thread_join(threads[i]);
	ipi_settle(ci);
	for (u_int i = 0; i < n; i++) {
		CHECK_EQ(flows[i].f_ran, flows[i].f_sent);
		CHECK_EQ(flows[i].f_wrong, 0);
		sent += flows[i].f_sent;
	}
	case_metric("messages", "", sent);
}

/* All senders put a message into one empty mailbox at the same moment. */
struct volley {
	struct budget v_budget;
	struct mark v_ready, v_runs, v_served;
	volatile bool v_over;
	u_int v_senders, v_rounds;
};

static void
volley_send(u_int self, void *arg)
{
	struct volley *v = arg;
	ipi_msg_t msg = {.func = call_count, .arg = &v->v_runs};

	if (self >= v->v_senders)
		return;
	for (u_int round = 1; !v->v_over; round++) {
		mark_add(&v->v_ready);
		/* No PAUSE, for that would spread them. */
		while (mark_read(&v->v_ready) < round * v->v_senders)
			;
		PINNED(ipi_unicast(&msg, cpu_lookup(ncpu - 1)));
		ipi_wait(&msg);
		if (self == 0) {
			v->v_over = !budget_left(&v->v_budget);
			v->v_rounds = round;
		}
		mark_meet(&v->v_served, round * v->v_senders);
	}
}

CASE(i16_at_once, .api = XCVM_API_IPI, .kind = XCVM_KIND_STRESS,
    .contract = "I16", .min_vcpus = 3,
    .doc = "Up to seven CPUs send one message each to one CPU at the same "
	   "moment, over and over: each runs once.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(100)))
{
	struct volley v = {
	    .v_budget = budget_start(), .v_senders = MIN(SENDERS, ncpu - 1)};

	on_each_cpu(volley_send, &v);
	ipi_settle(cpu_lookup(ncpu - 1));
	CHECK_EQ(mark_read(&v.v_runs), v.v_rounds * v.v_senders);
	case_metric("rounds", "", v.v_rounds);
}

/*
 * Executions on two CPUs that begin in pairs, whichever message either has
 * come to, and so end at the same moment, if the host runs both at once.
 */
#define PAIRS 7 /* what a mailbox holds, beside one that runs */
struct pair {
	struct cpu_info *p_first;
	struct mark p_begun[2];
	struct gate p_gate;
};

static void
end_with_other(void *arg)
{
	struct pair *p = arg;
	bool second = curcpu() != p->p_first;
	u_int n;

	mark_add(&p->p_begun[second]);
	n = mark_read(&p->p_begun[second]);
	/* No PAUSE at first, for that would spread them; but the other may
	   need our CPU of the host. */
	for (u_int i = 0; mark_read(&p->p_begun[!second]) < n; i++)
		if (i > 100)
			CPU_BUSY_CYCLE();
}

/* A gate, and behind it, in the same order on both, the messages. */
static void
run_pairs(struct pair *p, const kcpuset_t *set)
{
	ipi_msg_t gate = {.func = call_gate, .arg = &p->p_gate};
	ipi_msg_t msgs[PAIRS];

	PINNED(ipi_multicast(&gate, set));
	mark_wait(&p->p_gate.g_entered, 2);
	for (u_int i = 0; i < PAIRS; i++) {
		msgs[i] = (ipi_msg_t){.func = end_with_other, .arg = p};
		PINNED(ipi_multicast(&msgs[i], set));
	}
	mark_add(&p->p_gate.g_open);
	/* Asleep, to leave the host's CPUs to the two. */
	while (mark_read(&p->p_begun[0]) < PAIRS)
		(void)tsleep_nsec(p, PRI_NONE, "pairs", 100000);
	ipi_wait(&gate);
	for (u_int i = 0; i < PAIRS; i++)
		ipi_wait(&msgs[i]);
	CHECK_EQ(mark_read(&p->p_begun[0]), PAIRS);
	CHECK_EQ(mark_read(&p->p_begun[1]), PAIRS);
}

CASE(i11_end_at_once, .api = XCVM_API_IPI, .kind = XCVM_KIND_STRESS,
    .contract = "I11", .min_vcpus = 3,
    .doc = "The executions of a message on two CPUs end at the same moment, "
	   "over and over: both are counted, and the wait ends.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(200)))
{
	struct budget b = budget_start();
	struct rng r = rng_init(0);
	u_int first, rounds = 0;
	struct pair p;
	kcpuset_t set;

	do {
		first = rng_below(&r, ncpu - 1);
		p = (struct pair){.p_first = cpu_lookup(1 + first)};
		kcpuset_zero(&set);
		kcpuset_set(&set, 1 + first);
		kcpuset_set(&set, 1 + (first + 1) % (ncpu - 1));
		run_pairs(&p, &set);
		rounds++;
	} while (budget_left(&b));
	case_metric("messages", "", rounds * PAIRS);
}

/* Everybody broadcasts to everybody. */
struct storm {
	struct budget s_budget;
	u_int *s_sent; /* [source] */
	u_int *s_ran;  /* [target * ncpu + source] */
};

struct gust {
	struct storm *g_storm;
	u_int g_source;
};

static void
storm_run(void *arg)
{
	struct gust *g = arg;

	g->g_storm->s_ran[cpu_number() * ncpu + g->g_source]++;
}

static void
storm_send(u_int self, void *arg)
{
	struct storm *s = arg;
	struct gust g = {s, self};
	ipi_msg_t msg = {.func = storm_run, .arg = &g};

	do {
		PINNED(ipi_broadcast(&msg, false));
		ipi_wait(&msg);
		s->s_sent[self]++;
	} while (budget_left(&s->s_budget));
}

CASE(i17_all_broadcast, .api = XCVM_API_IPI, .kind = XCVM_KIND_STRESS,
    .contract = "I17", .min_vcpus = 2,
    .doc = "All CPUs broadcast at once and wait, over and over: it goes on, "
	   "and the counts of every pair are exact.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(200)))
{
	struct storm s = {
	    .s_sent = kmem_zalloc(ncpu * sizeof(u_int), KM_SLEEP),
	    .s_ran = kmem_zalloc(ncpu * ncpu * sizeof(u_int), KM_SLEEP),
	    .s_budget = budget_start(),
	};
	uint64_t sent = 0;

	on_each_cpu(storm_send, &s);
	ipi_settle_all();
	for (u_int i = 0; i < ncpu; i++) {
		for (u_int k = 0; k < ncpu; k++)
			CHECK_EQ(s.s_ran[k * ncpu + i], s.s_sent[i]);
		sent += s.s_sent[i];
	}
	case_metric("broadcasts", "", sent);
}

#endif /* MULTIPROCESSOR */
