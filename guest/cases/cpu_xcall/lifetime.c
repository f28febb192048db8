/* SPDX-License-Identifier: ISC */
/* cpu_xcall(9): from its start the function's object is its owner's again. */
#include <sys/kmem.h>
#include "cpu_xcall/cpu_xcall_case.h"

/* An object that its function frees. */
struct gift {
	char g_pad[16]; /* the allocator writes here after kmem_free() */
	struct xcall g_xc;
	struct mark *g_freed;
};

static void
call_free(void *arg)
{
	struct gift *g = arg;
	struct mark *freed = g->g_freed;

	kmem_free(g, sizeof(*g));
	mark_add(freed);
}

static void
check_poison(const struct gift *g)
{
	const unsigned char *p = (const unsigned char *)&g->g_xc;

	for (u_int i = 0; i < sizeof(g->g_xc); i++)
		CHECK_EQ(p[i], KMEM_POISON);
}

CASE(o16_function_frees_its_object, .api = XCVM_API_CPU_XCALL,
    .contract = "O16",
    .doc = "A function frees the object of its own call, and nothing looks at "
	   "it afterwards.")
{
	CPU_INFO_ITERATOR cii;
	struct cpu_info *ci;
	struct gift *g, *again;
	struct mark freed;

	for (CPU_INFO_FOREACH(cii, ci)) {
		freed = (struct mark){0};
		g = kmem_alloc(sizeof(*g), KM_SLEEP);
		g->g_freed = &freed;
		call(ci, &g->g_xc, call_free, g);
		mark_wait(&freed, 1);
#ifdef MULTIPROCESSOR
		/* The pass that ran it is over. */
		if (ci != curcpu())
			calls_drain(ci);
#endif
		again = kmem_alloc(sizeof(*again), KM_SLEEP);
		if (CHECK_EQ(again, g))
			check_poison(again);
		kmem_free(again, sizeof(*again));
	}
}

#ifdef MULTIPROCESSOR

/* Objects that go round all CPUs, each sent on by its own function. */
struct ring {
	struct budget r_budget;
	struct mark r_ended;
	volatile u_int r_wrong;
	uint64_t r_hops[XCALL_CPU_SLOTS];
};

struct hopper {
	char h_pad[16];
	struct xcall h_xc;
	struct ring *h_ring;
	uint64_t *h_hops;
	u_int h_cpu; /* where it has been sent */
};

static void
call_hop(void *arg)
{
	struct hopper *h = arg;
	struct ring *r = h->h_ring;

	if (cpu_number() != h->h_cpu)
		atomic_inc_uint(&r->r_wrong);
	(*h->h_hops)++;
	if (!budget_left(&r->r_budget)) {
		kmem_free(h, sizeof(*h));
		mark_add(&r->r_ended);
		return;
	}
	h->h_cpu = (h->h_cpu + 1) % ncpu;
	/* Not ours any more when this returns. */
	cpu_xcall(cpu_lookup(h->h_cpu), &h->h_xc);
}

CASE(o15_function_sends_its_object_on, .api = XCVM_API_CPU_XCALL,
    .kind = XCVM_KIND_STRESS, .contract = "O15", .min_vcpus = 2,
    .doc = "Functions submit their own objects to the next CPU, round and "
	   "round: none is lost.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(200)))
{
	struct ring r = {.r_budget = budget_start()};
	uint64_t hops = 0;

	/* No more than slots: at IPL_SOFTCLOCK none may wait for the next. */
	for (u_int i = 0; i < XCALL_CPU_SLOTS; i++) {
		struct hopper *h = kmem_alloc(sizeof(*h), KM_SLEEP);

		h->h_ring = &r;
		h->h_hops = &r.r_hops[i];
		h->h_cpu = 1;
		call(cpu_lookup(1), &h->h_xc, call_hop, h);
	}
	mark_wait(&r.r_ended, XCALL_CPU_SLOTS);
	calls_drain_others();
	CHECK_EQ(mark_read(&r.r_ended), XCALL_CPU_SLOTS);
	CHECK_EQ(r.r_wrong, 0);
	for (u_int i = 0; i < XCALL_CPU_SLOTS; i++)
		hops += r.r_hops[i];
	case_metric("hops", "", hops);
}

#endif /* MULTIPROCESSOR */
