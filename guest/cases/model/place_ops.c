/* SPDX-License-Identifier: ISC */
/* What every model says of its CPUs, and the operations on the CPUs themselves. */
#include "model/place.h"

struct model_cpu model_cpus[MODEL_CPUS];
static u_int ncpus;

const int place_context_level[MODEL_CONTEXTS] = {
    [MODEL_THREAD] = IPL_NONE,
    [MODEL_SOFTCLOCK] = IPL_SOFTCLOCK,
    [MODEL_SOFTBIO] = IPL_SOFTBIO,
    [MODEL_SOFTNET] = IPL_SOFTNET,
    [MODEL_SOFTSERIAL] = IPL_SOFTSERIAL,
    [MODEL_HARD] = IPL_HIGH,
    [MODEL_CALL] = IPL_SOFTCLOCK,
};

void
place_choose_cpus(void)
{
	/* CPUs 0 and 1, one in the middle, and the last. */
	const u_int some[MODEL_CPUS] = {0, 1, ncpu / 2, ncpu - 1};

	ncpus = MIN(ncpu, MODEL_CPUS);
	for (u_int i = 0; i < ncpus; i++)
		model_cpus[i].c_info =
		    cpu_lookup(ncpu <= MODEL_CPUS ? i : some[i]);
}

u_int
model_ncpus(void)
{
	return (ncpus);
}

struct cpu_info *
model_cpu(u_int cpu)
{
	return (model_cpus[cpu].c_info);
}

u_int
model_index(const struct cpu_info *ci)
{
	u_int cpu = 0;

	while (cpu < ncpus && model_cpus[cpu].c_info != ci)
		cpu++;
	return (cpu);
}

int
model_level(u_int cpu)
{
	return (place_top(&model_cpus[cpu])->p_level);
}

bool
model_is_pinned(u_int cpu)
{
	return (place_top(&model_cpus[cpu])->p_pinned);
}

bool
model_in_thread(u_int cpu)
{
	return (model_cpus[cpu].c_depth == 0);
}

bool
model_is_open(u_int cpu)
{
	return (model_in_thread(cpu) && model_level(cpu) == IPL_NONE &&
		!model_is_pinned(cpu));
}

void
model_lock(u_int cpu, int level)
{
	place_top(&model_cpus[cpu])->p_level = level;
	place_top(&model_cpus[cpu])->p_locks++;
}

void
model_unlock(u_int cpu, int level)
{
	place_top(&model_cpus[cpu])->p_level = level;
	place_top(&model_cpus[cpu])->p_locks--;
}

bool
model_is_busy(u_int cpu)
{
	return (model_cpus[cpu].c_busy);
}

bool
model_any_busy(void)
{
	for (u_int cpu = 0; cpu < ncpus; cpu++)
		if (model_is_busy(cpu))
			return (true);
	return (false);
}

/* --- the operations --- */

static struct place *
place_of(const struct step *s)
{
	return (place_top(&model_cpus[s->s_cpu]));
}

static bool
raise_is_legal(const struct step *s)
{
	return (model_level(s->s_cpu) < (int)s->s_arg[0] + 1);
}

static uint64_t
raise_call(const struct step *s)
{
	return ((uint64_t)splraise((int)s->s_arg[0] + 1));
}

static void
raise_model(const struct step *s, uint64_t result)
{
	MODEL_EQ(result, place_of(s)->p_level);
	place_of(s)->p_level = (int)s->s_arg[0] + 1;
}

static bool
lower_is_legal(const struct step *s)
{
	return (model_level(s->s_cpu) > (int)s->s_arg[0] &&
		(int)s->s_arg[0] >= place_of(s)->p_base);
}

static uint64_t
lower_call(const struct step *s)
{
	splx((int)s->s_arg[0]);
	return (0);
}

static void
lower_model(const struct step *s, uint64_t result __unused)
{
	place_of(s)->p_level = (int)s->s_arg[0];
}

static bool
pin_is_legal(const struct step *s)
{
	return (!place_of(s)->p_pinned);
}

