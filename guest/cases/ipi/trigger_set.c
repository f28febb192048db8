/* SPDX-License-Identifier: ISC */
/* ipi(9): triggers to sets of CPUs, the caller's own among them. */
#include "ipi/ipi_case.h"

static struct ipi_tally tally;

/* The caller's level, and whether its interrupts are off. */
static const struct {
	int ipl;
	bool intr_off;
} callers[] = {
    {IPL_NONE, false},
    {IPL_SOFTCLOCK, false},
    {IPL_HIGH, false},
    {IPL_NONE, true},
};

static void
trigger_all_and_self(u_int id, const kcpuset_t *set, int ipl)
{
	u_int self = cpu_number();
	int s;

	kpreempt_disable();
	s = splraise(ipl);
	ipi_trigger_multi(id, set);
	CHECK_EQ(mark_read(&tally.t_runs[self]), kcpuset_isset(set, self));
	CHECK_EQ(cpu_ipl(), ipl);
	splx(s);
	kpreempt_enable();
}

static void
trigger_set(u_int id, const kcpuset_t *set, u_int levels)
{
	for (u_int i = 0; i < levels; i++) {
		uint64_t flags = 0;

		ipi_tally_clear(&tally);
		if (callers[i].intr_off)
			flags = intr_disable();
		trigger_all_and_self(id, set, callers[i].ipl);
		intr_restore(flags);
		ipi_settle_all();
		CHECK_TALLY(&tally, set, 1);
	}
	CHECK_EQ(tally.t_wrong_ipl, 0);
}

CASE(i7_trigger_multi, .api = XCVM_API_IPI, .contract = "I7",
    .doc = "ipi_trigger_multi() to no CPU, to this one, to all, to all "
	   "others: on each once, at IPL_HIGH; here before it returns, with "
	   "the level as it was.")
{
	kcpuset_t set;
	u_int id;

	ipi_tally_init(&tally);
	id = ipi_number(ipi_tally_run, &tally);
	kcpuset_zero(&set);
	trigger_set(id, &set, 1);
	kcpuset_set(&set, cpu_number());
	trigger_set(id, &set, nitems(callers));
	kcpuset_copy(&set, kcpuset_running);
	trigger_set(id, &set, 1);
	kcpuset_clear(&set, cpu_number());
	trigger_set(id, &set, 1);
	ipi_unregister(id);
}

CASE(i9_trigger_broadcast, .api = XCVM_API_IPI, .contract = "I9",
    .doc = "ipi_trigger_broadcast() runs the handler once on each other CPU, "
	   "and here before it returns unless this CPU is left out.")
{
	kcpuset_t set;
	u_int id;

	ipi_tally_init(&tally);
	id = ipi_number(ipi_tally_run, &tally);
	kcpuset_copy(&set, kcpuset_running);
	PINNED(ipi_trigger_broadcast(id, false));
	CHECK_EQ(mark_read(&tally.t_runs[cpu_number()]), 1);
	ipi_settle_all();
	CHECK_TALLY(&tally, &set, 1);

	ipi_tally_clear(&tally);
	kcpuset_clear(&set, cpu_number());
	PINNED(ipi_trigger_broadcast(id, true));
	ipi_settle_all();
	CHECK_TALLY(&tally, &set, 1);
	CHECK_EQ(tally.t_wrong_ipl, 0);
	ipi_unregister(id);
}

#ifdef MULTIPROCESSOR

static void
trigger_others(void *arg)
{
	u_int id = *(const u_int *)arg;
	kcpuset_t set;

	kcpuset_copy(&set, kcpuset_running);
	kcpuset_clear(&set, cpu_number());
	ipi_tally_clear(&tally);
	PINNED(ipi_trigger_multi(id, &set));
	ipi_settle_all();
	CHECK_TALLY(&tally, &set, 1);
	PINNED(ipi_trigger_broadcast(id, true));
	ipi_settle_all();
	CHECK_TALLY(&tally, &set, 2);
}

