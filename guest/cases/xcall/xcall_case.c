/* SPDX-License-Identifier: ISC */
/* What the xcall(9) cases share. */
#include "xcall/xcall_case.h"

const int nx_levels[NX_LEVELS] = {
    IPL_SOFTSERIAL, IPL_SOFTNET, IPL_SOFTBIO, IPL_SOFTCLOCK};

struct cpu_info *
nx_last_cpu(void)
{
	return (cpu_lookup(nx_running() - 1));
}

void
nx_see(void *arg, void *arg2)
{
	struct nx_view *v = arg;
	struct nx_seen *s = &v->v_cpu[cpu_number()];

	s->s_ipl = curcpu()->ci_ilevel;
	s->s_softintr = cpu_softintr_p();
	s->s_intr = cpu_intr_p();
	s->s_nopreempt = curlwp->l_nopreempt != 0;
	s->s_args = arg2 == v->v_arg2;
	s->s_lwp = curlwp;
	s->s_runs++;
	mark_add(&v->v_runs);
}

void
nx_view_clear(struct nx_view *v, void *arg2)
{
	v->v_runs.m_count = 0;
	v->v_arg2 = arg2;
	/* Not all of it: clearing so much is slow where code is emulated. */
	for (u_int i = 0; i < ncpu; i++)
		v->v_cpu[i] = (struct nx_seen){0};
}

void
nx_check_low(const struct nx_view *v, struct cpu_info *ci, u_int runs)
{
	const struct nx_seen *s = &v->v_cpu[cpu_index(ci)];
	char name[MAXCOMLEN];

	CHECK_EQ(s->s_runs, runs);
	if (s->s_runs == 0)
		return;
	CHECK_EQ(s->s_ipl, IPL_NONE);
	CHECK(!s->s_softintr);
	CHECK(!s->s_intr);
	CHECK(!s->s_nopreempt);
	CHECK(s->s_args);
	snprintf(name, sizeof(name), "xcall/%u", cpu_index(ci));
	if (strcmp(s->s_lwp->l_name, name) != 0)
		case_failed(__FILE__, __LINE__, "name of the thread",
		    "it was %s, and should be %s", s->s_lwp->l_name, name);
	CHECK_EQ(s->s_lwp->l_cpu, ci);
	CHECK_EQ(s->s_lwp->l_priority, PRI_XCALL);
}

void
nx_check_high(const struct nx_view *v, struct cpu_info *ci, u_int runs, int ipl)
{
	const struct nx_seen *s = &v->v_cpu[cpu_index(ci)];

	CHECK_EQ(s->s_runs, runs);
	if (s->s_runs == 0)
		return;
	CHECK_EQ(s->s_ipl, ipl);
	CHECK(s->s_softintr);
	CHECK(!s->s_intr);
	CHECK(s->s_args);
	CHECK_EQ(s->s_lwp->l_cpu, ci);
}

void
nx_check_only(const struct nx_view *v, struct cpu_info *ci)
{
	CHECK_EQ(mark_read(&v->v_runs), v->v_cpu[cpu_index(ci)].s_runs);
}

/* --- the gate --- */

static void
gate_keeper(void *arg)
{
	struct nx_gate *g = arg;

	mutex_enter(&g->g_mutex);
	cond_wait(&g->g_open, "case");
	mutex_exit(&g->g_mutex);
}

void
nx_gate_close(struct nx_gate *g)
{
	*g = (struct nx_gate){.g_open = COND_INITIALIZER()};
	mutex_init(&g->g_mutex, MUTEX_DEFAULT, IPL_SOFTSERIAL);
	g->g_keeper = thread_start(curcpu(), gate_keeper, g);
	/* It shares our CPU, so it has left it when we see it asleep. */
	YIELD_UNTIL(g->g_keeper->l_stat == LSSLEEP);
}

void
nx_gate_open(struct nx_gate *g)
{
	cond_signal(&g->g_open);
	thread_join(g->g_keeper);
}

void
nx_pass(void *arg, void *arg2 __unused)
{
	struct nx_gate *g = arg;

	mark_add(&g->g_entered);
	mutex_enter(&g->g_mutex);
	mutex_exit(&g->g_mutex);
	mark_add(&g->g_left);
}

/* --- threads that call --- */

static void
caller_thread(void *arg)
{
	struct nx_caller *c = arg;

	if (c->c_func != NULL) {
		c->c_ticket = nx_submit(
		    c->c_flags, c->c_target, c->c_func, c->c_arg1, c->c_arg2);
		mark_add(&c->c_submitted);
	}
	xc_wait(c->c_ticket);
	mark_add(&c->c_returned);
}

void
nx_caller_start(struct nx_caller *c, struct cpu_info *ci)
{
	c->c_lwp = thread_start(ci, caller_thread, c);
}

void
nx_wait_asleep(const struct lwp *l, const struct mark *too_far)
{
	YIELD_UNTIL(l->l_stat == LSSLEEP || mark_read(too_far) != 0);
}

void
nx_grace(const struct mark *m)
{
	uint64_t end = nsecuptime() + 5000000;

	YIELD_UNTIL(mark_read(m) != 0 || nsecuptime() >= end);
}

/* --- time --- */

uint64_t
nx_call_time(void)
{
	uint64_t shortest = UINT64_MAX, start;

	for (u_int i = 0; i < 3; i++) {
		start = nsecuptime();
		xc_barrier(0);
		shortest = MIN(shortest, nsecuptime() - start);
	}
	return (shortest);
}

uint64_t
nx_random_length(struct rng *r, uint64_t call_time)
{
	return (rng_below(r, 3) == 0
		    ? rng_below(r, (u_int)MIN(call_time, UINT32_MAX))
		    : 0);
}

void
nx_spend(uint64_t nsecs)
{
	uint64_t end;

	if (nsecs == 0)
		return;
	end = nsecuptime() + nsecs;
	SPIN_UNTIL(nsecuptime() >= end);
}
