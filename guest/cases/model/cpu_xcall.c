/* SPDX-License-Identifier: ISC */
/* cpu_xcall(9) against a model: slots, self calls, calls that are waited for. */
#include <sys/xcstat.h>
#include "model/model.h"

#ifdef MULTIPROCESSOR

#define OBJECTS 5
#define CALL(x) (0x10 + (x))
#define SYNC	0x20
#define FORWARD 0x30 /* and the CPU that it goes on to */

static struct xcall object[OBJECTS], forward[MODEL_CPUS];

/* The model beside what is due. */
static bool synced;

static const enum xcstat counted[] = {XCS_XCALL_REMOTE, XCS_XCALL_SELF,
    XCS_XCALL_SYNC, XCS_XCALL_IPI, XCS_XCALL_FULL};

static void
object_run(void *arg)
{
	model_ran((u_int)(uintptr_t)arg);
}

/* Runs here, and queues an object for another CPU. */
static void
forward_run(void *arg)
{
	u_int cpu = (u_int)(uintptr_t)arg;

	/* First: when the driver sees that this has run, the slot is taken. */
	cpu_xcall(model_cpu(cpu), &object[0]);
	model_ran(FORWARD + cpu);
}

static u_int
slots_due(u_int cpu)
{
	u_int n = model_count_due(cpu, SYNC);

	for (u_int i = 0; i < OBJECTS; i++)
		n += model_count_due(cpu, CALL(i));
	for (u_int i = 0; i < MODEL_CPUS; i++)
		n += model_count_due(cpu, FORWARD + i);
	return (n);
}

/* What a call to that CPU changes; the slots have no order. */
static void
queue(u_int from, u_int cpu, u_int what)
{
	if (cpu == from) {
		model_count(from, XCS_XCALL_SELF, 1);
		model_due_here(from, what,
		    MAX(model_level(from), IPL_SOFTCLOCK), MODEL_ANY_RANK);
		return;
	}
	model_count(from, XCS_XCALL_REMOTE, 1);
	model_count(from, XCS_XCALL_IPI, 1);
	model_due(cpu, what, IPL_SOFTCLOCK, IPL_SOFTCLOCK, 0);
}

/*
 * One call at a time waits for a slot, so that none waits for one that waits
 * for it.
 */
static bool
is_full(const struct step *s)
{
	return (s->s_arg[1] != s->s_cpu &&
		slots_due(s->s_arg[1]) == XCALL_CPU_SLOTS);
}

static bool
call_is_legal(const struct step *s)
{
	return (!is_full(s) || (!model_any_busy() && s->s_cpu != 0));
}

static uint64_t
call_call(const struct step *s)
{
	cpu_xcall(model_cpu(s->s_arg[1]), &object[s->s_arg[0]]);
	return (0);
}

static void
call_model(const struct step *s, uint64_t result __unused)
{
	queue(s->s_cpu, s->s_arg[1], CALL(s->s_arg[0]));
}

static bool
call_blocks(const struct step *s)
{
	return (is_full(s));
}

/* It has found all slots taken. */
static void
call_await(const struct step *s)
{
	model_count(s->s_cpu, XCS_XCALL_FULL, 1);
	if (!case_foreign(XCVM_API_CPU_XCALL))
		model_count_await(s->s_cpu, XCS_XCALL_FULL);
}

/* Objects that are queued must not change. */
static bool
set_is_legal(const struct step *s)
{
	if (model_any_busy())
		return (false);
	for (u_int cpu = 0; cpu < model_ncpus(); cpu++) {
		if (model_count_due(cpu, CALL(s->s_arg[0])) != 0)
			return (false);
		for (u_int i = 0; i < MODEL_CPUS; i++)
			if (model_count_due(cpu, FORWARD + i) != 0)
				return (false);
	}
	return (true);
}

static uint64_t
set_call(const struct step *s)
{
	cpu_xcall_set(&object[s->s_arg[0]], object_run,
	    (void *)(uintptr_t)CALL(s->s_arg[0]));
	return (0);
}

static void
set_model(const struct step *s __unused, uint64_t result __unused)
{
}

/* A function that goes on to the last argument's CPU, where there is room. */
static bool
forward_is_legal(const struct step *s)
{
	return (!model_any_busy() && s->s_arg[1] != s->s_cpu && !is_full(s) &&
		s->s_arg[0] != s->s_arg[1] &&
		model_level(s->s_arg[1]) < IPL_SOFTCLOCK &&
		slots_due(s->s_arg[0]) < XCALL_CPU_SLOTS);
}

