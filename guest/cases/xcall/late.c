/* SPDX-License-Identifier: ISC */
/*
 * xcall(9): who comes to run only after the next call has been made, or is
 * passed by another call on its own CPU.
 */
#include "xcall/xcall_case.h"

#ifdef MULTIPROCESSOR

static struct mark runs;

/* A call of that class that stays in its function, on the last CPU. */
static uint64_t
call_gated(u_int flags, struct nx_gate *g)
{
	nx_gate_close(g);
	return (xc_unicast(flags, nx_pass, g, NULL, nx_last_cpu()));
}

/*
 * A thread on CPU 1 sleeps for a call, which ends while that CPU lets no
 * thread run; when it does, there has been another call.
 */
static void
late_begin(struct nx_caller *c, struct hold *hold, struct nx_gate *g,
    uint64_t ticket, const struct mark *too_far)
{
	nx_caller_start(c, cpu_lookup(1));
	nx_wait_asleep(c->c_lwp, too_far);
	hold_cpu(hold, cpu_lookup(1), HOLD_PREEMPTION);
	nx_gate_open(g);
	xc_wait(ticket);
}

static void
check_late_waiter(u_int flags)
{
	struct nx_caller late;
	struct nx_gate gate;
	struct hold hold;
	uint64_t ticket = call_gated(flags, &gate);

	late = (struct nx_caller){.c_ticket = ticket};
	late_begin(&late, &hold, &gate, ticket, &late.c_returned);
	nx_call(flags, nx_last_cpu(), call_count_2, &runs, NULL);
	CHECK_EQ(mark_read(&late.c_returned), 0);
	hold_release(&hold);
	thread_join(late.c_lwp);
	CHECK_EQ(mark_read(&late.c_returned), 1);
}

CASE(n10_late_waiter, .api = XCVM_API_XCALL, .contract = "N10", .min_vcpus = 3,
    .doc = "Who waits for a call, and comes to run only after the next one, "
	   "returns.")
{
	check_late_waiter(0);
	check_late_waiter(XC_HIGHPRI);
}

static void
check_late_caller(u_int flags)
{
	struct nx_caller late = {.c_flags = flags,
	    .c_target = cpu_lookup(0),
	    .c_func = call_count_2,
	    .c_arg1 = &runs};
	struct nx_gate first, second;
	struct hold hold;
	uint64_t ticket = call_gated(flags, &first);

	runs.m_count = 0;
	late_begin(&late, &hold, &first, ticket, &late.c_submitted);
	ticket = call_gated(flags, &second);
	hold_release(&hold);
	nx_wait_asleep(late.c_lwp, &late.c_submitted);
	nx_grace(&runs);
	CHECK_EQ(mark_read(&runs), 0);
	CHECK_EQ(mark_read(&late.c_submitted), 0);
	nx_gate_open(&second);
	xc_wait(ticket);
	thread_join(late.c_lwp);
	CHECK_EQ(late.c_ticket, ticket + 1);
	CHECK_EQ(mark_read(&runs), 1);
}

CASE(n17_late_caller, .api = XCVM_API_XCALL, .contract = "N17", .min_vcpus = 3,
    .doc = "Who waits to make a call, and comes to run only when the next one "
	   "has been made, waits for that as well.")
{
	check_late_caller(0);
	check_late_caller(XC_HIGHPRI);
}

/* --- the call in the box, while another waits for its place --- */

CASE(n3_level_of_the_call_before, .api = XCVM_API_XCALL, .contract = "N3",
    .min_vcpus = 3,
    .doc = "A HIGH call that has not begun keeps level, function and arguments "
	   "when another waits to be made.")
{
	static struct nx_view view;
	struct cpu_info *ci = nx_last_cpu();

	for (u_int i = 0; i < NX_LEVELS; i++) {
		struct nx_caller next = {
		    .c_flags = XC_HIGHPRI_IPL(nx_levels[NX_LEVELS - 1 - i]),
		    .c_target = ci,
		    .c_func = call_count_2,
		    .c_arg1 = &runs};
		struct hold hold;

		nx_view_clear(&view, &view);
		hold_cpu(&hold, ci, IPL_HIGH);
		(void)xc_unicast(
		    XC_HIGHPRI_IPL(nx_levels[i]), nx_see, &view, &view, ci);
		nx_caller_start(&next, cpu_lookup(1));
		nx_wait_asleep(next.c_lwp, &next.c_submitted);
		hold_release(&hold);
		thread_join(next.c_lwp);
		nx_check_high(&view, ci, 1, nx_levels[i]);
	}
	CHECK_EQ(mark_read(&runs), NX_LEVELS);
}

/* --- a caller that its own call preempts --- */

struct passing {
	struct cond p_go;
	struct mark p_waiting;
	uint64_t p_ticket;
};

/* Better than the thread that runs LOW functions. */
static void
pass_caller(void *arg)
{
	struct passing *p = arg;

	mark_add(&p->p_waiting);
	cond_wait(&p->p_go, "case");
	p->p_ticket = xc_unicast(0, call_count_2, &runs, NULL, curcpu());
}

static void
let_pass(void *arg, void *arg2 __unused)
{
	struct passing *p = arg;

	cond_signal(&p->p_go);
	mark_add(&runs);
}

static void
call_and_be_passed(void *arg)
{
	struct passing *p = arg;
	struct lwp *l;
	uint64_t before, ticket;

	*p = (struct passing){.p_go = COND_INITIALIZER()};
	l = thread_start_pri(curcpu(), PRI_XCALL + 1, pass_caller, p);
	YIELD_UNTIL(mark_read(&p->p_waiting) == 1 && l->l_stat == LSSLEEP);
	before = xc_unicast(0, call_count_2, &runs, NULL, curcpu());
	xc_wait(before);
	ticket = xc_unicast(0, let_pass, p, NULL, curcpu());
	CHECK_EQ(ticket, before + 1);
	thread_join(l);
	CHECK_EQ(p->p_ticket, before + 2);
	xc_wait(p->p_ticket);
	CHECK_EQ(mark_read(&runs), 3);
}

CASE(n9_ticket_of_a_passed_caller, .api = XCVM_API_XCALL, .contract = "N9",
    .min_vcpus = 2,
    .doc = "A call to the own CPU that runs before its ticket is returned, "
	   "and another after it: each has its own ticket.")
{
	static struct passing p;

	thread_join(thread_start(cpu_lookup(1), call_and_be_passed, &p));
}

#endif /* MULTIPROCESSOR */
