/* SPDX-License-Identifier: ISC */
/* Spin mutexes of both systems against a model: owners and levels. */
#include <sys/mutex.h>
#include "model/model.h"

#define LOCKS	 4 /* the first KMUTEXES are mutex(9)'s, the others OpenBSD's */
#define KMUTEXES 2
#define HELD	 4 /* at most, by a CPU */

static kmutex_t kmutex[KMUTEXES];
static struct mutex mtx[LOCKS - KMUTEXES];
static int lock_ipl[LOCKS];

/* The model: what each CPU holds, and the level that it had before each. */
static struct {
	u_int n;
	struct {
		u_int lock;
		int level;
	} held[HELD];
} holder[MODEL_CPUS];

static u_int
owner_of(u_int lock)
{
	for (u_int cpu = 0; cpu < model_ncpus(); cpu++)
		for (u_int i = 0; i < holder[cpu].n; i++)
			if (holder[cpu].held[i].lock == lock)
				return (cpu);
	return (model_ncpus());
}

static bool
is_kmutex(u_int lock)
{
	return (lock < KMUTEXES);
}

/*
 * Locks of one system at a time: mutex(9)'s come back to the level before the
 * first of them, OpenBSD's each to its own.
 */
static bool
may_take(const struct step *s)
{
	u_int cpu = s->s_cpu, lock = s->s_arg[0];

	return (owner_of(lock) != cpu && holder[cpu].n < HELD &&
		model_level(cpu) <= lock_ipl[lock] &&
		(holder[cpu].n == 0 ||
		    is_kmutex(holder[cpu].held[0].lock) == is_kmutex(lock)));
}

static void
take(u_int cpu, u_int lock, int level)
{
	u_int n = holder[cpu].n++;

	holder[cpu].held[n].lock = lock;
	holder[cpu].held[n].level = level;
}

static bool
enter_blocks(const struct step *s)
{
	return (owner_of(s->s_arg[0]) != model_ncpus());
}

/* One that waits at a time, holding nothing: nobody waits for who waits. */
static bool
enter_is_legal(const struct step *s)
{
	return (may_take(s) &&
		(!enter_blocks(s) || (s->s_cpu != 0 && !model_any_busy() &&
					 holder[s->s_cpu].n == 0)));
}

static uint64_t
enter_call(const struct step *s)
{
	u_int lock = s->s_arg[0];

	if (!is_kmutex(lock))
		mtx_enter(&mtx[lock - KMUTEXES]);
	else if (s->s_arg[1] != 0 && cpu_ipl() == lock_ipl[lock])
		mutex_spin_enter(&kmutex[lock]);
	else
		mutex_enter(&kmutex[lock]);
	return ((uint64_t)cpu_ipl());
}

/* It may be at the level already, while it waits. */
static int level_before[MODEL_CPUS];
static bool waited[MODEL_CPUS];

static void
enter_model(const struct step *s, uint64_t result)
{
	u_int cpu = s->s_cpu, lock = s->s_arg[0];
	int before = waited[cpu] ? level_before[cpu] : model_level(cpu);

	take(cpu, lock, before);
	if (waited[cpu])
		model_unlock(cpu, before);
	waited[cpu] = false;
	model_lock(cpu, lock_ipl[lock]);
	MODEL_EQ(result, lock_ipl[lock]);
}

/* mutex(9)'s waits at the level, OpenBSD's at its own and at the other. */
static void
enter_await(const struct step *s)
{
	u_int cpu = s->s_cpu;

	if (!is_kmutex(s->s_arg[0]))
		return;
	waited[cpu] = true;
	level_before[cpu] = model_level(cpu);
	model_lock(cpu, lock_ipl[s->s_arg[0]]);
	SPIN_UNTIL(model_cpu(cpu)->ci_mtx_count == 1);
}

#define try_is_legal may_take

static uint64_t
try_call(const struct step *s)
{
	u_int lock = s->s_arg[0];

	bool taken = is_kmutex(lock) ? mutex_tryenter(&kmutex[lock])
				     : mtx_enter_try(&mtx[lock - KMUTEXES]);

	return ((uint64_t)cpu_ipl() << 1 | taken);
}

static void
try_model(const struct step *s, uint64_t result)
{
	bool free = owner_of(s->s_arg[0]) == model_ncpus();

	MODEL_EQ(result & 1, free);
	if (free)
		enter_model(s, result >> 1);
	else
		MODEL_EQ(result >> 1, model_level(s->s_cpu));
}

