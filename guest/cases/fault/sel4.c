/* SPDX-License-Identifier: ISC */
/*
 * Locks and calls in the wrong order, as in seL4's issue 1148: on x86 with
 * several cores a guest's VM exit took the kernel lock in a way in which the
 * core no longer served the calls of the lock's holder, who waited for it.
 */
#include <sys/lock.h>
#include <sys/mutex.h>
#include "fault/fault_case.h"

#ifdef MULTIPROCESSOR

/* A lock, and a CPU that wants it, or has it. */
struct guarded {
	__cpu_simple_lock_t g_lock;
	kmutex_t g_mutex;
	struct mark g_there, g_runs;
};

static void
want_lock(void *arg)
{
	struct guarded *g = arg;
	int s = splhigh();

	mark_add(&g->g_there);
	__cpu_simple_lock(&g->g_lock);
	__cpu_simple_unlock(&g->g_lock);
	splx(s);
}

/* Call CPU 1, which wants the lock that we hold, or have just left. */
static void
call_holding_lock(bool holding)
{
	struct guarded g = {.g_lock = __SIMPLELOCK_UNLOCKED};
	ipi_msg_t msg = {.func = call_count, .arg = &g.g_runs};
	struct lwp *l;

	kpreempt_disable();
	__cpu_simple_lock(&g.g_lock);
	l = thread_start(cpu_lookup(1), want_lock, &g);
	mark_wait(&g.g_there, 1);
	ipi_unicast(&msg, cpu_lookup(1));
	if (holding)
		ipi_wait(&msg);
	__cpu_simple_unlock(&g.g_lock);
	if (!holding)
		ipi_wait(&msg);
	kpreempt_enable();
	CHECK_EQ(mark_read(&g.g_runs), 1);
	thread_join(l);
}

CASE(sel4_1148_call_under_lock_hangs, HANGS, .api = XCVM_API_IPI,
    .contract = "D5", .min_vcpus = 2, .diagnosis = "pending, masked by IPL",
    .doc = "seL4 issue 1148: who holds a lock waits for a call to a CPU that "
	   "spins for the lock, at IPL_HIGH, and so never takes the interrupt.")
{
	call_holding_lock(true);
}

CASE(sel4_1148_call_after_lock, .api = XCVM_API_IPI, .kind = XCVM_KIND_FAULT,
    .min_vcpus = 2,
    .doc = "seL4 issue 1148, in the right order: the lock is left before the "
	   "wait for a call to a CPU that spins for it.")
{
	call_holding_lock(false);
}

/* The other way round: the call takes what the code under it holds. */
static void
take_lock(void *arg)
{
	struct guarded *g = arg;

	__cpu_simple_lock(&g->g_lock);
	__cpu_simple_unlock(&g->g_lock);
	mark_add(&g->g_runs);
}

static void
hold_lock(void *arg)
{
	struct guarded *g = arg;

	__cpu_simple_lock(&g->g_lock);
	mark_add(&g->g_there);
	SPIN_UNTIL(mark_read(&g->g_runs) != 0);
	__cpu_simple_unlock(&g->g_lock);
}

static void
take_mutex(void *arg)
{
	struct guarded *g = arg;

	mutex_spin_enter(&g->g_mutex);
	mutex_spin_exit(&g->g_mutex);
	mark_add(&g->g_runs);
}

/* A mutex whose level does not keep the call out, as one should. */
static void
hold_mutex(void *arg)
{
	struct guarded *g = arg;

	mutex_spin_enter(&g->g_mutex);
	mark_add(&g->g_there);
	SPIN_UNTIL(mark_read(&g->g_runs) != 0);
	mutex_spin_exit(&g->g_mutex);
}

static void
call_into_lock(void (*hold)(void *), void (*take)(void *))
{
	struct guarded g = {.g_lock = __SIMPLELOCK_UNLOCKED};
	ipi_msg_t msg = {.func = take, .arg = &g};

	mutex_init(&g.g_mutex, MUTEX_SPIN, IPL_VM);
	thread_start(cpu_lookup(1), hold, &g);
	mark_wait(&g.g_there, 1);
	PINNED(ipi_unicast(&msg, cpu_lookup(1)));
	ipi_wait(&msg);
}

CASE(sel4_1148_lock_of_the_interrupted_hangs, HANGS, .api = XCVM_API_IPI,
    .contract = "D5", .min_vcpus = 2, .diagnosis = "handler running",
    .doc = "seL4 issue 1148, the reverse: a function spins for a lock that "
	   "the code it interrupted holds.")
{
	call_into_lock(hold_lock, take_lock);
}

CASE(sel4_1148_mutex_of_the_interrupted, .api = XCVM_API_IPI,
    .kind = XCVM_KIND_FAULT, .min_vcpus = 2, .panic = "locking against myself",
    .panic_cpu = 1,
    .doc = "seL4 issue 1148, the reverse, with a kernel mutex: it knows its "
	   "owner, and panics.")
{
	call_into_lock(hold_mutex, take_mutex);
	wait_for_panic();
}

#endif /* MULTIPROCESSOR */
