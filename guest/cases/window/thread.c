/* SPDX-License-Identifier: ISC */
/* Windows in the making and the end of threads. */
#include <sys/kthread.h>
#include "window/window.h"

#define LIVES  4096
#define STACKS 4096 /* slots of XCVM_STACK_SLOT that are told apart */

/* By thread, how often it has run; by slot, how many have their stack there. */
static volatile u_int runs[LIVES], stack_users[STACKS];
static volatile u_int begun;
static struct mark ended;

/* A thread runs once, on a stack that is nobody else's. */
static void
live(void *own_runs)
{
	uintptr_t slot = (uintptr_t)&own_runs / XCVM_STACK_SLOT % STACKS;

	CHECK_EQ(atomic_inc_uint_nv(&stack_users[slot]), 1);
	CHECK_EQ(atomic_inc_uint_nv((volatile u_int *)own_runs), 1);
	atomic_dec_uint(&stack_users[slot]);
	mark_add(&ended);
}

static bool
make(struct cpu_info *ci, int flags, struct lwp **l)
{
	u_int life = atomic_inc_uint_nv(&begun) - 1;

	return (life < LIVES &&
		CHECK_EQ(kthread_create(PRI_KTHREAD, KTHREAD_MPSAFE | flags, ci,
			     live, (void *)(uintptr_t)&runs[life], l, "live"),
		    0));
}

/* One thread that ends by itself, and one that is joined after it. */
static void
make_and_join(u_int cpu, u_int time __unused)
{
	struct lwp *l;

	if (make(cpu_lookup(cpu), 0, NULL) &&
	    make(cpu_lookup(cpu), KTHREAD_MUSTJOIN, &l))
		kthread_join(l);
}

/* Not joined yet, so that its stack is its own. */
static struct lwp *kept;
static volatile vaddr_t kept_stack;

static void
keep_or_join(u_int cpu)
{
	if (kept != NULL) {
		kept_stack = 0;
		kthread_join(kept);
		kept = NULL;
	} else if (make(cpu_lookup(cpu), KTHREAD_MUSTJOIN, &kept))
		kept_stack = kept->l_stack;
}

/* As many stacks are free afterwards as before for every other time. */
static void
make_join_and_keep(u_int cpu, u_int time)
{
	make_and_join(cpu, time);
	keep_or_join(cpu);
}

static void
check_lives(void)
{
	u_int n = MIN(begun, LIVES);

	if (kept != NULL)
		keep_or_join(cpu_number());
	mark_wait(&ended, n);
	for (u_int i = 0; i < n; i++)
		CHECK_EQ(runs[i], 1);
}

static void
make_one(u_int operation __unused)
{
	struct lwp *l;

	window_begin();
	if (make(curcpu(), KTHREAD_MUSTJOIN, &l))
		kthread_join(l);
}

static void
end_one(u_int operation __unused)
{
	struct lwp *l;

	if (!make(curcpu(), KTHREAD_MUSTJOIN, &l))
		return;
	CHECK_NE(l->l_stack, kept_stack);
	YIELD_UNTIL(l->l_left.c_wait == 0);
	window_begin();
	kthread_join(l);
}

static const struct window makes = {make_one, make_and_join, 1, NULL};
static const struct window ends = {end_one, make_join_and_keep, 1, NULL};

#ifdef MULTIPROCESSOR
CASE(window_thread_made_cpus, WINDOW(TAKEN_AWAY(2500), 120, 2),
    .doc = "CPUs make threads at once: each has a stack of its own and runs "
	   "once, at whatever instruction one CPU stops.")
{
	window_cpus(&makes);
	check_lives();
}

CASE(window_thread_ends_cpus, WINDOW(TAKEN_AWAY(2500), 180, 2),
    .doc = "Threads end on all CPUs at once: who is made next has a stack of "
	   "its own, at whatever instruction one CPU stops.")
{
	window_cpus(&ends);
	check_lives();
}
#endif

CASE(window_thread_made_preempted, WINDOW_HERE(120),
    .doc = "At each instruction by which a thread is made, a better one makes "
	   "two.")
{
	window_thread(&makes);
	check_lives();
}

CASE(window_thread_ends_preempted, WINDOW_HERE(200),
    .doc = "At each instruction by which a thread ends, a better one makes "
	   "two.")
{
	window_thread(&ends);
	check_lives();
}
