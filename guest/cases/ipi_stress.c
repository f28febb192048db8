/* SPDX-License-Identifier: ISC */
/* ipi(9) under load: nothing lost, nothing run twice, nothing corrupted. */
#include <sys/callout.h>
#include <sys/kmem.h>
#include <machine/lapic.h>
#include "ipi_case.h"

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
	const struct budget *f_budget;
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
	while (budget_left(f->f_budget)) {
		p = &f->f_parcels[f->f_sent % FLOW_MSGS];
		if (f->f_sent++ >= FLOW_MSGS)
			ipi_wait(&p->p_msg);
		f->f_wrong += p->p_sent;
		p->p_sent = 1;
		PINNED(ipi_unicast(&p->p_msg, f->f_target));
	}
	for (u_int i = 0; i < MIN(f->f_sent, FLOW_MSGS); i++)
		ipi_wait(&f->f_parcels[i].p_msg);
}

#define SENDERS 7
CASE(i16_many_senders, IPI, STRESS, "I16", 2,
    "Up to seven CPUs send messages to one, each four at a time, so that "
    "its mailbox is full again and again: each runs once.",
    PARAM_KERNEL, PARAM_BUDGET(200))
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

CASE(i17_all_broadcast, IPI, STRESS, "I17", 2,
    "All CPUs broadcast at once and wait, over and over: it goes on, and "
    "the counts of every pair are exact.",
    PARAM_KERNEL, PARAM_BUDGET(200))
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

/* All trigger all; every trigger is followed by a look. */
struct mesh {
	struct budget m_budget;
	u_int m_id;
	volatile u_int *m_sent; /* [target * ncpu + source] */
	u_int *m_seen;		/* the same, as the handler last saw it */
	u_int *m_runs;		/* [target] */
};

static void
mesh_run(void *arg)
{
	struct mesh *m = arg;
	u_int self = cpu_number();

	for (u_int i = self * ncpu; i < (self + 1) * ncpu; i++)
		m->m_seen[i] = m->m_sent[i];
	m->m_runs[self]++;
}

static void
mesh_trigger(u_int self, void *arg)
{
	struct mesh *m = arg;
	struct rng r = rng_init(self);
	u_int target;
	int s;

	while (budget_left(&m->m_budget)) {
		target = rng_below(&r, ncpu - 1);
		target += target >= self;
		m->m_sent[target * ncpu + self]++;
		s = splraise((int)rng_below(&r, IPL_HIGH + 1));
		PINNED(ipi_trigger(m->m_id, cpu_lookup(target)));
		splx(s);
	}
}

CASE(i3_all_trigger_all, IPI, STRESS, "I3", 2,
    "All CPUs trigger one number on all others, at random levels: every "
    "handler begins once after the last trigger to it, and not more often "
    "than triggered.",
    PARAM_KERNEL, PARAM_BUDGET(200))
{
	size_t size = ncpu * ncpu * sizeof(u_int);
	struct mesh m = {
	    .m_sent = kmem_zalloc(size, KM_SLEEP),
	    .m_seen = kmem_zalloc(size, KM_SLEEP),
	    .m_runs = kmem_zalloc(ncpu * sizeof(u_int), KM_SLEEP),
	    .m_budget = budget_start(),
	};
	uint64_t all_sent = 0, all_runs = 0;

	m.m_id = ipi_number(mesh_run, &m);
	on_each_cpu(mesh_trigger, &m);
	ipi_settle_all();
	for (u_int k = 0; k < ncpu; k++) {
		uint64_t sent = 0;

		for (u_int i = 0; i < ncpu; i++) {
			CHECK_EQ(
			    m.m_seen[k * ncpu + i], m.m_sent[k * ncpu + i]);
			sent += m.m_sent[k * ncpu + i];
		}
		CHECK_LE(m.m_runs[k], sent);
		all_sent += sent;
		all_runs += m.m_runs[k];
	}
	ipi_unregister(m.m_id);
	case_metric("triggers", "", all_sent);
	case_metric("executions", "", all_runs);
}

/* --- a handler among NMIs and timer interrupts --- */

#define NMIS 8
struct besieged {
	struct mark b_entered, b_left, b_nmis, b_ticks;
	callout_t b_callout;
	bool b_ticked_inside;
	bool b_wrong;
};

static void
count_nmi(void *arg)
{
	struct besieged *b = arg;

	mark_add(&b->b_nmis);
}

static void
tick(void *arg)
{
	struct besieged *b = arg;

	b->b_ticked_inside = mark_read(&b->b_left) == 0;
	mark_add(&b->b_ticks);
}

/* The same sum over and over, in registers and on the stack. */
static u_long
sum_words(const u_long *words, u_int n)
{
	u_long a = 1, b = 2, c = 3, d = 4;

	for (u_int i = 0; i < n; i++) {
		a += READ_ONCE(words[i]);
		b ^= a << 7;
		c += b + i;
		d ^= c >> 3;
	}
	return (a ^ b ^ c ^ d);
}

static void
besieged_run(void *arg)
{
	struct besieged *b = arg;
	u_long words[16], expected;

	for (u_int i = 0; i < nitems(words); i++)
		words[i] = (u_long)i * 0x9e3779b97f4a7c15;
	expected = sum_words(words, nitems(words));
	callout_reset_nsec(&b->b_callout, 0, tick, b);
	mark_add(&b->b_entered);
	/* Until all have come, and the timer is recorded, or was let in. */
	while (mark_read(&b->b_nmis) < NMIS ||
	       (!(curcpu()->ci_ipending & 1U << LIR_TIMER) &&
		   mark_read(&b->b_ticks) == 0))
		if (sum_words(words, nitems(words)) != expected)
			b->b_wrong = true;
	if (cpu_ipl() != IPL_HIGH || sum_words(words, 16) != expected)
		b->b_wrong = true;
	mark_add(&b->b_left);
}

CASE(i36_nmi_and_timer_in_a_handler, IPI, CONFORMANCE, "I36", 2,
    "NMIs and the timer come while a message's function runs: it goes on "
    "unharmed, and the timer waits for its end.",
    PARAM_KERNEL)
{
	struct besieged b = {.b_wrong = false};
	struct cpu_info *ci = cpu_lookup(1);
	ipi_msg_t msg = {.func = besieged_run, .arg = &b};

	callout_init(&b.b_callout, CALLOUT_MPSAFE);
	nmi_test_establish(count_nmi, &b);
	PINNED(ipi_unicast(&msg, ci));
	mark_wait(&b.b_entered, 1);
	for (u_int i = 1; i <= NMIS; i++) {
		lapic_icr_write(ICR_DEST(ci->ci_cpuid) | ICR_NMI | ICR_ASSERT);
		mark_wait(&b.b_nmis, i);
	}
	ipi_wait(&msg);
	mark_wait(&b.b_ticks, 1);
	CHECK(!b.b_wrong);
	CHECK(!b.b_ticked_inside);
	CHECK_EQ(mark_read(&b.b_nmis), NMIS);
	CHECK_EQ(mark_read(&b.b_left), 1);
}

#endif /* MULTIPROCESSOR */
