/* SPDX-License-Identifier: ISC */
/* ipi(9) triggers under load: everybody triggers everybody. */
#include <sys/kmem.h>
#include "ipi/ipi_case.h"

#ifdef MULTIPROCESSOR

/*
 * All trigger all, a few times; when all have, and every CPU has taken what
 * came, each looks whether it has seen the last of every other.  Two numbers,
 * for they share a word.
 */
#define MESH_NUMBERS 2
struct mesh_number {
	u_int n_id;
	volatile u_int *n_sent; /* [target * ncpu + source] */
	u_int *n_seen;		/* the same, as the handler last saw it */
	u_int *n_runs;		/* [target] */
};

struct mesh {
	struct budget m_budget;
	struct mesh_number m_numbers[MESH_NUMBERS];
	struct mark m_triggered, m_looked;
	volatile bool m_over;
	volatile u_int m_missed;
	u_int m_rounds;
};

static void
mesh_run(void *arg)
{
	struct mesh_number *n = arg;
	u_int self = cpu_number();

	for (u_int i = self * ncpu; i < (self + 1) * ncpu; i++)
		n->n_seen[i] = n->n_sent[i];
	/* Long enough for triggers to come meanwhile. */
	for (u_int loops = n->n_runs[self]++ % 4 * 64; loops > 0; loops--)
		__insn_barrier();
}

/* Long on a few CPUs, to make up for the round's end; short on many. */
#define MESH_BURST MAX(8, 128 / ncpu)

static void
mesh_burst(struct mesh *m, struct rng *r, u_int self)
{
	u_int target;
	int s;

	for (u_int left = 1 + rng_below(r, MESH_BURST); left > 0; left--) {
		/* Mostly the same, which is then pending when it is looked at. */
		struct mesh_number *n = &m->m_numbers[rng_below(r, 4) == 0];

		target = rng_below(r, ncpu - 1);
		target += target >= self;
		n->n_sent[target * ncpu + self]++;
		s = splraise((int)rng_below(r, IPL_HIGH + 1));
		PINNED(ipi_trigger(n->n_id, cpu_lookup(target)));
		splx(s);
	}
}

static u_int
mesh_missed(const struct mesh_number *n, u_int self)
{
	u_int missed = 0;

	for (u_int i = self * ncpu; i < (self + 1) * ncpu; i++)
		missed += n->n_seen[i] != n->n_sent[i];
	return (missed);
}

static void
mesh_trigger(u_int self, void *arg)
{
	struct mesh *m = arg;
	struct rng r = rng_init(self);

	for (u_int round = 1;; round++) {
		mesh_burst(m, &r, self);
		mark_meet(&m->m_triggered, round * ncpu);
		take_interrupts();
		for (u_int i = 0; i < MESH_NUMBERS; i++)
			if (mesh_missed(&m->m_numbers[i], self) != 0)
				atomic_inc_uint(&m->m_missed);
		if (self == 0) {
			m->m_over = !budget_left(&m->m_budget);
			m->m_rounds = round;
		}
		mark_meet(&m->m_looked, round * ncpu);
		if (m->m_over)
			break;
	}
}

static void
mesh_number_init(struct mesh_number *n)
{
	size_t size = ncpu * ncpu * sizeof(u_int);

	*n = (struct mesh_number){
	    .n_sent = kmem_zalloc(size, KM_SLEEP),
	    .n_seen = kmem_zalloc(size, KM_SLEEP),
	    .n_runs = kmem_zalloc(ncpu * sizeof(u_int), KM_SLEEP),
	    .n_id = ipi_number(mesh_run, n),
	};
}

static u_int
mesh_sent(const struct mesh_number *n, u_int target)
{
	u_int sent = 0;

	for (u_int i = target * ncpu; i < (target + 1) * ncpu; i++)
		sent += n->n_sent[i];
	return (sent);
}

CASE(i3_all_trigger_all, .api = XCVM_API_IPI, .kind = XCVM_KIND_STRESS,
    .contract = "I3", .min_vcpus = 2,
    .doc = "All CPUs trigger two numbers on all others, at random levels: "
	   "every handler begins once after the last trigger to it, and not "
	   "more often than triggered.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(200)))
{
	struct mesh m = {.m_budget = budget_start()};
	uint64_t all_sent = 0, all_runs = 0;

	for (u_int i = 0; i < MESH_NUMBERS; i++)
		mesh_number_init(&m.m_numbers[i]);
	on_each_cpu(mesh_trigger, &m);
	CHECK_EQ(m.m_missed, 0);
	for (u_int i = 0; i < MESH_NUMBERS; i++) {
		struct mesh_number *n = &m.m_numbers[i];

		for (u_int cpu = 0; cpu < ncpu; cpu++) {
			CHECK_LE(n->n_runs[cpu], mesh_sent(n, cpu));
			all_sent += mesh_sent(n, cpu);
			all_runs += n->n_runs[cpu];
		}
		ipi_unregister(n->n_id);
	}
	case_metric("rounds", "", m.m_rounds);
	case_metric("triggers", "", all_sent);
	case_metric("executions", "", all_runs);
}

#endif /* MULTIPROCESSOR */