/* mutex(9)'s in any order, OpenBSD's the last one first. */
static bool
exit_is_legal(const struct step *s)
{
	u_int cpu = s->s_cpu, lock = s->s_arg[0], n = holder[cpu].n;

	return (owner_of(lock) == cpu &&
		(is_kmutex(lock) || holder[cpu].held[n - 1].lock == lock));
}

static uint64_t
exit_call(const struct step *s)
{
	u_int lock = s->s_arg[0];

	if (!is_kmutex(lock))
		mtx_leave(&mtx[lock - KMUTEXES]);
	else if (s->s_arg[1] != 0)
		mutex_spin_exit(&kmutex[lock]);
	else
		mutex_exit(&kmutex[lock]);
	return ((uint64_t)cpu_ipl());
}

static void
exit_model(const struct step *s, uint64_t result)
{
	u_int cpu = s->s_cpu, lock = s->s_arg[0], n = holder[cpu].n, i = 0;
	int level = holder[cpu].held[n - 1].level;

	/* The first one's level, when the last has gone. */
	if (is_kmutex(lock)) {
		level = n == 1 ? holder[cpu].held[0].level : model_level(cpu);
		while (holder[cpu].held[i].lock != lock)
			i++;
		if (i == 0 && n > 1)
			holder[cpu].held[1].level = holder[cpu].held[0].level;
		for (; i + 1 < n; i++)
			holder[cpu].held[i] = holder[cpu].held[i + 1];
	}
	holder[cpu].n--;
	model_unlock(cpu, level);
	MODEL_EQ(result, level);
}

/* Is it the caller's? */
static bool
owned_is_legal(const struct step *s)
{
	return (is_kmutex(s->s_arg[0]));
}

static uint64_t
owned_call(const struct step *s)
{
	return ((uint64_t)mutex_owned(&kmutex[s->s_arg[0]]));
}

static void
owned_model(const struct step *s, uint64_t result)
{
	MODEL_EQ(result, owner_of(s->s_arg[0]) == s->s_cpu);
}

enum { ENTER, TRY, EXIT, EXIT_AGAIN, OWNED };

static const struct op ops[] = {
    [ENTER] = OP_BLOCKS("lock_enter(%0)", enter, LOCKS, 2),
    [TRY] = OP("lock_try(%0)", try, LOCKS),
    [EXIT] = OP("lock_exit(%0)", exit, LOCKS, 2),
    [EXIT_AGAIN] = OP("lock_exit(%0)", exit, LOCKS, 2),
    [OWNED] = OP("mutex_owned(&kmutex[%0])", owned, LOCKS),
};
static const struct op_table table = OP_TABLE(ops);

static bool
unwind(struct step *s)
{
	for (u_int cpu = 0; cpu < model_ncpus(); cpu++) {
		u_int n = holder[cpu].n;

		if (n == 0)
			continue;
		*s = (struct step){.s_op = &ops[EXIT],
		    .s_cpu = cpu,
		    .s_arg = {holder[cpu].held[n - 1].lock}};
		return (true);
	}
	return (false);
}

static void
begin(struct rng *r)
{
	static const int ipl[] = {IPL_VM, IPL_SCHED, IPL_HIGH};

	for (u_int i = 0; i < LOCKS; i++) {
		lock_ipl[i] = ipl[rng_below(r, nitems(ipl))];
		if (is_kmutex(i))
			mutex_init(&kmutex[i], MUTEX_DEFAULT, lock_ipl[i]);
		else
			mtx_init(&mtx[i - KMUTEXES], lock_ipl[i]);
	}
}

static void
check(void)
{
	for (u_int i = 0; i < LOCKS; i++) {
		u_int cpu = owner_of(i);
		const struct cpu_info *owner =
		    cpu == model_ncpus() ? NULL : model_cpu(cpu);

		if (is_kmutex(i))
			MODEL_EQ(kmutex[i].mtx_owner, (uintptr_t)owner);
		else
			MODEL_EQ(mtx[i - KMUTEXES].mtx_owner == owner, true);
	}
}

static void
end(void)
{
	for (u_int i = 0; i < KMUTEXES; i++)
		mutex_destroy(&kmutex[i]);
}

static const struct subject locks = {
    .su_name = "locks",
    .su_ops = {&table},
    .su_contexts = MODEL_ALL_CONTEXTS,
    .su_changes_level = true,
    .su_unwind = unwind,
    .su_begin = begin,
    .su_check = check,
    .su_end = end,
};

CASE(model_locks, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_STRESS,
    .doc = "Spin mutexes taken, tried and left in random order: each has the "
	   "owner that it should, and each CPU its level.",
    PARAMS(PARAM_MODEL(1)))
{
	model_run(&locks);
}
