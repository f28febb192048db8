/* SPDX-License-Identifier: ISC */
/* condvar(9) against a model, with an adaptive and with a spin mutex. */
#include <sys/condvar.h>
#include <sys/mutex.h>
#include "model/actor.h"

#define CVS 2

static kcondvar_t cv[CVS];
static kmutex_t mutex[CVS]; /* adaptive; spin */

/* The model: who waits, the first to come first. */
static struct actor_queue queue[CVS];

enum { FOREVER, FOREVER_TICKS, FAR, SOON, TIMES };

static u_int
wait_run(const struct step *s)
{
	static const int ticks[TIMES] = {
	    [FOREVER_TICKS] = 0, [FAR] = INT32_MAX, [SOON] = 1};
	u_int i = s->s_arg[1], before, error = 0;

	mutex_enter(&mutex[i]);
	before = (u_int)cpu_ipl();
	if (s->s_arg[2] == FOREVER)
		cv_wait(&cv[i], &mutex[i]);
	else
		error =
		    (u_int)cv_timedwait(&cv[i], &mutex[i], ticks[s->s_arg[2]]);
	/* It has the mutex again, and is at its level. */
	if (!mutex_owned(&mutex[i]) || (u_int)cpu_ipl() != before)
		error = 0xff;
	mutex_exit(&mutex[i]);
	return (cpu_ipl() == IPL_NONE ? error : 0xfe);
}

static bool
wait_is_legal(const struct step *s)
{
	return (actor_is_ready(s->s_arg[0]));
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
	u_int a = s->s_arg[0], i = s->s_arg[1];

	if (s->s_arg[2] == SOON) {
		actor_wakes(a, EWOULDBLOCK, ACTOR_ANY_ORDER);
		return;
	}
	actor_queue_enter(&queue[i], a, &cv[i]);
}

#define wake_is_legal model_always

static uint64_t
wake_call(const struct step *s)
{
	(s->s_arg[1] == 0 ? cv_broadcast : cv_signal)(&cv[s->s_arg[0]]);
	return (0);
}

static void
wake_model(const struct step *s, uint64_t result __unused)
{
	u_int i = s->s_arg[0];
	u_int waiting = queue[i].q_count;

	/* On the way out they meet at the mutex. */
	actor_queue_wake(&queue[i],
	    s->s_arg[1] == 0 ? waiting : MIN(waiting, 1), ACTOR_ANY_ORDER);
}

#define ask_is_legal model_always

static uint64_t
ask_call(const struct step *s)
{
	return (cv_has_waiters(&cv[s->s_arg[0]]));
}

static void
ask_model(const struct step *s, uint64_t result)
{
	MODEL_EQ(result, queue[s->s_arg[0]].q_count != 0);
}

static const struct op ops[] = {
    OP("actor(%0, cv_timedwait(&cv[%1], &mutex[%1], time[%2]))", wait, ACTORS,
	CVS, TIMES),
    OP("actor(%0, cv_timedwait(&cv[%1], &mutex[%1], time[%2]))", wait, ACTORS,
	CVS, TIMES),
    OP("cv_wake(&cv[%0], %1)", wake, CVS, 3),
    OP("cv_has_waiters(&cv[%0])", ask, CVS),
};
static const struct op_table table = OP_TABLE(ops);

static void
begin(struct rng *r __unused)
{
	actor_init();
	for (u_int i = 0; i < CVS; i++) {
		cv_init(&cv[i], "model");
		mutex_init(&mutex[i], i == 0 ? MUTEX_DEFAULT : MUTEX_SPIN,
		    i == 0 ? IPL_NONE : IPL_SOFTSERIAL);
	}
}

static void
check(void)
{
	for (u_int i = 0; i < CVS; i++) {
		actor_queue_check(&queue[i], &cv[i]);
		MODEL_EQ(cv[i].cv_waiters, queue[i].q_count);
	}
}

static bool
unwind(struct step *s)
{
	for (u_int i = 0; i < CVS; i++)
		if (queue[i].q_count != 0) {
			*s = (struct step){.s_op = &ops[2], .s_arg = {i, 0}};
			return (true);
		}
	return (false);
}

static void
end(void)
{
	actor_fini();
	for (u_int i = 0; i < CVS; i++) {
		cv_destroy(&cv[i]);
		mutex_destroy(&mutex[i]);
	}
}

static const struct subject condvars = {
    .su_name = "condvar",
    .su_ops = {&table},
    .su_contexts = MODEL_ALL_CONTEXTS,
    .su_level = IPL_PREEMPT,
    .su_unwind = unwind,
    .su_begin = begin,
    .su_ran = actor_ran,
    .su_check = check,
    .su_end = end,
};

CASE(model_condvar, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_STRESS,
    .doc = "Waits for condition variables, and signals, in random order: each "
	   "wakes whom it should, who has the mutex again.",
    PARAMS(PARAM_MODEL(1)))
{
	model_run(&condvars);
}
