/* SPDX-License-Identifier: ISC */
/* Sleep queues against a model: tsleep(9), wakeup(9), cond_wait(9). */
#include "model/actor.h"

#define CHANNELS 3
#define CONDS	 2

static volatile u_int channel[CHANNELS];
static struct cond cond[CONDS];

/* The model: who sleeps where, the first to come first. */
static struct actor_queue queue[CHANNELS];
static bool signalled[CONDS];
static u_int cond_waiter[CONDS]; /* 1 + actor, or 0 */

/* How long: the last is over at once, the others never. */
enum { FOREVER_TICKS, FOREVER_NSEC, FAR_TICKS, FAR_NSEC, SOON, TIMES };

static u_int
sleep_run(const struct step *s)
{
	const volatile void *wchan = &channel[s->s_arg[1]];

	switch (s->s_arg[2]) {
	case FOREVER_TICKS:
		return ((u_int)tsleep(wchan, PWAIT, "model", 0));
	case FOREVER_NSEC:
		return ((u_int)tsleep_nsec(wchan, PWAIT, "model", INFSLP));
	case FAR_TICKS:
		return ((u_int)tsleep(wchan, PWAIT, "model", INT32_MAX));
	case FAR_NSEC:
		return ((u_int)tsleep_nsec(
		    wchan, PWAIT, "model", (1ULL << 32) + 1));
	default:
		return ((u_int)tsleep_nsec(wchan, PWAIT, "model", 1));
	}
}

/* An actor that could not be told to stop is none to tell. */
static bool
sleep_is_legal(const struct step *s)
{
	return (actor_is_ready(s->s_arg[0]));
}

static uint64_t
sleep_call(const struct step *s)
{
	actor_tell(s->s_arg[0], sleep_run, s);
	return (0);
}

static void
sleep_model(const struct step *s, uint64_t result __unused)
{
	u_int a = s->s_arg[0], w = s->s_arg[1];

	if (s->s_arg[2] == SOON) {
		actor_wakes(a, EWOULDBLOCK, ACTOR_ANY_ORDER);
		return;
	}
	actor_queue_enter(&queue[w], a, &channel[w]);
}

#define wakeup_is_legal model_always

/* Wakes all, or as many as the second argument says, from -1 and 0 on. */
static uint64_t
wakeup_call(const struct step *s)
{
	wakeup_n(&channel[s->s_arg[0]], (int)s->s_arg[1] - 1);
	return (0);
}

static void
wakeup_model(const struct step *s, uint64_t result __unused)
{
	struct actor_queue *q = &queue[s->s_arg[0]];

	actor_queue_wake(q, MIN(s->s_arg[1] - 1, q->q_count), s->s_cpu);
}

/* --- conditions, one waiter each --- */

static u_int
wait_run(const struct step *s)
{
	cond_wait(&cond[s->s_arg[1]], "model");
	return (0);
}

static bool
wait_is_legal(const struct step *s)
{
	return (actor_is_ready(s->s_arg[0]) && cond_waiter[s->s_arg[1]] == 0);
}

static uint64_t
wait_call(const struct step *s)
{
	actor_tell(s->s_arg[0], wait_run, s);
	return (0);
}

static void
wait_model(const struct step *s, uint64_t result __unused)
{
	u_int a = s->s_arg[0], c = s->s_arg[1];

	if (signalled[c]) {
		actor_wakes(a, 0, ACTOR_ANY_ORDER);
		return;
	}
	actor_await_asleep(a, &cond[c]);
	actor_sleeps(a);
	cond_waiter[c] = a + 1;
}

#define signal_is_legal model_always

static uint64_t
signal_call(const struct step *s)
{
	cond_signal(&cond[s->s_arg[0]]);
	return (0);
}

static void
signal_model(const struct step *s, uint64_t result __unused)
{
	u_int c = s->s_arg[0];

	signalled[c] = true;
	if (cond_waiter[c] != 0)
		actor_wakes(cond_waiter[c] - 1, 0, s->s_cpu);
	cond_waiter[c] = 0;
}

/* While nobody waits, or has been woken and not seen it. */
static bool
init_is_legal(const struct step *s)
{
	for (u_int a = 0; a < ACTORS; a++)
		if (model_count_due(actor_cpu(a), ACTOR_DID(a, 0)) != 0)
			return (false);
	return (cond_waiter[s->s_arg[0]] == 0);
}

static uint64_t
init_call(const struct step *s)
{
	cond_init(&cond[s->s_arg[0]]);
	return (0);
}

static void
init_model(const struct step *s, uint64_t result __unused)
{
	signalled[s->s_arg[0]] = false;
}

static const struct op ops[] = {
    OP("actor(%0, tsleep(&channel[%1], time[%2]))", sleep, ACTORS, CHANNELS,
	TIMES),
    OP("actor(%0, tsleep(&channel[%1], time[%2]))", sleep, ACTORS, CHANNELS,
	TIMES),
    OP("wakeup_n(&channel[%0], %1 - 1)", wakeup, CHANNELS, ACTORS),
    OP("actor(%0, cond_wait(&cond[%1]))", wait, ACTORS, CONDS),
    OP("cond_signal(&cond[%0])", signal, CONDS),
    OP("cond_init(&cond[%0])", init, CONDS),
};
static const struct op_table table = OP_TABLE(ops);

static void
begin(struct rng *r __unused)
{
	actor_init();
	for (u_int c = 0; c < CONDS; c++) {
		cond_init(&cond[c]);
		signalled[c] = false;
	}
}

/* Those that sleep are where they went to sleep. */
static void
check(void)
{
	for (u_int w = 0; w < CHANNELS; w++)
		actor_queue_check(&queue[w], &channel[w]);
	for (u_int c = 0; c < CONDS; c++)
		if (cond_waiter[c] != 0)
			MODEL_EQ(
			    actor_is_on(cond_waiter[c] - 1, &cond[c]), true);
}

/* Wake all that still sleep. */
static bool
unwind(struct step *s)
{
	for (u_int w = 0; w < CHANNELS; w++)
		if (queue[w].q_count != 0) {
			*s = (struct step){
			    .s_op = &ops[2], .s_arg = {w, ACTORS + 1}};
			return (true);
		}
	for (u_int c = 0; c < CONDS; c++)
		if (cond_waiter[c] != 0) {
			*s = (struct step){.s_op = &ops[4], .s_arg = {c}};
			return (true);
		}
	return (false);
}

static void
end(void)
{
	actor_fini();
}

static const struct subject sleeps = {
    .su_name = "sleep",
    .su_ops = {&table},
    .su_contexts = MODEL_ALL_CONTEXTS,
    .su_level = IPL_PREEMPT,
    .su_unwind = unwind,
    .su_begin = begin,
    .su_ran = actor_ran,
    .su_check = check,
    .su_end = end,
};

CASE(model_sleep, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_STRESS,
    .doc = "Sleeps and wake-ups in random order: each sleeper wakes when it "
	   "should, in its turn, and is told why.",
    PARAMS(PARAM_MODEL(1)))
{
	model_run(&sleeps);
}
