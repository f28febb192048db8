/* SPDX-License-Identifier: ISC */
/* xcall(9): what runs beside what, what after what, and what a wait proves. */
#include "xcall/xcall_case.h"

/* --- the two classes are independent --- */

CASE(n18_high_while_low_waits, .api = XCVM_API_XCALL, .contract = "N18",
    .doc = "HIGH calls complete while a LOW function sleeps on the same CPU.")
{
	struct mark runs = {0};
	struct nx_gate gate;
	uint64_t low;

	nx_gate_close(&gate);
	low = xc_broadcast(0, nx_pass, &gate, NULL);
	YIELD_UNTIL(mark_read(&gate.g_entered) == nx_running());
	nx_call(XC_HIGHPRI, NULL, call_count_2, &runs, NULL);
	nx_call(XC_HIGHPRI, nx_last_cpu(), call_count_2, &runs, NULL);
	CHECK_EQ(mark_read(&runs), nx_running() + 1);
	CHECK_EQ(mark_read(&gate.g_left), 0);
	nx_gate_open(&gate);
	xc_wait(low);
	CHECK_EQ(mark_read(&gate.g_left), nx_running());
}

CASE(n18_low_while_high_waits, .api = XCVM_API_XCALL, .contract = "N18",
    .doc = "LOW calls complete while a HIGH function waits for a mutex on the "
	   "same CPU.")
{
	struct mark runs = {0};
	struct nx_gate gate;
	uint64_t high;

	nx_gate_close(&gate);
	high = xc_broadcast(XC_HIGHPRI, nx_pass, &gate, NULL);
	YIELD_UNTIL(mark_read(&gate.g_entered) == nx_running());
	nx_call(0, NULL, call_count_2, &runs, NULL);
	nx_call(0, nx_last_cpu(), call_count_2, &runs, NULL);
	CHECK_EQ(mark_read(&runs), nx_running() + 1);
	CHECK_EQ(mark_read(&gate.g_left), 0);
	nx_gate_open(&gate);
	xc_wait(high);
	CHECK_EQ(mark_read(&gate.g_left), nx_running());
}

#ifdef MULTIPROCESSOR

/* A LOW function that keeps its CPU until the HIGH call has run there. */
struct busy {
	struct mark b_entered, b_high;
};

static void
spin_until_high(void *arg, void *arg2 __unused)
{
	struct busy *b = arg;

	mark_add(&b->b_entered);
	mark_wait(&b->b_high, 1);
}

CASE(n18_high_interrupts_low, .api = XCVM_API_XCALL, .contract = "N18",
    .min_vcpus = 2,
    .doc = "A HIGH call interrupts a LOW function that is busy on its CPU.")
{
	struct cpu_info *ci = nx_last_cpu();
	struct busy b = {0};
	uint64_t low = xc_unicast(0, spin_until_high, &b, NULL, ci);

	mark_wait(&b.b_entered, 1);
	nx_call(XC_HIGHPRI, ci, call_count_2, &b.b_high, NULL);
	xc_wait(low);
	CHECK_EQ(mark_read(&b.b_high), 1);
}

#endif /* MULTIPROCESSOR */

/* --- one call at a time, and no wait that returns early --- */

/* What a second call finds of the first. */
struct pair {
	struct nx_gate p_gate;
	u_int p_targets; /* of the first */
	struct mark p_second, p_early;
};

static void
second_runs(void *arg, void *arg2 __unused)
{
	struct pair *p = arg;

	if (mark_read(&p->p_gate.g_left) != p->p_targets)
		mark_add(&p->p_early);
	mark_add(&p->p_second);
}

/* As nx_pass(), with work left to do once the gate is open. */
static void
pass_slowly(void *arg, void *arg2 __unused)
{
	struct nx_gate *g = arg;

	mark_add(&g->g_entered);
	mutex_enter(&g->g_mutex);
	mutex_exit(&g->g_mutex);
	nx_spend(500000);
	mark_add(&g->g_left);
}

/*
 * The first call, to all CPUs or the last, runs everywhere and is held up.
 * After that, a thread waits for it and another makes a second call: the one
 * must not return, nor the other's function run, before the first is done.
 */
static void
check_pair(u_int first, struct cpu_info *target, u_int second)
{
	struct pair p = {.p_targets = target != NULL ? 1 : nx_running()};
	struct nx_caller waiter = {0};
	struct nx_caller next = {
	    .c_flags = second, .c_func = second_runs, .c_arg1 = &p};

	nx_gate_close(&p.p_gate);
	waiter.c_ticket =
	    nx_submit(first, target, pass_slowly, &p.p_gate, NULL);
	YIELD_UNTIL(mark_read(&p.p_gate.g_entered) == p.p_targets);

	nx_caller_start(&waiter, nx_last_cpu());
	nx_caller_start(&next, curcpu());
	nx_wait_asleep(waiter.c_lwp, &waiter.c_returned);
	nx_wait_asleep(next.c_lwp, &p.p_second);
	CHECK_EQ(mark_read(&waiter.c_returned), 0);
	CHECK_EQ(mark_read(&next.c_submitted), 0);
	CHECK_EQ(mark_read(&p.p_second), 0);

	nx_gate_open(&p.p_gate);
	thread_join(waiter.c_lwp);
	CHECK_EQ(mark_read(&p.p_gate.g_left), p.p_targets);
	thread_join(next.c_lwp);
	CHECK_EQ(mark_read(&p.p_early), 0);
	CHECK_EQ(mark_read(&p.p_second), nx_running());
	CHECK(
	    (next.c_ticket & ~NX_HIGH_BIT) > (waiter.c_ticket & ~NX_HIGH_BIT));
}

CASE(n20_low_is_done_when_it_returned, .api = XCVM_API_XCALL, .contract = "N20",
    .doc = "Neither a wait for a LOW call returns nor the next LOW call "
	   "starts while its function still runs (PR 51632).")
{
	check_pair(0, NULL, 0);
	check_pair(0, nx_last_cpu(), 0);
}

CASE(n20_high_is_done_when_it_returned, .api = XCVM_API_XCALL,
    .contract = "N20",
    .doc = "Neither a wait for a HIGH call returns nor the next HIGH call "
	   "starts while its function still runs.")
{
	check_pair(XC_HIGHPRI, NULL, XC_HIGHPRI);
	check_pair(XC_HIGHPRI, nx_last_cpu(), XC_HIGHPRI);
}

CASE(n19_levels_one_by_one, .api = XCVM_API_XCALL, .contract = "N19",
    .doc = "A HIGH call starts only when the one before has finished "
	   "everywhere, also at another level, higher or lower.")
{
	u_int clock = XC_HIGHPRI_IPL(IPL_SOFTCLOCK);

	check_pair(clock, NULL, XC_HIGHPRI);
	check_pair(XC_HIGHPRI, NULL, clock);
	check_pair(clock, nx_last_cpu(), XC_HIGHPRI_IPL(IPL_SOFTNET));
}
