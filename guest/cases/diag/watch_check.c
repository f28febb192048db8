/* SPDX-License-Identifier: ISC */
/* What the watch on a wait says: a thread waits, and another looks. */
#include <sys/kcpuset.h>
#include <sys/stall.h>
#include "diag/watch.h"

#ifdef MULTIPROCESSOR

struct cpu_info *held[HELD];

/* --- a thread that waits, and what its watch says --- */

struct waiter {
	const struct wait *t_wait;
	struct lwp *volatile t_lwp;
	const struct stall_watch *t_left; /* watches, at the end */
};

static void
waiter_thread(void *arg)
{
	struct waiter *t = arg;

	t->t_lwp = curlwp;
	t->t_wait->w_wait();
	t->t_left = curlwp->l_stall;
}

/* The CPUs that it waits for now. */
static void
find_targets(const struct stall_watch *sw, kcpuset_t *set)
{
	struct cpu_info *ci;
	u_int index = 0;

	kcpuset_zero(set);
	if (sw->sw_next == NULL)
		kcpuset_set(set, cpu_index(sw->sw_target));
	else
		while ((ci = sw->sw_next(sw->sw_object, &index)) != NULL)
			kcpuset_set(set, cpu_index(ci));
}

void
check_watch(const struct wait *w, const struct lwp *l)
{
	kcpuset_t expected, found;
	struct stall_watch *sw;

	SPIN_UNTIL((sw = atomic_load_acquire(&l->l_stall)) != NULL);
	if (strcmp(sw->sw_primitive, w->w_primitive) != 0)
		case_failed(__FILE__, __LINE__, "primitive",
		    "it is %s, and should be %s", sw->sw_primitive,
		    w->w_primitive);
	CHECK_EQ(sw->sw_func, w->w_func);
	CHECK_NE(sw->sw_resend, NULL);
	CHECK(!sw->sw_reported);
	kcpuset_zero(&expected);
	for (u_int i = HELD - w->w_for; i < HELD; i++)
		kcpuset_set(&expected, cpu_index(held[i]));
	/* Those that are not held are on their way. */
	do
		find_targets(sw, &found);
	while (!kcpuset_match(&found, &expected));
}

static void
check_wait(const struct wait *w, struct cpu_info *ci)
{
	struct waiter t = {.t_wait = w};
	struct hold holds[HELD];
	struct lwp *l;

	for (u_int i = 0; i < HELD; i++)
		hold_cpu(&holds[i], held[i], IPL_HIGH);
	if (w->w_fill != NULL)
		w->w_fill();
	l = thread_start(ci, waiter_thread, &t);
	SPIN_UNTIL(t.t_lwp != NULL);
	check_watch(w, t.t_lwp);
	for (u_int i = 0; i < HELD; i++)
		hold_release(&holds[i]);
	thread_join(l);
	CHECK_EQ(t.t_left, NULL);
	for (u_int k = 0; k < NX_CLASSES; k++)
		xc_barrier(nx_class_flags[k]);
	ipi_settle_all();
}

void
check_waits(const struct wait *w, u_int n)
{
	for (u_int i = 0; i < HELD; i++)
		held[i] = cpu_lookup(ncpu - HELD + i);
	for (u_int i = 0; i < n; i++)
		check_wait(&w[i], cpu_lookup(1));
}

static void
check_on_first_cpus(void *w)
{
	for (u_int i = 0; i < HELD; i++)
		held[i] = cpu_lookup(i);
	check_wait(w, cpu_lookup(HELD + 1));
}

void
check_first_wait(const struct wait *w)
{
	struct wait wait = *w;

	thread_join(thread_start(cpu_lookup(HELD), check_on_first_cpus, &wait));
}

#endif /* MULTIPROCESSOR */
