/* SPDX-License-Identifier: ISC */
/* xcall(9) HIGH: at which level the function runs, where, when. */
#include "xcall/xcall_case.h"

static struct nx_view view;

static void
check_high_everywhere(const struct nx_view *v, u_int runs, int ipl)
{
	for (u_int i = 0; i < nx_running(); i++)
		nx_check_high(v, cpu_lookup(i), runs, ipl);
	CHECK_EQ(mark_read(&v->v_runs), runs * nx_running());
}

static void
high_broadcast(void *arg __unused)
{
	uint64_t ticket = xc_broadcast(XC_HIGHPRI, nx_see, &view, view.v_arg2);

	CHECK(ticket & NX_HIGH_BIT);
	xc_wait(ticket);
}

CASE(n2_high_broadcast, .api = XCVM_API_XCALL, .contract = "N2",
    .doc = "A HIGH broadcast runs once on every CPU, the caller's too, in a "
	   "soft interrupt at IPL_SOFTSERIAL.")
{
	struct lwp *l;

	view.v_arg2 = &view.v_runs;
	high_broadcast(NULL);
	check_high_everywhere(&view, 1, IPL_SOFTSERIAL);

	l = thread_start(nx_last_cpu(), high_broadcast, NULL);
	thread_join(l);
	check_high_everywhere(&view, 2, IPL_SOFTSERIAL);
}

CASE(n2_high_unicast, .api = XCVM_API_XCALL, .contract = "N2",
    .doc = "A HIGH unicast runs once on the CPU it names, in a soft interrupt "
	   "at IPL_SOFTSERIAL, and nowhere else.")
{
	for (u_int i = 0; i < nx_running(); i++) {
		nx_view_clear(&view, &view);
		nx_call(XC_HIGHPRI, cpu_lookup(i), nx_see, &view, view.v_arg2);
		nx_check_high(&view, cpu_lookup(i), 1, IPL_SOFTSERIAL);
		nx_check_only(&view, cpu_lookup(i));
	}
}

CASE(n3_high_levels, .api = XCVM_API_XCALL, .contract = "N3",
    .doc = "A HIGH call runs at the soft level it asks for, on every CPU.")
{
	for (u_int i = 0; i < NX_LEVELS; i++) {
		nx_view_clear(&view, NULL);
		nx_call(
		    XC_HIGHPRI_IPL(nx_levels[i]), NULL, nx_see, &view, NULL);
		check_high_everywhere(&view, 1, nx_levels[i]);
		nx_call(XC_HIGHPRI_IPL(nx_levels[i]), nx_last_cpu(), nx_see,
		    &view, NULL);
		nx_check_high(&view, nx_last_cpu(), 2, nx_levels[i]);
	}
}

CASE(n3_encodings, .api = XCVM_API_XCALL, .contract = "N3",
    .doc = "The flags of the four levels have the values of the table.")
{
	CHECK_EQ(XC_HIGHPRI, 0x0001);
	CHECK_EQ(XC_HIGHPRI_IPL(IPL_SOFTSERIAL), 0x0001);
	CHECK_EQ(XC_HIGHPRI_IPL(IPL_SOFTNET), 0x0101);
	CHECK_EQ(XC_HIGHPRI_IPL(IPL_SOFTBIO), 0x0201);
	CHECK_EQ(XC_HIGHPRI_IPL(IPL_SOFTCLOCK), 0x0301);
}

/* To the own CPU at the call's level, and then at IPL_HIGH. */
static void
self_thread(void *arg __unused)
{
	for (u_int i = 0; i < 2 * NX_LEVELS; i++) {
		int level = nx_levels[i / 2];
		int raised = i % 2 == 0 ? level : IPL_HIGH, s;
		uint64_t ticket;

		nx_view_clear(&view, NULL);
		s = splraise(raised);
		ticket = xc_unicast(
		    XC_HIGHPRI_IPL(level), nx_see, &view, NULL, curcpu());
		CHECK_EQ(mark_read(&view.v_runs), 0);
		CHECK_EQ(curcpu()->ci_ilevel, raised);
		nx_spend(NX_LATE);
		CHECK_EQ(mark_read(&view.v_runs), 0);
		splx(s);
		nx_check_high(&view, curcpu(), 1, level);
		nx_check_only(&view, curcpu());
		xc_wait(ticket);
	}
}

CASE(n8_high_unicast_self, .api = XCVM_API_XCALL, .contract = "N8",
    .doc = "A HIGH unicast to the own CPU inside a raised level is deferred "
	   "until splx(), which runs it before it returns.")
{
	self_thread(NULL);
	thread_join(thread_start(nx_last_cpu(), self_thread, NULL));
}

