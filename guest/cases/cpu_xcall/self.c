/* SPDX-License-Identifier: ISC */
/* cpu_xcall(9) to the own CPU: at once, at the caller's level or above. */
#include <machine/lapic.h>
#include "cpu_xcall/cpu_xcall_case.h"

/* Call this CPU; the function must have run when the call returns. */
static void
call_self(struct seen *seen)
{
	int ipl = curcpu()->ci_ilevel;
	struct xcall xc = XCALL_INITIALIZER(call_see, seen);

	cpu_xcall(curcpu(), &xc);
	CHECK_EQ(mark_read(&seen->s_runs), 1);
	CHECK_EQ(seen->s_cpu, cpu_number());
	CHECK_EQ(seen->s_ipl, MAX(ipl, IPL_SOFTCLOCK));
	CHECK_EQ(seen->s_lwp, curlwp);
	CHECK_EQ(curcpu()->ci_ilevel, ipl);
}

static void
self_at_ipl_none(u_int cpu, void *arg __unused)
{
	struct seen seen = {0};

	CHECK_EQ(curcpu()->ci_ilevel, IPL_NONE);
	call_self(&seen);
	CHECK_EQ(seen.s_cpu, cpu);
	CHECK_EQ(seen.s_ipl, IPL_SOFTCLOCK);
	CHECK(!seen.s_intr);
}

CASE(o3_self_call, .api = XCVM_API_CPU_XCALL, .contract = "O3",
    .doc = "A call of a CPU to itself has run, at IPL_SOFTCLOCK, when it "
	   "returns.")
{
	on_each_cpu(self_at_ipl_none, NULL);
}

static void
self_at_each_level(u_int cpu __unused, void *arg __unused)
{
	for (int ipl = IPL_NONE; ipl <= IPL_HIGH; ipl++) {
		struct seen seen = {0};
		int s = splraise(ipl);

		call_self(&seen);
		splx(s);
	}
}

CASE(o4_self_call_keeps_a_higher_level, .api = XCVM_API_CPU_XCALL,
    .contract = "O4",
    .doc = "A self call raises the level to IPL_SOFTCLOCK and never lowers it.")
{
	on_each_cpu(self_at_each_level, NULL);
}

static void
self_in_interrupt(void *arg)
{
	struct seen seen = {0};

	CHECK_EQ(curcpu()->ci_ilevel, IPL_HIGH);
	call_self(&seen);
	CHECK(seen.s_intr);
	mark_add(arg);
}

CASE(o4_self_call_in_hard_interrupt, .api = XCVM_API_CPU_XCALL,
    .contract = "O4",
    .doc = "A self call in a hard interrupt runs there, at its level.")
{
	struct mark done = {0};

	intr_test_establish(self_in_interrupt, &done);
	lapic_self_ipi(INTR_VECTOR(LIR_TEST));
	mark_wait(&done, 1);
}

/* A function that calls its own CPU again, so many levels deep. */
#define NEST_DEPTH 5
struct nest {
	struct xcall n_call[NEST_DEPTH];
	u_int n_depth;	/* functions entered */
	u_int n_ended;	/* functions left */
	u_int n_slots;	/* taken at the bottom */
	bool n_in_turn; /* the inner one had ended when its call returned */
	int n_ipl;	/* at the bottom */
	struct mark n_done;
};

static void
call_nested(void *arg)
{
	struct nest *n = arg;
	u_int depth = n->n_depth++;

	if (n->n_depth < NEST_DEPTH) {
		call(curcpu(), &n->n_call[n->n_depth], call_nested, n);
		if (n->n_ended != NEST_DEPTH - 1 - depth)
			n->n_in_turn = false;
	} else {
		n->n_slots = slots_taken(curcpu());
		n->n_ipl = curcpu()->ci_ilevel;
	}
	n->n_ended++;
	if (depth == 0)
		mark_add(&n->n_done);
}

static void
check_nested(struct cpu_info *ci)
{
	struct nest n = {.n_in_turn = true};

	call(ci, &n.n_call[0], call_nested, &n);
	mark_wait(&n.n_done, 1);
	CHECK_EQ(n.n_depth, NEST_DEPTH);
	CHECK_EQ(n.n_ended, NEST_DEPTH);
	CHECK(n.n_in_turn);
	CHECK_EQ(n.n_slots, 0);
	CHECK_EQ(n.n_ipl, IPL_SOFTCLOCK);
}

CASE(o6_nested_self_calls, .api = XCVM_API_CPU_XCALL, .contract = "O6",
    .doc = "A function can call its own CPU: it recurses, and takes no slot.")
{
	check_nested(curcpu());
	check_nested(cpu_lookup(ncpu - 1));
}

#ifdef MULTIPROCESSOR

/* A thread of another CPU that queues calls here when told to. */
struct sender {
	struct cpu_info *target;
	struct xcall xc[XCALL_CPU_SLOTS];
	struct mark go, queued, runs;
};

static void
queue_four(void *arg)
{
	struct sender *sn = arg;

	mark_wait(&sn->go, 1);
	call_n(sn->target, sn->xc, nitems(sn->xc), call_count, &sn->runs);
	mark_add(&sn->queued);
	mark_wait(&sn->runs, nitems(sn->xc));
	calls_drain(sn->target);
}

CASE(o5_self_call_overtakes_the_queue, .api = XCVM_API_CPU_XCALL,
    .contract = "O5", .min_vcpus = 2,
    .doc = "A self call runs before four calls that are queued for this CPU, "
	   "and leaves them queued.")
{
	struct sender sn = {.target = curcpu()};
	struct lwp *l = thread_start(cpu_lookup(1), queue_four, &sn);
	struct seen seen = {0};
	int s = splsoftclock();

	mark_add(&sn.go);
	mark_wait(&sn.queued, 1);
	calls_recorded(curcpu(), &sn.runs);
	call_self(&seen);
	CHECK_EQ(mark_read(&sn.runs), 0);
	CHECK_EQ(slots_taken(curcpu()), nitems(sn.xc));
	splx(s);
	thread_join(l);
	CHECK_EQ(mark_read(&sn.runs), nitems(sn.xc));
}

#endif /* MULTIPROCESSOR */
