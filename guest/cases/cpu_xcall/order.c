/* SPDX-License-Identifier: ISC */
/* cpu_xcall(9): order among calls, and between calls and timeouts. */
#include <sys/callout.h>
#include "cpu_xcall/cpu_xcall_case.h"

#ifdef MULTIPROCESSOR

/* A function that notes its place in the order of execution. */
struct place {
	struct mark *p_line;
	u_int p_place; /* from 1 */
	struct mark p_runs;
};

static void
call_place(void *arg)
{
	struct place *p = arg;

	p->p_place = atomic_inc_uint_nv(&p->p_line->m_count);
	mark_add(&p->p_runs);
}

CASE(o13_order_is_not_promised, .api = XCVM_API_CPU_XCALL, .contract = "O13",
    .min_vcpus = 2,
    .doc = "Two calls queued in turn behind a running one both run, in "
	   "whichever order; a metric tells which.")
{
	struct cpu_info *ci = cpu_lookup(1);
	struct xcall xa, xb, xc;
	struct mark line = {0};
	struct place b = {.p_line = &line}, c = {.p_line = &line};
	struct gate gate = {0};

	/* The first leaves the lowest slot for B, below C's. */
	call(ci, &xa, call_gate, &gate);
	mark_wait(&gate.g_entered, 1);
	call(ci, &xb, call_place, &b);
	call(ci, &xc, call_place, &c);
	mark_add(&gate.g_open);
	mark_wait(&line, 2);
	calls_drain(ci);
	CHECK_EQ(mark_read(&b.p_runs), 1);
	CHECK_EQ(mark_read(&c.p_runs), 1);
	case_metric("later call ran first", "", c.p_place < b.p_place);
}

CASE(o14_call_behind_the_scan, .api = XCVM_API_CPU_XCALL, .contract = "O14",
    .min_vcpus = 2,
    .doc = "A call queued in a slot that the running pass has left behind "
	   "runs without anything else happening.")
{
	struct cpu_info *ci = cpu_lookup(1);
	struct gate gate = {0};
	struct mark runs = {0};
	struct xcall xa, xb;

	call(ci, &xa, call_gate, &gate);
	mark_wait(&gate.g_entered, 1);
	call(ci, &xb, call_count, &runs);
	/* Its interrupt must not come too late to be forgotten. */
	calls_recorded(ci, &runs);
	mark_add(&gate.g_open);
	mark_wait(&runs, 1);
	calls_drain(ci);
	CHECK_EQ(mark_read(&runs), 1);
}

/* A call and a timeout that both wait for CPU 0 to lower its level. */
struct race {
	struct cpu_info *r_target;
	struct mark r_line, r_go, r_queued;
	struct place r_call, r_timeout;
	struct xcall r_xc;
};

static void
queue_place(void *arg)
{
	struct race *r = arg;

	mark_wait(&r->r_go, 1);
	call(r->r_target, &r->r_xc, call_place, &r->r_call);
	mark_add(&r->r_queued);
}

static void
queue_call(struct race *r)
{
	mark_add(&r->r_go);
	mark_wait(&r->r_queued, 1);
	SPIN_UNTIL(curcpu()->ci_md.md_xcall_pending);
}

static void
queue_timeout(struct race *r, struct callout *c)
{
	callout_reset_nsec(c, 1000, call_place, &r->r_timeout);
	SPIN_UNTIL(curcpu()->ci_callout_due);
}

static void
race(bool call_first)
{
	struct race r = {.r_target = curcpu(),
	    .r_call.p_line = &r.r_line,
	    .r_timeout.p_line = &r.r_line};
	struct lwp *l = thread_start(cpu_lookup(1), queue_place, &r);
	struct callout c;
	int s = splsoftclock();

	callout_init(&c, CALLOUT_MPSAFE);
	if (call_first)
		queue_call(&r);
	queue_timeout(&r, &c);
	if (!call_first)
		queue_call(&r);
	CHECK_EQ(mark_read(&r.r_line), 0);
	splx(s);
	mark_wait(&r.r_line, 2);
	CHECK_EQ(r.r_call.p_place, 1);
	CHECK_EQ(r.r_timeout.p_place, 2);
	thread_join(l);
}

CASE(o21_calls_before_timeouts, .api = XCVM_API_CPU_XCALL, .contract = "O21",
    .min_vcpus = 2,
    .doc = "When a call and a timeout are both due as the level drops, the "
	   "call is served first.")
{
	race(true);
	race(false);
}

/* A call during which a timeout comes due on its CPU. */
struct timed {
	struct callout t_callout;
	struct place t_timeout;
	struct mark t_due, t_go;
};

static void
call_timed(void *arg)
{
	struct timed *t = arg;

	callout_init(&t->t_callout, CALLOUT_MPSAFE);
	callout_reset_nsec(&t->t_callout, 1000, call_place, &t->t_timeout);
	SPIN_UNTIL(curcpu()->ci_callout_due);
	mark_add(&t->t_due);
	mark_wait(&t->t_go, 1);
}

CASE(o21_call_during_a_call, .api = XCVM_API_CPU_XCALL, .contract = "O21",
    .min_vcpus = 2,
    .doc = "When a call and a timeout both come due while a call runs, the "
	   "call is served first.")
{
	struct cpu_info *ci = cpu_lookup(1);
	struct mark line = {0};
	struct timed timed = {.t_timeout.p_line = &line};
	struct place second = {.p_line = &line};
	struct xcall xa, xb;

	call(ci, &xa, call_timed, &timed);
	mark_wait(&timed.t_due, 1);
	/* In the slot that the pass has left behind: in the next pass. */
	call(ci, &xb, call_place, &second);
	/* What the timeout has marked as well tells nothing of the call. */
	SPIN_UNTIL(ci->ci_md.md_xcall_pending);
	CHECK_EQ(mark_read(&line), 0);
	mark_add(&timed.t_go);
	mark_wait(&second.p_runs, 1);
	mark_wait(&timed.t_timeout.p_runs, 1);
	CHECK_EQ(second.p_place, 1);
	CHECK_EQ(timed.t_timeout.p_place, 2);
}

#endif /* MULTIPROCESSOR */
