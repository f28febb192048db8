/* SPDX-License-Identifier: ISC */
/* xcall(9) under load: nothing lost, early, out of order or unseen. */
#include "xcall/xcall_case.h"

#define THREADS 8

/* The level of some call, IPL_NONE for LOW; all alike. */
static int
random_ipl(struct rng *r)
{
	u_int i = rng_below(r, 1 + NX_LEVELS);

	return (i == NX_LEVELS ? IPL_NONE : nx_levels[i]);
}

static u_int
flags_of(int ipl)
{
	return (ipl == IPL_NONE ? 0 : XC_HIGHPRI_IPL(ipl));
}

/* Some target: a CPU, or in one of four cases all. */
static struct cpu_info *
random_target(struct rng *r)
{
	return (rng_below(r, 4) == 0 ? NULL
				     : cpu_lookup(rng_below(r, nx_running())));
}

static u_int
targets_of(const struct cpu_info *target)
{
	return (target != NULL ? 1 : nx_running());
}

/* Threads on as many CPUs as there are, each with its part of an array. */
static void
run_threads(void (*func)(void *), void *args, size_t size)
{
	struct lwp *threads[THREADS];

	for (u_int i = 0; i < THREADS; i++)
		threads[i] = thread_start(cpu_lookup(i % nx_running()), func,
		    (char *)args + i * size);
	for (u_int i = 0; i < THREADS; i++)
		thread_join(threads[i]);
}

/* --- every call runs, where and as it should, before its wait returns --- */

#define OUTSTANDING 3
struct errand {
	int e_ipl;
	u_int e_targets;
	uint64_t e_length;
	struct cpu_info *e_cpu;
	uint64_t e_ticket;
	struct mark e_runs, e_wrong;
	bool e_used;
};

struct mixer {
	struct budget *m_budget;
	uint64_t m_call_time;
	u_int m_stream;
	u_int m_calls, m_bad;
};

static void
errand_run(void *arg, void *arg2)
{
	struct errand *e = arg;

	if ((e->e_cpu != NULL && e->e_cpu != curcpu()) ||
	    cpu_softintr_p() != (e->e_ipl != IPL_NONE) ||
	    curcpu()->ci_ilevel != e->e_ipl || arg2 != &e->e_runs)
		mark_add(&e->e_wrong);
	nx_spend(e->e_length);
	mark_add(&e->e_runs);
}

static void
errand_end(struct mixer *m, struct errand *e)
{
	if (!e->e_used)
		return;
	xc_wait(e->e_ticket);
	m->m_bad += mark_read(&e->e_runs) != e->e_targets ||
		    mark_read(&e->e_wrong) != 0;
	e->e_used = false;
}

static void
mixer_thread(void *arg)
{
	struct mixer *m = arg;
	struct rng r = rng_init(m->m_stream);
	struct errand errands[OUTSTANDING] = {0}, *e;

	do {
		e = &errands[rng_below(&r, OUTSTANDING)];
		errand_end(m, e);
		*e = (struct errand){.e_ipl = random_ipl(&r),
		    .e_cpu = random_target(&r),
		    .e_length = nx_random_length(&r, m->m_call_time),
		    .e_used = true};
		e->e_targets = targets_of(e->e_cpu);
		e->e_ticket = nx_submit(
		    flags_of(e->e_ipl), e->e_cpu, errand_run, e, &e->e_runs);
		m->m_calls++;
	} while (budget_left(m->m_budget));
	for (u_int i = 0; i < OUTSTANDING; i++)
		errand_end(m, &errands[i]);
}

