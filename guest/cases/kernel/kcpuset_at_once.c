/* SPDX-License-Identifier: ISC */
/*
 * kcpuset(9): what one CPU changes in a set is not undone by another, which
 * is at any place of its own operation just then.
 */
#include <sys/kcpuset.h>
#include "case.h"

#ifdef MULTIPROCESSOR

#define MEMBERS (KCPUSET_BITS - 1)
#define TRIES	6

static kcpuset_t *set;
static kcpuset_t own, all; /* of the other CPU: its members; every member */
static struct mark changes;
static volatile bool stop;

/* --- what the other CPU does without pause: nothing, to the first's eyes --- */

static void
set_and_clear(void)
{
	kcpuset_atomic_set(set, 0);
	kcpuset_atomic_clear(set, 0);
}

static void
merge(void)
{
	kcpuset_atomicly_merge(set, &own);
}

static void
remove(void)
{
	kcpuset_atomicly_remove(set, &own);
}

static void
intersect(void)
{
	kcpuset_atomicly_intersect(set, &all);
}

static void
use_and_unuse(void)
{
	kcpuset_use(set);
	kcpuset_unuse(set, NULL);
}

static void
change_without_pause(void *arg)
{
	void (*const *change)(void) = arg;

	while (!stop) {
		(*change)();
		mark_add(&changes);
	}
}

/* Whatever the other CPU had begun is done. */
static void
await_changes(void)
{
	mark_wait(&changes, mark_read(&changes) + 2);
}

static struct lwp *
other_start(void (**change)(void))
{
	struct lwp *l;

	stop = false;
	l = thread_start(cpu_lookup(1), change_without_pause, change);
	await_changes();
	return (l);
}

static void
other_stop(struct lwp *l)
{
	stop = true;
	thread_join(l);
}

/* Members that are so far apart come and go. */
static void
check_members(void (*change)(void), u_int step)
{
	struct lwp *l = other_start(&change);
	bool right = true;

	for (u_int try = 0; try < TRIES; try++) {
		for (u_int i = 0; i < MEMBERS; i++)
			kcpuset_atomic_set(set, 1 + i * step);
		await_changes();
		for (u_int i = 0; i < MEMBERS; i++)
			right &= kcpuset_isset(set, 1 + i * step);
		for (u_int i = 0; i < MEMBERS; i++)
			kcpuset_atomic_clear(set, 1 + i * step);
		await_changes();
		for (u_int i = 0; i < MEMBERS; i++)
			right &= !kcpuset_isset(set, 1 + i * step);
	}
	CHECK(right);
	other_stop(l);
}

CASE(kcpuset_changes_at_once, .api = XCVM_API_KERNEL, .min_vcpus = 2,
    .doc = "What one CPU adds to a set, and takes away, stays so while another "
	   "uses each of the atomic operations on it without pause.")
{
	kcpuset_create(&set, true);
	kcpuset_zero(&own);
	for (u_int i = 0; i < MAXCPUS; i += KCPUSET_BITS)
		kcpuset_set(&own, i);
	kcpuset_fill(&all);
	check_members(set_and_clear, 1);
	check_members(merge, KCPUSET_BITS);
	check_members(remove, KCPUSET_BITS);
	check_members(intersect, KCPUSET_BITS);
	kcpuset_destroy(set);
}

CASE(kcpuset_users_at_once, .api = XCVM_API_KERNEL, .min_vcpus = 2,
    .doc = "Users of a set that one CPU adds and takes away are counted while "
	   "another does so without pause.")
{
	void (*change)(void) = use_and_unuse;
	kcpuset_t *later = NULL;
	struct lwp *l;

	kcpuset_create(&set, true);
	l = other_start(&change);
	for (u_int try = 0; try < TRIES; try++) {
		for (u_int i = 0; i < MEMBERS; i++)
			kcpuset_use(set);
		await_changes();
		for (u_int i = 0; i < MEMBERS; i++)
			kcpuset_unuse(set, NULL);
		await_changes();
	}
	other_stop(l);
	CHECK_EQ(set->kc_refs, 1);
	kcpuset_unuse(set, &later);
	CHECK_EQ(later, set);
	kcpuset_destroy(later);
}

#endif /* MULTIPROCESSOR */