#ifdef MULTIPROCESSOR

/* Wait until the call has come to a CPU that holds it off, or, wrongly, ran. */
static void
wait_recorded(const struct cpu_info *ci, int ipl, const struct mark *runs)
{
	const uint32_t sources = 1U << NX_SOURCE(ipl) | 1U << LIR_IPI;

	SPIN_UNTIL((ci->ci_ipending & sources) || mark_read(runs) != 0);
}

CASE(n8_high_unicast_held_off, .api = XCVM_API_XCALL, .contract = "N8",
    .min_vcpus = 2,
    .doc = "A CPU at the call's level, or at IPL_HIGH, defers a HIGH call "
	   "until it lowers its level.")
{
	struct cpu_info *ci = nx_last_cpu();

	for (u_int i = 0; i < 2 * NX_LEVELS; i++) {
		int level = nx_levels[i / 2];
		struct mark runs = {0};
		uint64_t ticket;
		struct hold h;

		hold_cpu(&h, ci, i % 2 == 0 ? level : IPL_HIGH);
		ticket = xc_unicast(
		    XC_HIGHPRI_IPL(level), call_count_2, &runs, NULL, ci);
		wait_recorded(ci, level, &runs);
		nx_spend(NX_LATE);
		CHECK_EQ(mark_read(&runs), 0);
		hold_release(&h);
		xc_wait(ticket);
		CHECK_EQ(mark_read(&runs), 1);
	}
}

/*
 * A CPU that is busy at a level, as a thread (IPL_NONE) or in a soft
 * interrupt, takes a HIGH call: at once, if it is above; else afterwards.
 */
struct nest {
	struct mark n_busy; /* the work at level n_ipl has begun, */
	struct mark n_done; /* and ended */
	struct mark n_runs; /* the call has run */
	int n_ipl, n_call_ipl;
	bool n_nested; /* it ran in between */
	void *n_softint;
};

static void
nest_call(void *arg, void *arg2 __unused)
{
	struct nest *n = arg;

	n->n_nested = mark_read(&n->n_done) == 0;
	mark_add(&n->n_runs);
}

static void
nest_work(void *arg)
{
	struct nest *n = arg;

	CHECK_EQ(curcpu()->ci_ilevel, n->n_ipl);
	mark_add(&n->n_busy);
	if (n->n_call_ipl > n->n_ipl)
		mark_wait(&n->n_runs, 1);
	else
		wait_recorded(curcpu(), n->n_call_ipl, &n->n_runs);
	CHECK_EQ(curcpu()->ci_ilevel, n->n_ipl);
	mark_add(&n->n_done);
}

static void
nest_thread(void *arg)
{
	struct nest *n = arg;

	if (n->n_softint != NULL)
		softint_schedule(n->n_softint);
	else
		nest_work(n);
}

static void
check_nesting(int ipl, int call_ipl)
{
	struct cpu_info *ci = nx_last_cpu();
	struct nest n = {.n_ipl = ipl, .n_call_ipl = call_ipl};
	struct lwp *l;

	if (ipl != IPL_NONE)
		n.n_softint = softint_establish(
		    SOFTINT_CLOCK + (u_int)(ipl - IPL_SOFTCLOCK), nest_work,
		    &n);
	l = thread_start(ci, nest_thread, &n);
	mark_wait(&n.n_busy, 1);
	nx_call(XC_HIGHPRI_IPL(call_ipl), ci, nest_call, &n, NULL);
	thread_join(l);
	if (n.n_nested != (call_ipl > ipl))
		case_failed(__FILE__, __LINE__, "nesting",
		    "a call at IPL %d and work at IPL %d: nested %d", call_ipl,
		    ipl, n.n_nested);
	CHECK_EQ(mark_read(&n.n_runs), 1);
	if (ipl != IPL_NONE)
		softint_disestablish(n.n_softint);
}

CASE(n41_nesting, .api = XCVM_API_XCALL, .contract = "N41", .min_vcpus = 2,
    .doc = "A HIGH function interrupts threads and soft interrupts of lower "
	   "levels, and no soft interrupt of its own level or a higher one.")
{
	for (u_int i = 0; i < NX_LEVELS; i++) {
		check_nesting(IPL_NONE, nx_levels[i]);
		for (u_int k = 0; k < NX_LEVELS; k++)
			check_nesting(nx_levels[k], nx_levels[i]);
	}
}

#endif /* MULTIPROCESSOR */