CASE(n16_mixed_calls, .api = XCVM_API_XCALL, .kind = XCVM_KIND_STRESS,
    .contract = "N16",
    .doc = "Eight threads make calls of all kinds: each runs on the right "
	   "CPUs at the right level, and a wait returns after all of them.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(200)))
{
	uint64_t call_time = nx_call_time();
	struct budget b = budget_start();
	struct mixer mixers[THREADS];
	u_int calls = 0;

	for (u_int i = 0; i < THREADS; i++)
		mixers[i] = (struct mixer){
		    .m_budget = &b, .m_call_time = call_time, .m_stream = i};
	run_threads(mixer_thread, mixers, sizeof(mixers[0]));
	for (u_int i = 0; i < THREADS; i++) {
		CHECK_EQ(mixers[i].m_bad, 0);
		calls += mixers[i].m_calls;
	}
	case_metric("calls", "", calls);
}

/* --- successive calls of a class do not overlap; tickets are their order --- */

#define LOG 1024
struct turn;
struct line {
	struct turn *volatile l_turn; /* whose functions run */
	struct mark l_overlaps, l_ended;
	uint64_t l_tickets[LOG]; /* of the calls, in the order they ended */
};

struct turn {
	struct line *t_line;
	volatile u_int t_left;
	u_int t_number;
	uint64_t t_length;
};

struct queuer {
	struct budget *q_budget;
	struct line *q_lines;
	uint64_t q_call_time;
	u_int q_stream;
};

static void
turn_run(void *arg, void *arg2 __unused)
{
	struct turn *t = arg, *owner;
	struct line *l = t->t_line;

	owner = atomic_cas_ptr(&l->l_turn, NULL, t);
	if (owner != NULL && owner != t)
		mark_add(&l->l_overlaps);
	nx_spend(t->t_length);
	if (atomic_dec_uint_nv(&t->t_left) != 0)
		return;
	t->t_number = atomic_inc_uint_nv(&l->l_ended.m_count) - 1;
	if (atomic_cas_ptr(&l->l_turn, t, NULL) != t)
		mark_add(&l->l_overlaps);
}

static void
queuer_thread(void *arg)
{
	struct queuer *q = arg;
	struct rng r = rng_init(q->q_stream);
	struct cpu_info *target;
	struct turn t;
	uint64_t ticket;
	u_int flags;

	do {
		flags = flags_of(random_ipl(&r));
		target = random_target(&r);
		t.t_line = &q->q_lines[flags & XC_HIGHPRI];
		t.t_left = targets_of(target);
		t.t_length = nx_random_length(&r, q->q_call_time);
		ticket = nx_submit(flags, target, turn_run, &t, NULL);
		xc_wait(ticket);
		if (t.t_number < LOG)
			t.t_line->l_tickets[t.t_number] = ticket;
	} while (budget_left(q->q_budget));
}

CASE(n17_total_order, .api = XCVM_API_XCALL, .kind = XCVM_KIND_STRESS,
    .contract = "N17",
    .doc = "No function of a call runs before the last one of the call before "
	   "of its class, and tickets are in the order of the calls.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(200)))
{
	static struct line lines[NX_CLASSES];
	uint64_t call_time = nx_call_time();
	struct queuer queuers[THREADS];
	struct budget b = budget_start();
	u_int calls;

	for (u_int i = 0; i < THREADS; i++)
		queuers[i] = (struct queuer){.q_budget = &b,
		    .q_lines = lines,
		    .q_call_time = call_time,
		    .q_stream = i};
	run_threads(queuer_thread, queuers, sizeof(queuers[0]));
	for (u_int k = 0; k < NX_CLASSES; k++) {
		CHECK_EQ(mark_read(&lines[k].l_overlaps), 0);
		calls = mark_read(&lines[k].l_ended);
		case_metric(k == 0 ? "LOW calls" : "HIGH calls", "", calls);
		for (u_int i = 1; i < MIN(calls, LOG); i++)
			CHECK(
			    lines[k].l_tickets[i - 1] < lines[k].l_tickets[i]);
	}
}

/* --- what the caller wrote is seen, and what the functions wrote as well --- */

#define WORDS 4
struct news {
	u_long n_words[WORDS];
};

struct story {
	struct news s_question; /* all words alike */
	uint64_t s_length;
	struct mark s_torn; /* a function saw something else */
	struct news s_answers[MAXCPUS];
};

static void
answer(void *arg, void *round)
{
	struct story *s = arg;
	struct news *a = &s->s_answers[cpu_number()];

	nx_spend(s->s_length);
	for (u_int i = 0; i < WORDS; i++) {
		if (s->s_question.n_words[i] != (u_long)(uintptr_t)round)
			mark_add(&s->s_torn);
		a->n_words[i] = s->s_question.n_words[i];
	}
}

/* Words that are not those of that round. */
static u_int
old_words(const struct news *n, u_long round)
{
	u_int old = 0;

	for (u_int i = 0; i < WORDS; i++)
		old += n->n_words[i] != round;
	return (old);
}

CASE(n21_visibility, .api = XCVM_API_XCALL, .kind = XCVM_KIND_STRESS,
    .contract = "N21",
    .doc = "Functions see what was written before the call, and after the "
	   "wait, asleep or not, all they wrote is seen.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(200)))
{
	static struct story story;
	uint64_t call_time = nx_call_time();
	struct budget b = budget_start();
	struct rng r = rng_init(0);
	uint64_t ticket;
	u_long round = 0;
	u_int old = 0;

	do {
		round++;
		for (u_int i = 0; i < WORDS; i++)
			story.s_question.n_words[i] = round;
		story.s_length = nx_random_length(&r, call_time);
		ticket = xc_broadcast(flags_of(random_ipl(&r)), answer, &story,
		    (void *)(uintptr_t)round);
		/* Long enough at times to find it done. */
		nx_spend(nx_random_length(&r, call_time));
		xc_wait(ticket);
		for (u_int i = 0; i < nx_running(); i++)
			old += old_words(&story.s_answers[i], round);
	} while (budget_left(&b));
	CHECK_EQ(old, 0);
	CHECK_EQ(mark_read(&story.s_torn), 0);
	case_metric("rounds", "", round);
}
