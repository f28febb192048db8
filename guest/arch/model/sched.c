/* SPDX-License-Identifier: ISC */
/* The scheduler: who goes on at a point, and how it comes to run. */
#include <machine/intr.h>
#include "model.h"
#include "point.h"

#define QUIET_TURN 500 /* accesses */
#define TURN	   2000 /* steps after which a CPU comes last, if others can run */

/* The next step at which model_alarm() has to look. */
static void
set_alarm(uint64_t timer)
{
	struct model *m = &model;
	uint64_t next = m->since + TURN;

	if (next <= m->step)
		next = m->step + TURN;
	if (timer != X2APIC_NEVER)
		next = MIN(next,
		    timer <= model_time()
			? m->step + 1
			: m->step + howmany(timer - model_time(), m->tick));
	next = MIN(next, m->limit_steps);
	m->alarm = next;
}

void
model_alarm(const void *pc, uintptr_t frame)
{
	struct model *m = &model;

	set_alarm(model_timers());
	if (m->step >= m->limit_steps)
		explore_hang("the order has no end", frame);
	if (!m->replays && m->step - m->since >= TURN) {
		strategy_last();
		model_choose(true, pc, frame);
		m->me->c_ran += m->step - m->since;
		m->since = m->step;
	}
	set_alarm(model_timers());
}

void
model_quiet(const void *pc, uintptr_t frame)
{
	static u_int passed;

	if (!model.off || model.outside > 0 || model.ncpu == 0 ||
	    ++passed % QUIET_TURN != 0)
		return;
	strategy_last();
	model_choose(true, pc, frame);
}

static bool
anybody_ready(void)
{
	for (u_int i = 0; i < model.ncpu; i++)
		if (vt_enabled(V_INTR, i, false))
			return (true);
	return (false);
}

/*
 * Nobody could run: a timer may be due already, or else time leaps to the next.
 * False: there is none.
 */
static bool
leap(void)
{
	uint64_t next = model_timers();

	if (anybody_ready())
		return (true);
	if (next == X2APIC_NEVER)
		return (false);
	if (next > model_time())
		model.time += next - model_time();
	(void)model_timers();
	return (true);
}

static void
switch_to(u_int cpu, uintptr_t frame)
{
	struct model *m = &model;
	struct mcpu *from = m->me, *to = &m->cpus[cpu];

	from->c_ran += m->step - m->since;
	buffer_undo(from, frame);
	m->cpu = cpu;
	m->me = to;
	m->ready = to->c_ready;
	m->since = m->step;
	m->alarm = m->step;
	model_self = to->c_info;
	((struct xcvm_boot *)(uintptr_t)boot)->running = cpu;
	model_switch(&from->c_sp, to->c_sp);
	/* Back: whoever switched here has set all but what is our own. */
	buffer_redo(from);
}

void
model_choose(bool stay, const void *pc, uintptr_t frame)
{
	struct model *m = &model;
	struct mcpu *c = m->me;
	enum mkind kind;
	u_int cpu, n;

	for (;;) {
		m->points++;
		if (!strategy_pick(stay, pc, &kind, &cpu, &n)) {
			if (!leap())
				explore_hang("no CPU can go on: all halt, and "
					     "no interrupt is on its way",
				    frame);
			continue;
		}
		if (kind == V_RUN && cpu == m->cpu)
			return;
		record(kind, cpu, n, pc);
		if (kind == V_DRAIN) {
			buffer_drain(&m->cpus[cpu], n, frame);
			continue;
		}
		if (kind == V_INTR)
			m->cpus[cpu].c_take = true;
		if (cpu != m->cpu)
			switch_to(cpu, frame);
		if (!c->c_take)
			return;
		c->c_take = false;
		model_deliver();
		m->step++;
		if (!stay)
			return;
	}
}
