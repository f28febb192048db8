/* SPDX-License-Identifier: ISC */
/* Condition variables. */
#include <sys/condvar.h>
#include <sys/kmem.h>
#include <sys/mutex.h>
#include "ground.h"

#define WAITERS 4

static kmutex_t mutex;
static kcondvar_t cv;
static u_int waiting, tickets, served; /* under the mutex */

static void
waiter_thread(void *arg __unused)
{
	mutex_enter(&mutex);
	waiting++;
	while (tickets == 0) {
		cv_wait(&cv, &mutex);
		CHECK(mutex_owned(&mutex));
	}
	tickets--;
	served++;
	mutex_exit(&mutex);
	CHECK_EQ(cpu_ipl(), IPL_NONE);
}

/* With the mutex held: so many tickets; wait, without it, for their use. */
static void
wait_served(u_int n)
{
	for (;;) {
		u_int now;

		mutex_enter(&mutex);
		now = served;
		mutex_exit(&mutex);
		if (now >= n)
			break;
		yield();
	}
}

static void
signal_and_broadcast(int ipl)
{
	struct lwp *l[WAITERS];

	waiting = tickets = served = 0;
	mutex_init(&mutex, MUTEX_DEFAULT, ipl);
	cv_init(&cv, "case");
	CHECK(!cv_has_waiters(&cv));
	for (u_int i = 0; i < WAITERS; i++) {
		l[i] = thread_start(cpu_lookup(i % ncpu), waiter_thread, NULL);
		wait_asleep(l[i], &cv);
	}
	mutex_enter(&mutex);
	CHECK(cv_has_waiters(&cv));
	CHECK_EQ(waiting, WAITERS);
	/* Tickets for all, but a signal for one. */
	tickets = WAITERS;
	cv_signal(&cv);
	mutex_exit(&mutex);
	wait_served(1);
	take_interrupts_everywhere();
	mutex_enter(&mutex);
	CHECK_EQ(served, 1);
	cv_broadcast(&cv);
	mutex_exit(&mutex);
	for (u_int i = 0; i < WAITERS; i++)
		thread_join(l[i]);
	CHECK_EQ(served, WAITERS);
	CHECK(!cv_has_waiters(&cv));
	cv_destroy(&cv);
}

CASE(cv_adaptive, .api = XCVM_API_KERNEL,
    .doc = "cv_signal() wakes one waiter, cv_broadcast() all, mutex held "
	   "again.")
{
	signal_and_broadcast(IPL_NONE);
}

CASE(cv_spin, .api = XCVM_API_KERNEL,
    .doc = "The same with a spin mutex: the level is back at its exit.")
{
	signal_and_broadcast(IPL_SCHED);
}

static void
timed_wait(int ipl)
{
	uint64_t start = cpu_counter();

	mutex_init(&mutex, MUTEX_DEFAULT, ipl);
	cv_init(&cv, "case");
	mutex_enter(&mutex);
	CHECK_EQ(cv_timedwait(&cv, &mutex, 1), EWOULDBLOCK);
	CHECK_GE(cpu_counter() - start, ns_to_tsc(1000000000U / (u_int)hz));
	CHECK(mutex_owned(&mutex));
	CHECK_EQ(cpu_ipl(), ipl);
	mutex_exit(&mutex);
	CHECK_EQ(cpu_ipl(), IPL_NONE);
	CHECK(!cv_has_waiters(&cv));
}

CASE(cv_timeout, .api = XCVM_API_KERNEL,
    .doc = "cv_timedwait() ends with EWOULDBLOCK, not early, mutex held.")
{
	timed_wait(IPL_NONE);
	timed_wait(IPL_VM);
}

static void
timed_waiter(void *result)
{
	mutex_enter(&mutex);
	*(int *)result = cv_timedwait(&cv, &mutex, INT32_MAX);
	mutex_exit(&mutex);
}

