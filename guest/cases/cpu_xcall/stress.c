/* SPDX-License-Identifier: ISC */
/* cpu_xcall(9) under load: nothing lost, nothing run twice. */
#include <sys/kmem.h>
#include "cpu_xcall/cpu_xcall_case.h"

#ifdef MULTIPROCESSOR

/* A call in use again and again: its function checks that it was queued. */
#define FLOW_TOKENS 6
struct token {
	struct xcall t_xc;
	volatile u_int t_queued;
	struct flow *t_flow;
};

/* The calls of one producer to one target. */
struct flow {
	struct cpu_info *f_target;
	struct budget *f_budget;
	struct token f_tokens[FLOW_TOKENS];
	uint64_t f_sent, f_ran;
	u_int f_wrong; /* ran elsewhere, or without being queued */
};

static void
flow_run(void *arg)
{
	struct token *t = arg;
	struct flow *f = t->t_flow;

	/* One CPU only, and not nested: no need for atomic operations. */
	f->f_ran++;
	if (curcpu() != f->f_target)
		f->f_wrong++;
	if (atomic_cas_uint(&t->t_queued, 1, 0) != 1)
		f->f_wrong++;
}

static void
flow_send(void *arg)
{
	struct flow *f = arg;

	for (u_int i = 0; i < FLOW_TOKENS; i++) {
		f->f_tokens[i].t_flow = f;
		cpu_xcall_set(&f->f_tokens[i].t_xc, flow_run, &f->f_tokens[i]);
	}
	while (f->f_sent < FLOW_TOKENS || budget_left(f->f_budget)) {
		struct token *t = &f->f_tokens[f->f_sent++ % FLOW_TOKENS];

		SPIN_UNTIL(atomic_load_acquire(&t->t_queued) == 0);
		t->t_queued = 1;
		cpu_xcall(f->f_target, &t->t_xc);
	}
	for (u_int i = 0; i < FLOW_TOKENS; i++)
		SPIN_UNTIL(atomic_load_acquire(&f->f_tokens[i].t_queued) == 0);
}

/* Up to three producers on CPUs 0, 1, 2 call the last CPU for the budget. */
#define PRODUCERS 3
static void
hammer_last_cpu(struct budget *b)
{
	u_int n = MIN(PRODUCERS, ncpu - 1);
	struct cpu_info *ci = cpu_lookup(ncpu - 1);
	struct flow *flows = kmem_zalloc(n * sizeof(*flows), KM_SLEEP);
	struct lwp *threads[PRODUCERS];
	uint64_t sent = 0;

	for (u_int i = 0; i < n; i++) {
		flows[i].f_target = ci;
		flows[i].f_budget = b;
		threads[i] = thread_start(cpu_lookup(i), flow_send, &flows[i]);
	}
	for (u_int i = 0; i < n; i++)
		thread_join(threads[i]);
	CHECK_EQ(slots_taken(ci), 0);
	calls_drain(ci);
	for (u_int i = 0; i < n; i++) {
		CHECK_EQ(flows[i].f_ran, flows[i].f_sent);
		CHECK_EQ(flows[i].f_wrong, 0);
		sent += flows[i].f_sent;
	}
	case_metric("calls", "", sent);
}

