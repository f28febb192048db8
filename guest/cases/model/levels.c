/* SPDX-License-Identifier: ISC */
/* The level, soft interrupts and a hard interrupt, against a model. */
#include "model/model.h"

#define SOFTS	       6
#define WHAT(soft)     (0x10 + (soft))
#define SOFT_IPL(soft) (IPL_SOFTCLOCK + (int)soft_level[soft])
#define OTHERS_MAX     50 /* handles in the way, so that numbers differ */

static void *soft[SOFTS]; /* NULL: disestablished */
static u_int soft_level[SOFTS];
static void *others[OTHERS_MAX];
static u_int nothers;

static void
soft_run(void *arg)
{
	model_ran(WHAT((u_int)(uintptr_t)arg));
}

static bool
schedule_is_legal(const struct step *s)
{
	return (soft[s->s_arg[0]] != NULL);
}

static uint64_t
schedule_call(const struct step *s)
{
	softint_schedule(soft[s->s_arg[0]]);
	return (0);
}

static void
schedule_model(const struct step *s, uint64_t result __unused)
{
	u_int i = s->s_arg[0];

	/* One that is pending runs once; between equals there is no order. */
	if (model_count_due(s->s_cpu, WHAT(i)) == 0)
		model_due(s->s_cpu, WHAT(i), SOFT_IPL(i), SOFT_IPL(i), 0);
}

static bool
establish_is_legal(const struct step *s)
{
	return (!schedule_is_legal(s) && model_is_open(s->s_cpu));
}

static uint64_t
establish_call(const struct step *s)
{
	return (
	    (uint64_t)(uintptr_t)softint_establish(s->s_arg[1] | SOFTINT_MPSAFE,
		soft_run, (void *)(uintptr_t)s->s_arg[0]));
}

static void
establish_model(const struct step *s, uint64_t result)
{
	soft[s->s_arg[0]] = (void *)(uintptr_t)result;
	soft_level[s->s_arg[0]] = s->s_arg[1];
	MODEL_EQ(result == 0, false);
}

static bool
disestablish_is_legal(const struct step *s)
{
	/* The wait for another CPU would sleep by the tick. */
	for (u_int cpu = 0; cpu < model_ncpus(); cpu++)
		if (model_count_due(cpu, WHAT(s->s_arg[0])) != 0)
			return (false);
	return (schedule_is_legal(s) && model_is_open(s->s_cpu));
}

static uint64_t
disestablish_call(const struct step *s)
{
	softint_disestablish(soft[s->s_arg[0]]);
	return (0);
}

static void
disestablish_model(const struct step *s, uint64_t result __unused)
{
	soft[s->s_arg[0]] = NULL;
}

/* What the CPU is asked about its context. */
static uint64_t
context_call(const struct step *s __unused)
{
	return (
	    (uint64_t)cpu_ipl() << 2 | cpu_intr_p() << 1 | cpu_softintr_p());
}

#define context_is_legal model_always

static void
context_model(const struct step *s, uint64_t result)
{
	MODEL_EQ(result >> 2, model_level(s->s_cpu));
	/* A hard interrupt leaves it at what it came to. */
	if (model_in_thread(s->s_cpu))
		MODEL_EQ(result & 3, 0);
}

static const struct op ops[] = {
    OP("softint_schedule(soft[%0])", schedule, SOFTS),
    OP("softint_schedule(soft[%0])", schedule, SOFTS),
    OP("soft[%0] = softint_establish(%1, ran, NULL)", establish, SOFTS,
	SOFTINT_COUNT),
    OP("softint_disestablish(soft[%0])", disestablish, SOFTS),
    OP("check_context()", context),
};
static const struct op_table table = OP_TABLE(ops);

static void
begin(struct rng *r)
{
	nothers = rng_below(r, 2) * rng_below(r, OTHERS_MAX + 1);
	for (u_int i = 0; i < nothers; i++)
		others[i] = softint_establish(i % 4, soft_run, NULL);
	for (u_int i = 0; i < SOFTS; i++) {
		soft_level[i] = rng_below(r, SOFTINT_COUNT);
		soft[i] = softint_establish(
		    soft_level[i], soft_run, (void *)(uintptr_t)i);
		MODEL_EQ(soft[i] == NULL, false);
	}
}

/* Marks of what is due, and no others. */
static void
check(void)
{
	for (u_int cpu = 0; cpu < model_ncpus(); cpu++) {
		const struct cpu_info *ci = model_cpu(cpu);
		u_int due = 0, pending = 0;

		for (u_int i = 0; i < SOFTS; i++)
			due += model_count_due(cpu, WHAT(i));
		for (u_int i = 0; i < SOFTINT_LEVELS; i++)
			for (uint64_t word = ci->ci_softpend[i]; word != 0;
			     word &= word - 1)
				pending++;
		MODEL_EQ(pending, due);
	}
}

static void
end(void)
{
	for (u_int i = 0; i < SOFTS; i++)
		if (soft[i] != NULL)
			softint_disestablish(soft[i]);
	for (u_int i = 0; i < nothers; i++)
		softint_disestablish(others[i]);
}

static const struct subject levels = {
    .su_name = "levels",
    .su_ops = {&table},
    .su_contexts = MODEL_ALL_CONTEXTS,
    .su_begin = begin,
    .su_check = check,
    .su_end = end,
};

CASE(model_levels, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_STRESS,
    .doc = "Levels, soft interrupts and hard ones, in random order: each runs "
	   "when the level allows, once, the higher ones first.",
    PARAMS(PARAM_MODEL(1)))
{
	model_run(&levels);
}
