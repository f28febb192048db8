/* SPDX-License-Identifier: ISC */
/* xcall(9) LOW: which thread runs the function, where, when. */
#include "xcall/xcall_case.h"

static struct nx_view view;

static void
check_low_everywhere(const struct nx_view *v, u_int runs)
{
	for (u_int i = 0; i < nx_running(); i++)
		nx_check_low(v, cpu_lookup(i), runs);
	CHECK_EQ(mark_read(&v->v_runs), runs * nx_running());
}

static void
low_broadcast(void *arg __unused)
{
	nx_call(0, NULL, nx_see, &view, view.v_arg2);
}

CASE(n1_low_broadcast, .api = XCVM_API_XCALL, .contract = "N1",
    .doc = "A LOW broadcast runs once on every CPU, the caller's too, in the "
	   "CPU's thread xcall/N at IPL_NONE.")
{
	struct lwp *l;

	view.v_arg2 = &view.v_runs;
	low_broadcast(NULL);
	check_low_everywhere(&view, 1);

	l = thread_start(nx_last_cpu(), low_broadcast, NULL);
	thread_join(l);
	check_low_everywhere(&view, 2);
}

CASE(n1_low_unicast, .api = XCVM_API_XCALL, .contract = "N1",
    .doc = "A LOW unicast runs once on the CPU it names, in its thread "
	   "xcall/N at IPL_NONE, and nowhere else.")
{
	for (u_int i = 0; i < nx_running(); i++) {
		nx_view_clear(&view, &view);
		nx_call(0, cpu_lookup(i), nx_see, &view, view.v_arg2);
		nx_check_low(&view, cpu_lookup(i), 1);
		nx_check_only(&view, cpu_lookup(i));
	}
}

CASE(n4_level_without_high, .api = XCVM_API_XCALL, .contract = "N4",
    .doc = "Level bits without the HIGHPRI bit mean nothing, nor do bits "
	   "without a meaning: the call is LOW.")
{
	static const u_int flags[] = {0x0300, 0xfffe, 0x10000};

	for (u_int i = 0; i < nitems(flags); i++) {
		uint64_t ticket = xc_broadcast(flags[i], nx_see, &view, NULL);

		CHECK(!(ticket & NX_HIGH_BIT));
		xc_wait(ticket);
		check_low_everywhere(&view, i + 1);
	}
}

/* Calls its own CPU with preemption disabled. */
struct self {
	struct mark s_runs;
	u_int s_runs_at_return, s_runs_later, s_runs_after_yield;
};

static void
self_thread(void *arg)
{
	struct self *s = arg;
	uint64_t ticket;

	kpreempt_disable();
	ticket = xc_unicast(0, call_count_2, &s->s_runs, NULL, curcpu());
	s->s_runs_at_return = mark_read(&s->s_runs);
	nx_spend(NX_LATE);
	s->s_runs_later = mark_read(&s->s_runs);
	kpreempt_enable();
	yield();
	s->s_runs_after_yield = mark_read(&s->s_runs);
	xc_wait(ticket);
}

CASE(n7_low_unicast_self, .api = XCVM_API_XCALL, .contract = "N7",
    .doc = "A LOW unicast to the own CPU with preemption disabled has not run "
	   "when it returns, and has after a yield; the wait returns.")
{
	/* Of the priority that LOW functions have, and of a lower one. */
	static const pri_t pri[] = {PRI_XCALL, PRI_KTHREAD};

	for (u_int i = 0; i < nx_running() * nitems(pri); i++) {
		struct self s = {0};

		thread_join(thread_start_pri(cpu_lookup(i / nitems(pri)),
		    pri[i % nitems(pri)], self_thread, &s));
		CHECK_EQ(s.s_runs_at_return, 0);
		CHECK_EQ(s.s_runs_later, 0);
		CHECK_EQ(s.s_runs_after_yield, 1);
		CHECK_EQ(mark_read(&s.s_runs), 1);
	}
}

/* A LOW function that makes a HIGH call and waits for it. */
static void
high_from_low(void *runs, void *arg2 __unused)
{
	u_int before = mark_read(runs);

	nx_call(XC_HIGHPRI, NULL, call_count_2, runs, NULL);
	CHECK_EQ(mark_read(runs), before + nx_running());
	nx_call(XC_HIGHPRI, curcpu(), call_count_2, runs, NULL);
	CHECK_EQ(mark_read(runs), before + nx_running() + 1);
	xc_barrier(XC_HIGHPRI);
}

CASE(n32_low_performs_high, .api = XCVM_API_XCALL, .contract = "N32",
    .doc = "A LOW function may make HIGH calls and wait for them.")
{
	struct mark runs = {0};

	nx_call(0, cpu_lookup(0), high_from_low, &runs, NULL);
	nx_call(0, nx_last_cpu(), high_from_low, &runs, NULL);
	CHECK_EQ(mark_read(&runs), 2 * (nx_running() + 1));
}

/* Waits for a LOW ticket that is done. */
static void
wait_from_low(void *ticket, void *runs)
{
	xc_wait(*(const uint64_t *)ticket);
	mark_add(runs);
}

CASE(n31_low_waits_for_old_ticket, .api = XCVM_API_XCALL, .contract = "N31",
    .doc = "A LOW function may wait for a LOW ticket that is done: it returns "
	   "at once.")
{
	struct mark runs = {0};
	uint64_t ticket = xc_broadcast(0, call_count_2, &runs, NULL);

	xc_wait(ticket);
	nx_call(0, NULL, wait_from_low, &ticket, &runs);
	CHECK_EQ(mark_read(&runs), 2 * nx_running());
}

CASE(n39_offline_cpu_is_included, .api = XCVM_API_XCALL, .contract = "N39",
    .doc = "A CPU that is set offline, and runs, takes LOW and HIGH calls as "
	   "ever.")
{
	struct cpu_info *ci = nx_last_cpu();

	cpu_setstate(ci, false);
	low_broadcast(NULL);
	check_low_everywhere(&view, 1);
	nx_call(0, ci, nx_see, &view, NULL);
	nx_check_low(&view, ci, 2);

	nx_view_clear(&view, NULL);
	nx_call(XC_HIGHPRI, NULL, nx_see, &view, NULL);
	nx_call(XC_HIGHPRI, ci, nx_see, &view, NULL);
	nx_check_high(&view, ci, 2, IPL_SOFTSERIAL);
	CHECK_EQ(mark_read(&view.v_runs), nx_running() + 1);
	cpu_setstate(ci, true);
}

#ifdef MULTIPROCESSOR

/* A thread that does not give its CPU away until the call has run there. */
struct spinner {
	struct mark p_spinning, p_runs;
};

static void
spin_until_run(void *arg)
{
	struct spinner *p = arg;

	mark_add(&p->p_spinning);
	mark_wait(&p->p_runs, 1);
}

CASE(d14_low_preempts_a_thread, .api = XCVM_API_XCALL, .contract = "N1,D14",
    .decision = 14, .min_vcpus = 2,
    .doc = "A LOW call preempts a thread of lower priority that never yields.")
{
	struct spinner p = {0};
	struct lwp *l = thread_start(nx_last_cpu(), spin_until_run, &p);

	mark_wait(&p.p_spinning, 1);
	nx_call(0, nx_last_cpu(), call_count_2, &p.p_runs, NULL);
	thread_join(l);
	CHECK_EQ(mark_read(&p.p_runs), 1);
}

#endif /* MULTIPROCESSOR */