static uint64_t
forward_call(const struct step *s)
{
	cpu_xcall(model_cpu(s->s_arg[1]), &forward[s->s_arg[0]]);
	return (0);
}

static void
forward_model(const struct step *s, uint64_t result __unused)
{
	queue(s->s_cpu, s->s_arg[1], FORWARD + s->s_arg[0]);
}

/* Calls that are waited for; CPU 0 cannot sleep, and there is one at a time. */
static bool
sync_is_legal(const struct step *s)
{
	if (!model_is_open(s->s_cpu) || model_any_busy() || is_full(s))
		return (false);
	return (s->s_cpu == s->s_arg[1] || s->s_cpu != 0 ||
		model_level(s->s_arg[1]) < IPL_SOFTCLOCK);
}

static uint64_t
sync_call(const struct step *s)
{
	cpu_xcall_sync(model_cpu(s->s_arg[1]), object_run,
	    (void *)(uintptr_t)SYNC, "modelxc");
	return (0);
}

static bool
sync_blocks(const struct step *s)
{
	if (!synced) {
		synced = true;
		model_count(s->s_cpu, XCS_XCALL_SYNC, 1);
		queue(s->s_cpu, s->s_arg[1], SYNC);
	}
	return (s->s_cpu != s->s_arg[1] &&
		model_count_due(s->s_arg[1], SYNC) != 0 &&
		model_level(s->s_arg[1]) >= IPL_SOFTCLOCK);
}

/* Its call is in a slot. */
static void
sync_await(const struct step *s)
{
	SPIN_UNTIL(
	    slots_taken(model_cpu(s->s_arg[1])) == slots_due(s->s_arg[1]));
}

static void
sync_model(const struct step *s __unused, uint64_t result __unused)
{
	synced = false;
}

static const struct op ops[] = {
    OP_BLOCKS("cpu_xcall(cpu[%1], &object[%0])", call, OBJECTS, MODEL_A_CPU),
    OP_BLOCKS("cpu_xcall(cpu[%1], &object[%0])", call, OBJECTS, MODEL_A_CPU),
    OP_BLOCKS("cpu_xcall(cpu[%1], &object[%0])", call, OBJECTS, MODEL_A_CPU),
    OP("cpu_xcall(cpu[%1], &forward_to[%0])", forward, MODEL_A_CPU,
	MODEL_A_CPU),
    OP("cpu_xcall_set(&object[%0], ran, NULL)", set, OBJECTS),
    OP_BLOCKS(
	"cpu_xcall_sync(cpu[%1], ran, NULL, \"model\")", sync, 1, MODEL_A_CPU),
};
static const struct op_table table = OP_TABLE(ops);

static void
begin(struct rng *r __unused)
{
	for (u_int i = 0; i < OBJECTS; i++)
		cpu_xcall_set(
		    &object[i], object_run, (void *)(uintptr_t)CALL(i));
	for (u_int i = 0; i < MODEL_CPUS; i++)
		cpu_xcall_set(&forward[i], forward_run, (void *)(uintptr_t)i);
	model_count_begin();
}

static void
ran(u_int cpu, u_int what)
{
	if (what >= FORWARD)
		queue(cpu, what - FORWARD, CALL(0));
}

/* As many slots are taken as calls are due. */
static void
check(void)
{
	if (case_foreign(XCVM_API_CPU_XCALL))
		return;
	for (u_int cpu = 0; cpu < model_ncpus(); cpu++)
		MODEL_EQ(slots_taken(model_cpu(cpu)), slots_due(cpu));
}

static void
end(void)
{
	if (!case_foreign(XCVM_API_CPU_XCALL))
		model_count_check(counted, nitems(counted));
}

static const struct subject cpu_xcalls = {
    .su_name = "cpu_xcall",
    .su_ops = {&table},
    .su_contexts = MODEL_ALL_CONTEXTS,
    .su_level = IPL_SOFTCLOCK,
    .su_begin = begin,
    .su_ran = ran,
    .su_check = check,
    .su_end = end,
};

CASE(model_cpu_xcall, .api = XCVM_API_CPU_XCALL, .kind = XCVM_KIND_STRESS,
    .contract = "O1,O2,O3,O4,O5,O7,O8,O9,O10,O15,O17",
    .doc = "Calls in random order, from any context: each runs on its CPU at "
	   "IPL_SOFTCLOCK, as often as it was made.",
    PARAMS(PARAM_MODEL(1)))
{
	model_run(&cpu_xcalls);
}

#endif /* MULTIPROCESSOR */
