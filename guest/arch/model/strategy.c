/* SPDX-License-Identifier: ISC */
/*
 * Strategies: who goes on at a point.  docs/explore.md says what each is good
 * for; search.c enumerates what the systematic ones try next.
 */
#include <machine/intr.h>
#include "model.h"
#include "strategy.h"

#define FAIR_TURN  200 /* steps, where everybody gets his turn */
#define SPIN_THAWS 8   /* pauses in a row of all others: a frozen CPU goes on */

struct strategy strategy;

/* --- chance --- */

static uint64_t
draw(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (z ^ z >> 31);
}

u_int
strategy_below(u_int bound)
{
	return ((u_int)((draw(&strategy.rng) >> 32) * bound >> 32));
}

void
strategy_seed(uint64_t order)
{
	uint64_t state = boot->seed ^ order * 0xd1342543de82ef95;

	strategy.rng = draw(&state);
}

/* --- what can be done --- */

bool
vt_enabled(enum mkind kind, u_int cpu, bool may)
{
	const struct mcpu *c = &model.cpus[cpu];

	if (c->c_frozen)
		return (false);
	switch (kind) {
	case V_RUN:
		return (c->c_state == M_RUNNABLE && (cpu != model.cpu || may));
	case V_DRAIN:
		return (buffer_holds(c));
	default:
		return (c->c_ready && c->c_state != M_STOPPED);
	}
}

static bool
thaw(void)
{
	bool any = false;

	for (u_int i = 0; i < model.ncpu; i++) {
		any |= model.cpus[i].c_frozen;
		model.cpus[i].c_frozen = false;
	}
	return (any);
}

/* Everybody who is not frozen halts or spins. */
static bool
others_wait(void)
{
	for (u_int i = 0; i < model.ncpu; i++) {
		const struct mcpu *c = &model.cpus[i];

		if (!c->c_frozen &&
		    (c->c_ready ||
			(c->c_state == M_RUNNABLE && c->c_spins < SPIN_THAWS)))
			return (false);
	}
	return (true);
}

void
strategy_last(void)
{
	strategy.last = true;
	if (strategy.frozen && others_wait())
		strategy.frozen = !thaw();
}

/* Which of those stores that may leave. */
static u_int
which_store(u_int cpu)
{
	u_int n;

	if (model.memory < MEMORY_WEAK)
		return (0);
	n = buffer_may_leave(&model.cpus[cpu]);
	return (n > 1 ? strategy_below(n) : 0);
}

/* --- strategies --- */

/* Interrupts and stores at once, CPUs in turn. */
static bool
pick_fair(bool may, bool last, enum mkind *kind, u_int *cpu)
{
	*cpu = model.cpu;
	*kind = V_INTR;
	if (vt_enabled(V_INTR, *cpu, may))
		return (true);
	*kind = V_DRAIN;
	for (*cpu = 0; *cpu < model.ncpu; ++*cpu)
		if (vt_enabled(V_DRAIN, *cpu, may))
			return (true);
	*kind = V_RUN;
	*cpu = model.cpu;
	if (may && !last && model.step - model.since < FAIR_TURN)
		return (true);
	for (u_int i = 1; i <= model.ncpu; i++) {
		*cpu = (model.cpu + i) % model.ncpu;
		*kind = V_INTR;
		if (vt_enabled(V_INTR, *cpu, may))
			return (true);
		*kind = V_RUN;
		if (vt_enabled(V_RUN, *cpu, may))
			return (true);
	}
	return (false);
}

static bool
pick_random(bool may, bool last, enum mkind *kind, u_int *cpu)
{
	u_int n = 0, chosen[V_KINDS * MODEL_CPUS];

	*kind = V_RUN;
	*cpu = model.cpu;
	if (may && !last && (draw(&strategy.rng) & strategy.mask) != 0)
		return (true);
	for (u_int k = 0; k < V_KINDS; k++)
		for (u_int i = 0; i < model.ncpu; i++)
			if (vt_enabled((enum mkind)k, i,
				may && (!last || model.ncpu == 1)))
				chosen[n++] = k * MODEL_CPUS + i;
	if (n == 0)
		return (may);
	n = chosen[strategy_below(n)];
	*kind = (enum mkind)(n / MODEL_CPUS);
	*cpu = n % MODEL_CPUS;
	return (true);
}

static bool
highest(bool may, enum mkind *kind, u_int *cpu)
{
	int best = INT32_MIN;

	for (u_int k = 0; k < V_KINDS; k++)
		for (u_int i = 0; i < model.ncpu; i++)
			if (strategy.prio[k][i] > best &&
			    vt_enabled((enum mkind)k, i, may)) {
				best = strategy.prio[k][i];
				*kind = (enum mkind)k;
				*cpu = i;
			}
	return (best != INT32_MIN);
}

static bool
pick_highest(bool may, bool last, enum mkind *kind, u_int *cpu)
{
	struct strategy *s = &strategy;

	if (last)
		s->prio[V_RUN][model.cpu] = --s->lowest;
	if (!highest(may, kind, cpu))
		return (false);
	if (s->at == s->nchanges || model.points < s->changes[s->at])
		return (true);
	s->at++;
	if (s->kind == S_FREEZE) {
		model.cpus[*cpu].c_frozen = true;
		s->frozen = true;
		if (highest(may, kind, cpu))
			return (true);
		s->frozen = !thaw();
	} else
		s->prio[*kind][*cpu] = --s->lowest;
	return (highest(may, kind, cpu));
}

/* The schedule's choice for this step; where it ends, or leads nowhere: fair. */
static bool
pick_replay(
    bool may, bool last, const void *pc, enum mkind *kind, u_int *cpu, u_int *n)
{
	const struct xcvm_choice *c = record_next();

	*kind = V_RUN;
	*cpu = model.cpu;
	*n = 0;
	if (c == NULL || c->step > model.step)
		return (may || pick_fair(may, last, kind, cpu));
	if (c->step == model.step && c->pc == (uint64_t)pc &&
	    c->cpu < model.ncpu && c->kind < V_KINDS) {
		if (vt_enabled((enum mkind)c->kind, c->cpu, may)) {
			*kind = (enum mkind)c->kind;
			*cpu = c->cpu;
			*n = c->nth;
			record_took(true);
			return (true);
		}
		if (!pick_fair(may, last, kind, cpu))
			return (false); /* time leaps, and then it fits */
	}
	record_took(false);
	model.replays = false;
	strategy.kind = S_FAIR;
	return (pick_fair(may, last, kind, cpu));
}

bool
strategy_pick(bool may, const void *pc, enum mkind *kind, u_int *cpu, u_int *n)
{
	bool last = strategy.last, found;

	strategy.last = false;
	*n = 0;
	if (model.replays)
		return (pick_replay(may, last, pc, kind, cpu, n));
	if (model.off || strategy.now == S_FAIR ||
	    model.step >= model.fair_from) {
		strategy.frozen = strategy.frozen && !thaw();
		return (pick_fair(may, last, kind, cpu));
	}
	found = strategy.now == S_RANDOM ? pick_random(may, last, kind, cpu)
					 : pick_highest(may, last, kind, cpu);
	if (!found && strategy.frozen) {
		strategy.frozen = !thaw();
		found = pick_highest(may, last, kind, cpu);
	}
	if (found && *kind == V_DRAIN)
		*n = which_store(*cpu);
	return (found);
}