CASE(i7_triggers_from_each_cpu, .api = XCVM_API_IPI, .contract = "I7,I9",
    .min_vcpus = 2,
    .doc = "ipi_trigger_multi() and ipi_trigger_broadcast() reach all other "
	   "CPUs from whichever CPU.")
{
	u_int id;

	ipi_tally_init(&tally);
	id = ipi_number(ipi_tally_run, &tally);
	for (u_int i = 0; i < ncpu; i++)
		thread_join(thread_start(cpu_lookup(i), trigger_others, &id));
	ipi_unregister(id);
}

struct remote_trigger {
	u_int rt_id;
	struct cpu_info *rt_target;
	struct mark rt_raised, rt_done;
};

static void
trigger_once(void *arg)
{
	struct remote_trigger *rt = arg;

	mark_wait(&rt->rt_raised, 1);
	PINNED(ipi_trigger(rt->rt_id, rt->rt_target));
	mark_add(&rt->rt_done);
}

CASE(i8_self_and_what_is_pending, .api = XCVM_API_IPI, .contract = "I8",
    .min_vcpus = 2,
    .doc = "A trigger to the own CPU runs what other CPUs have left pending "
	   "there as well, each once; that of its own number too.")
{
	/* The number that another CPU triggers: above, below, the same. */
	static const u_int others[][2] = {{0, 1}, {1, 0}, {0, 0}, {1, 1}};
	struct mark marks[2] = {{0}};
	u_int ids[2] = {ipi_number(call_count, &marks[0]),
	    ipi_number(call_count, &marks[1])};
	struct remote_trigger rt;
	kcpuset_t self;
	struct lwp *l;
	int s;

	kcpuset_zero(&self);
	kcpuset_set(&self, cpu_number());
	for (u_int i = 0; i < nitems(others); i++) {
		u_int own = others[i][0], other = others[i][1];

		marks[0].m_count = marks[1].m_count = 0;
		rt = (struct remote_trigger){ids[other], curcpu(), {0}, {0}};
		l = thread_start(cpu_lookup(1), trigger_once, &rt);
		s = splhigh();
		mark_add(&rt.rt_raised);
		mark_wait(&rt.rt_done, 1);
		CHECK_EQ(mark_read(&marks[other]), 0);
		ipi_trigger_multi(ids[own], &self);
		CHECK_EQ(mark_read(&marks[own]), 1);
		CHECK_EQ(mark_read(&marks[other]), 1);
		splx(s);
		thread_join(l);
		ipi_settle(curcpu());
		CHECK_EQ(mark_read(&marks[own]), 1);
		CHECK_EQ(mark_read(&marks[other]), 1);
	}
	ipi_unregister(ids[0]);
	ipi_unregister(ids[1]);
}

/* A handler that triggers another number on its own CPU, and on all. */
struct chain {
	u_int c_next;
	struct mark c_runs, c_next_runs;
	u_int c_at_once; /* executions of the next when the trigger was done */
};

static void
trigger_next(void *arg)
{
	struct chain *c = arg;
	kcpuset_t self;

	kcpuset_zero(&self);
	kcpuset_set(&self, cpu_number());
	ipi_trigger_multi(c->c_next, &self);
	c->c_at_once = mark_read(&c->c_next_runs);
	mark_add(&c->c_runs);
}

CASE(i7_self_from_a_handler, .api = XCVM_API_IPI, .contract = "I7",
    .min_vcpus = 2,
    .doc = "A handler triggers another number on its own CPU: that runs "
	   "inside it.")
{
	struct chain c = {.c_next = 0};
	u_int id = ipi_number(trigger_next, &c);

	c.c_next = ipi_number(call_count, &c.c_next_runs);
	PINNED(ipi_trigger(id, cpu_lookup(1)));
	ipi_settle(cpu_lookup(1));
	CHECK_EQ(mark_read(&c.c_runs), 1);
	CHECK_EQ(c.c_at_once, 1);
	CHECK_EQ(mark_read(&c.c_next_runs), 1);
	ipi_unregister(id);
	ipi_unregister(c.c_next);
}

#endif /* MULTIPROCESSOR */