static uint64_t
pin_call(const struct step *s __unused)
{
	kpreempt_disable();
	return (0);
}

static void
pin_model(const struct step *s, uint64_t result __unused)
{
	place_of(s)->p_pinned = true;
}

static bool
unpin_is_legal(const struct step *s)
{
	return (place_of(s)->p_pinned);
}

static uint64_t
unpin_call(const struct step *s __unused)
{
	kpreempt_enable();
	return (0);
}

static void
unpin_model(const struct step *s, uint64_t result __unused)
{
	place_of(s)->p_pinned = false;
}

enum model_context
place_entered_context(const struct step *s)
{
	return ((enum model_context)(MODEL_THREAD + 1 + s->s_arg[0]));
}

static bool
enter_is_legal(const struct step *s)
{
	return (model_cpus[s->s_cpu].c_depth < DEPTH - 1 &&
		model_level(s->s_cpu) <
		    place_context_level[place_entered_context(s)]);
}

static bool
leave_is_legal(const struct step *s)
{
	const struct place *p = place_of(s);

	return (model_cpus[s->s_cpu].c_depth > 0 && p->p_level == p->p_base &&
		!p->p_pinned);
}

static bool
interrupt_is_legal(const struct step *s)
{
	return (model_count_due(s->s_arg[0], PLACE_HARD_RAN) == 0);
}

static uint64_t
interrupt_call(const struct step *s)
{
	test_interrupt(model_cpu(s->s_arg[0]));
	return (0);
}

static void
interrupt_model(const struct step *s, uint64_t result __unused)
{
	model_due(
	    s->s_arg[0], PLACE_HARD_RAN, IPL_HIGH, IPL_HIGH, MODEL_ANY_RANK);
}

const struct op place_ops[] = {
    [PLACE_ENTER] = {.o_text = "enter(%0)",
	.o_below = {MODEL_CONTEXTS - 1},
	.o_legal = enter_is_legal,
	.o_call = place_enter_softly},
    [PLACE_LEAVE] = {.o_text = "leave()", .o_legal = leave_is_legal},
    [PLACE_RAISE] = OP("splraise(%0)", raise, IPL_HIGH),
    [PLACE_LOWER] = OP("splx(%0)", lower, IPL_HIGH),
    [PLACE_PIN] = OP("kpreempt_disable()", pin),
    [PLACE_UNPIN] = OP("kpreempt_enable()", unpin),
    [PLACE_INTERRUPT] = OP("test_interrupt(cpu[%0])", interrupt, MODEL_A_CPU),
};
const u_int place_nops = nitems(place_ops);

void
place_raise_to(struct step *s, int level)
{
	if (s->s_op == &place_ops[PLACE_RAISE])
		s->s_arg[0] = (u_int)level - 1;
}

bool
place_is_common(const struct op *op)
{
	return (op >= place_ops && op < place_ops + nitems(place_ops));
}

bool
place_legal(const struct step *s, u_int contexts)
{
	if (place_is_common(s->s_op) && place_of(s)->p_locks != 0)
		return (false);
	return (!model_is_busy(s->s_cpu) && s->s_op->o_legal(s) &&
		(s->s_op != &place_ops[PLACE_ENTER] ||
		    (contexts & 1U << place_entered_context(s)) != 0));
}

bool
place_unwind(struct step *s)
{
	for (u_int cpu = ncpus; cpu-- > 0;) {
		const struct place *p = place_top(&model_cpus[cpu]);

		*s = (struct step){.s_cpu = cpu};
		if (model_is_busy(cpu) || model_is_open(cpu) || p->p_locks != 0)
			continue;
		if (p->p_level > p->p_base) {
			s->s_op = &place_ops[PLACE_LOWER];
			s->s_arg[0] = (u_int)p->p_base;
		} else
			s->s_op =
			    &place_ops[p->p_pinned ? PLACE_UNPIN : PLACE_LEAVE];
		return (true);
	}
	return (false);
}
