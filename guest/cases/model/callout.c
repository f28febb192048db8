/* SPDX-License-Identifier: ISC */
/* callout(9) against a model: due at once, or far away. */
#include <sys/callout.h>
#include "model/model.h"

#define CALLOUTS 5
#define FIRED(c) (0x10 + (c))

/* The last, a little more than 2^32 ns, must not be taken for 1. */
static const uint64_t far[] = {UINT64_C(1) << 33, UINT64_C(3600000000000),
    UINT64_MAX >> 1, UINT64_MAX - 1, (UINT64_C(1) << 32) + 1};

static struct callout callout[CALLOUTS];

/* The model beside what is due. */
static u_int where[CALLOUTS]; /* 1 + CPU it is pending on, or 0 */
static uint32_t resets;	      /* so far: what is due is in their order */

static void
fire(void *arg)
{
	model_ran(FIRED((u_int)((struct callout *)arg - callout)));
}

/* Not pending any more; was it? */
static bool
forget(u_int c)
{
	bool was = where[c] != 0;

	for (u_int cpu = 0; cpu < model_ncpus(); cpu++)
		(void)model_drop_due(cpu, FIRED(c));
	where[c] = 0;
	return (was);
}

static bool
level_is_legal(const struct step *s)
{
	return (model_level(s->s_cpu) <= IPL_SCHED);
}
#define soon_is_legal  level_is_legal
#define ticks_is_legal level_is_legal
#define far_is_legal   level_is_legal
#define stop_is_legal  level_is_legal
#define ask_is_legal   level_is_legal

static uint64_t
soon_call(const struct step *s)
{
	callout_reset_nsec(
	    &callout[s->s_arg[0]], 0, fire, &callout[s->s_arg[0]]);
	return (0);
}

static void
soon_model(const struct step *s, uint64_t result __unused)
{
	u_int c = s->s_arg[0];

	(void)forget(c);
	where[c] = s->s_cpu + 1;
	model_due(s->s_cpu, FIRED(c), IPL_SOFTCLOCK, IPL_SOFTCLOCK, ++resets);
}

static uint64_t
far_call(const struct step *s)
{
	callout_reset_nsec(&callout[s->s_arg[0]], far[s->s_arg[1]], fire,
	    &callout[s->s_arg[0]]);
	return (0);
}

static void
far_model(const struct step *s, uint64_t result __unused)
{
	(void)forget(s->s_arg[0]);
	where[s->s_arg[0]] = s->s_cpu + 1;
}

/* As many ticks as there can be: months, and more nanoseconds than 2^32. */
static uint64_t
ticks_call(const struct step *s)
{
	callout_reset(&callout[s->s_arg[0]], INT32_MAX >> s->s_arg[1], fire,
	    &callout[s->s_arg[0]]);
	return (0);
}

#define ticks_model far_model

static uint64_t
stop_call(const struct step *s)
{
	return (callout_stop(&callout[s->s_arg[0]]));
}

static void
stop_model(const struct step *s, uint64_t result)
{
	MODEL_EQ(result, forget(s->s_arg[0]));
}

static uint64_t
ask_call(const struct step *s)
{
	return (callout_pending(&callout[s->s_arg[0]]));
}

static void
ask_model(const struct step *s, uint64_t result)
{
	MODEL_EQ(result, where[s->s_arg[0]] != 0);
}

static const struct op ops[] = {
    OP("callout_reset_nsec(&callout[%0], 0, ran, NULL)", soon, CALLOUTS),
    OP("callout_reset_nsec(&callout[%0], 0, ran, NULL)", soon, CALLOUTS),
    OP("callout_reset_nsec(&callout[%0], far[%1], ran, NULL)", far, CALLOUTS,
	nitems(far)),
    OP("callout_reset(&callout[%0], INT32_MAX >> %1, ran, NULL)", ticks,
	CALLOUTS, 8),
    OP("callout_stop(&callout[%0])", stop, CALLOUTS),
    OP("callout_pending(&callout[%0])", ask, CALLOUTS),
};
static const struct op_table table = OP_TABLE(ops);

static void
begin(struct rng *r __unused)
{
	for (u_int c = 0; c < CALLOUTS; c++)
		callout_init(&callout[c], CALLOUT_MPSAFE);
}

static void
ran(u_int cpu, u_int what)
{
	MODEL_EQ(where[what - FIRED(0)], cpu + 1);
	where[what - FIRED(0)] = 0;
}

/* Pending, and where, as the list of each CPU has it. */
static void
check(void)
{
	for (u_int c = 0; c < CALLOUTS; c++) {
		MODEL_EQ(callout_pending(&callout[c]), where[c] != 0);
		if (where[c] != 0)
			MODEL_EQ(
			    callout[c].c_cpu == model_cpu(where[c] - 1), true);
	}
}

static void
end(void)
{
	for (u_int c = 0; c < CALLOUTS; c++)
		MODEL_EQ(callout_stop(&callout[c]), forget(c));
}

static const struct subject callouts = {
    .su_name = "callout",
    .su_ops = {&table},
    .su_contexts = MODEL_ALL_CONTEXTS,
    .su_level = IPL_SOFTCLOCK,
    .su_begin = begin,
    .su_ran = ran,
    .su_check = check,
    .su_end = end,
};

CASE(model_callout, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_STRESS,
    .doc = "Callouts set, moved between CPUs and stopped in random order: each "
	   "fires where it was set last, in the order of their times.",
    PARAMS(PARAM_MODEL(1)))
{
	model_run(&callouts);
}
