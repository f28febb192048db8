/* SPDX-License-Identifier: ISC */
/* Threads against a model: made, preempted, joined; the better run first. */
#include <sys/kthread.h>
#include "model/model.h"

#define THREADS 6
#define RAN(t)	(0x10 + (t))
#define CPUS	2 /* that have threads, so that they have several */

/* Of threads on CPU 0, whose agent never sleeps, only the better ones run. */
static const pri_t priority[] = {
    PRI_KTHREAD + 2, PRI_KTHREAD + 1, PRI_KTHREAD, PRI_KTHREAD - 1};
#define BETTER 2 /* of these */

static struct lwp *thread[THREADS];

/* The model. */
static bool made[THREADS], has_run[THREADS];
static u_int cpu_of[THREADS];
static uint32_t order; /* so far: the first to be made is the first to run */

static void
thread_run(void *arg)
{
	u_int t = (u_int)(uintptr_t)arg;

	model_ran(curcpu() == model_cpu(cpu_of[t]) ? RAN(t) : 0xff);
}

static bool
make_is_legal(const struct step *s)
{
	return (!made[s->s_arg[0]] && s->s_arg[1] < model_ncpus() &&
		model_is_open(s->s_cpu) &&
		(s->s_arg[2] < BETTER || s->s_arg[1] != 0));
}

static uint64_t
make_call(const struct step *s)
{
	u_int t = s->s_arg[0];

	cpu_of[t] = s->s_arg[1];
	return ((uint64_t)kthread_create(priority[s->s_arg[2]],
	    KTHREAD_MPSAFE | KTHREAD_MUSTJOIN, model_cpu(s->s_arg[1]),
	    thread_run, (void *)(uintptr_t)t, &thread[t], "model/%u", t));
}

static void
make_model(const struct step *s, uint64_t result)
{
	u_int t = s->s_arg[0];

	MODEL_EQ(result, 0);
	made[t] = true;
	has_run[t] = false;
	model_due(s->s_arg[1], RAN(t), IPL_PREEMPT, IPL_NONE,
	    s->s_arg[2] << 24 | ++order);
}

static bool
join_is_legal(const struct step *s)
{
	return (made[s->s_arg[0]] && has_run[s->s_arg[0]] &&
		model_is_open(s->s_cpu));
}

static uint64_t
join_call(const struct step *s)
{
	return ((uint64_t)kthread_join(thread[s->s_arg[0]]));
}

static void
join_model(const struct step *s, uint64_t result)
{
	MODEL_EQ(result, 0);
	made[s->s_arg[0]] = false;
}

static bool
yield_is_legal(const struct step *s)
{
	return (model_is_open(s->s_cpu));
}

static uint64_t
yield_call(const struct step *s __unused)
{
	yield();
	return (0);
}

static void
yield_model(const struct step *s __unused, uint64_t result __unused)
{
}

enum { MAKE, MAKE_AGAIN, MAKE_STILL, JOIN, YIELD };

static const struct op ops[] = {
    [MAKE] = OP("thread[%0] = thread_start_pri(cpu[%1], priority[%2], ran, 0)",
	make, THREADS, CPUS, nitems(priority)),
    [MAKE_AGAIN] =
	OP("thread[%0] = thread_start_pri(cpu[%1], priority[%2], ran, 0)", make,
	    THREADS, CPUS, nitems(priority)),
    [MAKE_STILL] =
	OP("thread[%0] = thread_start_pri(cpu[%1], priority[%2], ran, 0)", make,
	    THREADS, CPUS, nitems(priority)),
    [JOIN] = OP("thread_join(thread[%0])", join, THREADS),
    [YIELD] = OP("yield()", yield),
};
static const struct op_table table = OP_TABLE(ops);

static void
ran(u_int cpu __unused, u_int what)
{
	has_run[what - RAN(0)] = true;
}

static bool
unwind(struct step *s)
{
	for (u_int t = 0; t < THREADS; t++) {
		*s = (struct step){.s_op = &ops[JOIN], .s_arg = {t}};
		if (join_is_legal(s))
			return (true);
	}
	return (false);
}

static const struct subject scheds = {
    .su_name = "sched",
    .su_ops = {&table},
    .su_contexts = MODEL_ALL_CONTEXTS,
    .su_level = IPL_PREEMPT,
    .su_unwind = unwind,
    .su_ran = ran,
};

CASE(model_sched, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_STRESS,
    .doc = "Threads made and joined in random order, on CPUs that let none run "
	   "for a while: the best run first, and equals in their turn.",
    PARAMS(PARAM_MODEL(1)))
{
	model_run(&scheds);
}