CASE(o11_many_producers, .api = XCVM_API_CPU_XCALL, .kind = XCVM_KIND_STRESS,
    .contract = "O11", .min_vcpus = 2,
    .doc = "Up to three CPUs call one as fast as they can: every call runs "
	   "once.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(200)))
{
	struct budget b = budget_start();

	hammer_last_cpu(&b);
}

/* A thread that schedules all its soft interrupts, over and over. */
struct scheduler {
	struct budget s_budget;
	void *s_handles[SOFTINT_COUNT];
	volatile u_int s_runs[SOFTINT_COUNT];
	uint64_t s_rounds;
};

static void
softint_count(void *arg)
{
	volatile u_int *runs = arg;

	(*runs)++;
}

static void
schedule_softints(void *arg)
{
	struct scheduler *s = arg;

	do {
		for (u_int i = 0; i < SOFTINT_COUNT; i++)
			softint_schedule(s->s_handles[i]);
		s->s_rounds++;
	} while (budget_left(&s->s_budget));
}

CASE(o30_calls_into_softint_scheduling, .api = XCVM_API_CPU_XCALL,
    .kind = XCVM_KIND_STRESS, .contract = "O30", .min_vcpus = 2,
    .doc = "A CPU that schedules soft interrupts without pause is called as "
	   "fast as possible: it does not lock itself up, and loses neither.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(200)))
{
	struct scheduler s = {.s_budget = budget_start()};
	struct lwp *l;

	for (u_int i = 0; i < SOFTINT_COUNT; i++)
		s.s_handles[i] = softint_establish(SOFTINT_CLOCK + i,
		    softint_count, (void *)(uintptr_t)&s.s_runs[i]);
	l = thread_start(cpu_lookup(ncpu - 1), schedule_softints, &s);
	hammer_last_cpu(&s.s_budget);
	thread_join(l);
	/* A level's handler runs on the way out of each schedule call. */
	for (u_int i = 0; i < SOFTINT_COUNT; i++) {
		CHECK_EQ(s.s_runs[i], s.s_rounds);
		softint_disestablish(s.s_handles[i]);
	}
	case_metric("rounds of softint_schedule", "", s.s_rounds);
}

CASE(o31_calls_to_an_idle_cpu, .api = XCVM_API_CPU_XCALL,
    .kind = XCVM_KIND_STRESS, .contract = "O31", .min_vcpus = 2,
    .doc = "Calls that reach a CPU around the moment it goes idle wake it: "
	   "none is lost.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(200)))
{
	struct budget b = budget_start();
	struct rng r = rng_init(0);
	struct mark runs = {0};
	struct xcall xc;
	u_int calls = 0, target = 1;
	uint64_t start, longest = 0;

	cpu_xcall_set(&xc, call_count, &runs);
	do {
		if (calls % 16 == 0)
			target = 1 + rng_below(&r, ncpu - 1);
		start = cpu_counter();
		cpu_xcall(cpu_lookup(target), &xc);
		mark_wait(&runs, ++calls);
		longest = MAX(longest, cpu_counter() - start);
		/* It is on its way to HLT now. */
		for (u_int n = rng_below(&r, 200); n > 0; n--)
			CPU_BUSY_CYCLE();
	} while (budget_left(&b));
	calls_drain_others();
	CHECK_EQ(mark_read(&runs), calls);
	case_metric("calls", "", calls);
	case_metric("longest call", "ns", tsc_to_ns(longest));
}

/*
 * All to all.  A caller above IPL_SOFTCLOCK serves nobody while it waits for
 * a slot, so a circle of such callers would wait for ever: only calls from a
 * lower to a higher CPU are made at raised levels, and no circle can close.
 */
#define MESH_TOKENS 4
struct mesh_token {
	struct xcall mt_xc;
	volatile u_int mt_queued;
	u_int mt_source, mt_target;
	struct mesh *mt_mesh;
};

struct mesh {
	struct budget m_budget;
	u_int *m_sent;	/* [source * ncpu + target] */
	u_int *m_ran;	/* [target * ncpu + source] */
	u_int *m_wrong; /* [CPU] */
};

static void
mesh_run(void *arg)
{
	struct mesh_token *t = arg;
	struct mesh *m = t->mt_mesh;
	u_int self = cpu_number();

	if (self != t->mt_target)
		m->m_wrong[self]++;
	m->m_ran[self * ncpu + t->mt_source]++;
	if (atomic_cas_uint(&t->mt_queued, 1, 0) != 1)
		m->m_wrong[self]++;
}

static void
mesh_send(u_int self, void *arg)
{
	struct mesh *m = arg;
	struct mesh_token tokens[MESH_TOKENS], *t;
	struct rng r = rng_init(self);
	u_int i = 0, target;
	int s;

	for (t = tokens; t < tokens + MESH_TOKENS; t++) {
		*t = (struct mesh_token){.mt_source = self, .mt_mesh = m};
		t->mt_xc = (struct xcall)XCALL_INITIALIZER(mesh_run, t);
	}
	while (i < MESH_TOKENS || budget_left(&m->m_budget)) {
		t = &tokens[i++ % MESH_TOKENS];
		SPIN_UNTIL(atomic_load_acquire(&t->mt_queued) == 0);
		target = rng_below(&r, ncpu);
		t->mt_target = target;
		t->mt_queued = 1;
		m->m_sent[self * ncpu + target]++;
		s = splraise((int)rng_below(
		    &r, target < self ? IPL_SOFTCLOCK : IPL_HIGH + 1));
		cpu_xcall(cpu_lookup(target), &t->mt_xc);
		splx(s);

		s = splraise((int)rng_below(&r, IPL_HIGH + 1));
		for (u_int n = rng_below(&r, 64); n > 0; n--)
			CPU_BUSY_CYCLE();
		splx(s);
	}
	for (t = tokens; t < tokens + MESH_TOKENS; t++)
		SPIN_UNTIL(atomic_load_acquire(&t->mt_queued) == 0);
}

CASE(o12_all_to_all, .api = XCVM_API_CPU_XCALL, .kind = XCVM_KIND_STRESS,
    .contract = "O12", .min_vcpus = 2,
    .doc = "All CPUs call all, themselves too, between sections at random "
	   "levels: the counts of every pair match.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(200)))
{
	size_t size = ncpu * ncpu * sizeof(u_int);
	struct mesh m = {
	    .m_sent = kmem_zalloc(size, KM_SLEEP),
	    .m_ran = kmem_zalloc(size, KM_SLEEP),
	    .m_wrong = kmem_zalloc(ncpu * sizeof(u_int), KM_SLEEP),
	    .m_budget = budget_start(),
	};
	uint64_t sent = 0;

	on_each_cpu(mesh_send, &m);
	calls_drain_others();
	for (u_int i = 0; i < ncpu; i++) {
		CHECK_EQ(slots_taken(cpu_lookup(i)), 0);
		CHECK_EQ(m.m_wrong[i], 0);
		for (u_int k = 0; k < ncpu; k++) {
			CHECK_EQ(m.m_ran[k * ncpu + i], m.m_sent[i * ncpu + k]);
			sent += m.m_sent[i * ncpu + k];
		}
	}
	case_metric("calls", "", sent);
}

#endif /* MULTIPROCESSOR */
