/* SPDX-License-Identifier: ISC */
/* Adaptive mutexes against a model: owners, and who waits for them. */
#include <sys/mutex.h>
#include "model/actor.h"

#define MUTEXES 2
#define NOBODY	ACTORS

static kmutex_t mutex[MUTEXES];

/* The model: who has it; who waits, the next to have it first. */
static u_int owner[MUTEXES];
static struct actor_queue queue[MUTEXES];

static bool
owns_any(u_int a)
{
	for (u_int m = 0; m < MUTEXES; m++)
		if (owner[m] == a)
			return (true);
	return (false);
}

/* Is it certain that who waits is next in its turn? */
static bool
has_turn(u_int a, u_int m)
{
	if (queue[m].q_count == 0)
		return (true);
	/* By another CPU its betters may be woken too late. */
	return (actor_cpu(queue[m].q_actor[0]) == actor_cpu(a) &&
		(actor_cpu(owner[m]) == actor_cpu(a) ||
		    actor_priority(queue[m].q_actor[0]) == actor_priority(a)));
}

/* Who waits has nothing, so that nobody waits for it. */
static bool
enter_is_legal(const struct step *s)
{
	u_int a = s->s_arg[0], m = s->s_arg[1];

	if (!actor_is_ready(a) || owner[m] == a)
		return (false);
	return (owner[m] == NOBODY || (!owns_any(a) && has_turn(a, m)));
}

static u_int
enter_run(const struct step *s)
{
	mutex_enter(&mutex[s->s_arg[1]]);
	return ((u_int)mutex_owned(&mutex[s->s_arg[1]]));
}

static uint64_t
enter_call(const struct step *s)
{
	actor_tell(s->s_arg[0], enter_run, s);
	return (0);
}

static void
enter_model(const struct step *s, uint64_t result __unused)
{
	u_int a = s->s_arg[0], m = s->s_arg[1];

	if (owner[m] == NOBODY) {
		owner[m] = a;
		actor_wakes(a, 1, ACTOR_ANY_ORDER);
		return;
	}
	actor_queue_enter(&queue[m], a, &mutex[m]);
}

static bool
try_is_legal(const struct step *s)
{
	return (
	    actor_is_ready(s->s_arg[0]) && owner[s->s_arg[1]] != s->s_arg[0]);
}

static u_int
try_run(const struct step *s)
{
	return ((u_int)mutex_tryenter(&mutex[s->s_arg[1]]));
}

static uint64_t
try_call(const struct step *s)
{
	actor_tell(s->s_arg[0], try_run, s);
	return (0);
}

static void
try_model(const struct step *s, uint64_t result __unused)
{
	u_int a = s->s_arg[0], m = s->s_arg[1];
	bool free = owner[m] == NOBODY;

	if (free)
		owner[m] = a;
	actor_wakes(a, free, ACTOR_ANY_ORDER);
}

static bool
exit_is_legal(const struct step *s)
{
	u_int m = s->s_arg[0];

	return (owner[m] != NOBODY && actor_is_ready(owner[m]) &&
		(queue[m].q_count == 0 ||
		    model_is_open(actor_cpu(queue[m].q_actor[0]))));
}

static u_int
exit_run(const struct step *s)
{
	mutex_exit(&mutex[s->s_arg[0]]);
	return ((u_int)mutex_owned(&mutex[s->s_arg[0]]));
}

static uint64_t
exit_call(const struct step *s)
{
	actor_tell(owner[s->s_arg[0]], exit_run, s);
	return (0);
}

/* All wake, and the best of those that came first has it. */
static void
exit_model(const struct step *s, uint64_t result __unused)
{
	u_int m = s->s_arg[0], next = 0;

	actor_wakes(owner[m], 0, ACTOR_ANY_ORDER);
	owner[m] = NOBODY;
	if (queue[m].q_count == 0)
		return;
	for (u_int i = 1; i < queue[m].q_count; i++)
		if (actor_priority(queue[m].q_actor[i]) >
		    actor_priority(queue[m].q_actor[next]))
			next = i;
	owner[m] = queue[m].q_actor[next];
	actor_wakes(owner[m], 1, ACTOR_ANY_ORDER);
	actor_queue_leave(&queue[m], next);
}

enum { ENTER, ENTER_AGAIN, TRY, EXIT, EXIT_AGAIN };

static const struct op ops[] = {
    [ENTER] = OP("actor(%0, mutex_enter(&mutex[%1]))", enter, ACTORS, MUTEXES),
    [ENTER_AGAIN] =
	OP("actor(%0, mutex_enter(&mutex[%1]))", enter, ACTORS, MUTEXES),
    [TRY] = OP("actor(%0, mutex_tryenter(&mutex[%1]))", try, ACTORS, MUTEXES),
    [EXIT] = OP("actor(owner, mutex_exit(&mutex[%0]))", exit, MUTEXES),
    [EXIT_AGAIN] = OP("actor(owner, mutex_exit(&mutex[%0]))", exit, MUTEXES),
};
static const struct op_table table = OP_TABLE(ops);

static void
begin(struct rng *r __unused)
{
	actor_init();
	for (u_int m = 0; m < MUTEXES; m++) {
		/* The soft levels make it adaptive, too. */
		mutex_init(&mutex[m], MUTEX_DEFAULT, IPL_NONE + (int)m * 2);
		owner[m] = NOBODY;
	}
}

/* Who waits sleeps, again if somebody else was the next. */
static void
check(void)
{
	for (u_int m = 0; m < MUTEXES; m++) {
		for (u_int i = 0; i < queue[m].q_count; i++)
			actor_await_asleep(queue[m].q_actor[i], &mutex[m]);
		MODEL_EQ(mutex[m].mtx_owner == 0, owner[m] == NOBODY);
	}
}

/* Once their CPUs are open, those that have one leave it. */
static bool
unwind(struct step *s)
{
	for (u_int m = 0; m < MUTEXES; m++) {
		*s = (struct step){.s_op = &ops[EXIT], .s_arg = {m}};
		if (exit_is_legal(s))
			return (true);
	}
	return (false);
}

static void
end(void)
{
	actor_fini();
	for (u_int m = 0; m < MUTEXES; m++)
		mutex_destroy(&mutex[m]);
}

static const struct subject mutexes = {
    .su_name = "mutex",
    .su_ops = {&table},
    .su_contexts = MODEL_ALL_CONTEXTS,
    .su_level = IPL_PREEMPT,
    .su_unwind = unwind,
    .su_begin = begin,
    .su_ran = actor_ran,
    .su_check = check,
    .su_end = end,
};

CASE(model_mutex, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_STRESS,
    .doc = "Adaptive mutexes taken, tried and left by threads in random order: "
	   "each has the owner that it should, and all others sleep.",
    PARAMS(PARAM_MODEL(1)))
{
	model_run(&mutexes);
}