CASE(cv_timed_signal, .api = XCVM_API_KERNEL,
    .doc = "cv_timedwait() returns 0 when it is signalled.")
{
	int result = -1;
	struct lwp *l;

	mutex_init(&mutex, MUTEX_DEFAULT, IPL_NONE);
	cv_init(&cv, "case");
	l = thread_start(cpu_lookup(ncpu - 1), timed_waiter, &result);
	wait_asleep(l, &cv);
	mutex_enter(&mutex);
	cv_signal(&cv);
	CHECK(!cv_has_waiters(&cv));
	mutex_exit(&mutex);
	thread_join(l);
	CHECK_EQ(result, 0);
	CHECK(!cv_has_waiters(&cv));
	cv_destroy(&cv);
}

/* --- a bounded buffer --- */

#define BUFFER 4
static uint64_t buffer[BUFFER];
static u_int filled, head;
static kcondvar_t not_full, not_empty;
static struct budget budget;
static uint64_t produced, consumed, items;
static u_int producers;

static void
producer(struct rng *rng)
{
	while (budget_left(&budget)) {
		uint64_t item = rng_next(rng) | 1;

		mutex_enter(&mutex);
		while (filled == BUFFER)
			cv_wait(&not_full, &mutex);
		buffer[(head + filled++) % BUFFER] = item;
		produced += item;
		items++;
		cv_signal(&not_empty);
		mutex_exit(&mutex);
	}
	mutex_enter(&mutex);
	producers--;
	cv_broadcast(&not_empty);
	mutex_exit(&mutex);
}

static void
consumer(struct rng *rng)
{
	mutex_enter(&mutex);
	for (;;) {
		while (filled == 0 && producers != 0)
			cv_wait(&not_empty, &mutex);
		if (filled == 0)
			break;
		CHECK_NE(buffer[head], 0);
		consumed += buffer[head];
		buffer[head] = 0;
		head = (head + 1) % BUFFER;
		filled--;
		cv_signal(&not_full);
		mutex_exit(&mutex);
		spin_randomly(rng, 30);
		mutex_enter(&mutex);
	}
	mutex_exit(&mutex);
}

static void
buffer_thread(void *arg)
{
	u_int me = (u_int)(uintptr_t)arg;
	struct rng rng = rng_init(me);

	if (me % 2 == 0)
		producer(&rng);
	else
		consumer(&rng);
}

static void
run_buffer(int ipl)
{
	u_int n = roundup2(ncpu + 1, 2U);
	struct lwp **l = kmem_alloc(n * sizeof(*l), KM_SLEEP);

	mutex_init(&mutex, MUTEX_DEFAULT, ipl);
	cv_init(&not_full, "full");
	cv_init(&not_empty, "empty");
	producers = n / 2;
	budget = budget_start();
	for (u_int i = 0; i < n; i++)
		l[i] = thread_start(
		    cpu_lookup(i % ncpu), buffer_thread, (void *)(uintptr_t)i);
	for (u_int i = 0; i < n; i++)
		thread_join(l[i]);
	CHECK_EQ(produced, consumed);
	CHECK_EQ(filled, 0);
	case_metric("items", "", items);
}

CASE(cv_adaptive_stress, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_STRESS,
    .doc = "Producers and consumers on all CPUs lose and double nothing.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(100)))
{
	run_buffer(IPL_NONE);
}

CASE(cv_spin_stress, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_STRESS,
    .doc = "The same with a spin mutex.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(100)))
{
	run_buffer(IPL_VM);
}

/* --- misuse --- */

CASE(cv_wait_without_mutex, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .panic = "mutex_owned(mtx)", .doc = "cv_wait() without the mutex panics.")
{
	mutex_init(&mutex, MUTEX_DEFAULT, IPL_NONE);
	cv_init(&cv, "case");
	cv_wait(&cv, &mutex);
}

static void
wait_in_softint(void *arg __unused)
{
	mutex_enter(&mutex);
	cv_wait(&cv, &mutex);
}

CASE(cv_wait_in_softint, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .panic = "cv_wait: called in soft interrupt context",
    .doc = "cv_wait() in a soft interrupt panics.")
{
	mutex_init(&mutex, MUTEX_DEFAULT, IPL_SOFTCLOCK);
	cv_init(&cv, "case");
	softint_schedule(softint_establish(
	    SOFTINT_CLOCK | SOFTINT_MPSAFE, wait_in_softint, NULL));
	take_interrupts();
}
