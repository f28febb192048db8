/* SPDX-License-Identifier: ISC */
/* No wake-up is lost, whatever the moment it comes at. */
#include <sys/kmem.h>
#include "ground.h"

static struct budget budget;
static volatile bool over;

/* --- back and forth between two threads, and round all CPUs --- */

struct stop {
	struct cond s_cond;
	uint64_t s_data; /* written before the signal, read after it */
} __cacheline_aligned;

static struct stop *stops;
static u_int nstops;

static void
ring_thread(void *arg)
{
	u_int me = (u_int)(uintptr_t)arg;
	struct stop *here = &stops[me], *next = &stops[(me + 1) % nstops];
	uint64_t data = 0;

	for (;;) {
		cond_wait(&here->s_cond, "ring");
		CHECK_GE(here->s_data, data + 1);
		data = here->s_data;
		cond_init(&here->s_cond);
		if (me == 0 && !budget_left(&budget))
			over = true;
		next->s_data = data + 1;
		/* Read before: after the signal the next one may be gone. */
		bool last = over;

		cond_signal(&next->s_cond);
		if (last)
			return;
	}
}

/* Pass a signal round n threads, on all CPUs in turn; how often it went on. */
static uint64_t
run_ring(u_int n)
{
	struct lwp **l = kmem_alloc(n * sizeof(*l), KM_SLEEP);
	uint64_t passes = 0;

	nstops = n;
	stops = kmem_zalloc(n * sizeof(*stops), KM_SLEEP);
	for (u_int i = 0; i < n; i++)
		cond_init(&stops[i].s_cond);
	budget = budget_start();
	for (u_int i = 0; i < n; i++)
		l[i] = thread_start(
		    cpu_lookup(i % ncpu), ring_thread, (void *)(uintptr_t)i);
	stops[0].s_data = 1;
	cond_signal(&stops[0].s_cond);
	for (u_int i = 0; i < n; i++) {
		thread_join(l[i]);
		passes = MAX(passes, stops[i].s_data);
	}
	return (passes);
}

CASE(sleep_ping_pong, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_STRESS,
    .doc = "Two threads, on two CPUs if there are, wake each other in turn.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(100)))
{
	case_metric("signals", "", run_ring(2));
}

CASE(sleep_ring, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_STRESS,
    .doc = "A signal goes round threads on all CPUs, most of them idle.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(100)))
{
	case_metric("signals", "", run_ring(ncpu + 1));
}

/* --- a timeout against a wake-up --- */

static const volatile char timed_ident;
static volatile u_int sleeps;

static void
timed_thread(void *arg)
{
	struct rng rng = rng_init(7);
	u_int *timeouts = arg;

	while (budget_left(&budget)) {
		uint64_t ns = rng_below(&rng, 60000), start = cpu_counter();
		int error = tsleep_nsec(&timed_ident, PWAIT, "case", ns);

		CHECK_EQ(cpu_ipl(), IPL_NONE);
		CHECK(!callout_pending(&curlwp->l_sleep_callout));
		if (error == EWOULDBLOCK) {
			CHECK_GE(cpu_counter() - start, ns_to_tsc(ns));
			++*timeouts;
		} else
			CHECK_EQ(error, 0);
		sleeps++;
	}
	over = true;
}

CASE(sleep_timeout_stress, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_STRESS,
    .doc = "A wake-up and a timeout that meet wake a sleeper once, and truly.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(100)))
{
	struct rng rng = rng_init(0);
	u_int timeouts = 0;
	struct lwp *l;

	budget = budget_start();
	l = thread_start_pri(
	    cpu_lookup(ncpu - 1), PRI_KTHREAD + 1, timed_thread, &timeouts);
	while (!over) {
		spin_randomly(&rng, 200);
		wakeup_one(&timed_ident);
	}
	thread_join(l);
	case_metric("sleeps", "", sleeps);
	case_metric("timeouts", "", timeouts);
}

#ifdef MULTIPROCESSOR

/* --- a signal between the test and the sleep --- */

static struct cond *volatile offered;

static void
signalling_thread(void *arg __unused)
{
	struct rng rng = rng_init(1);
	struct cond *c;

	for (;;) {
		SPIN_UNTIL((c = atomic_load_acquire(&offered)) != NULL || over);
		if (c == NULL)
			return;
		offered = NULL;
		spin_randomly(&rng, 60);
		cond_signal(c);
	}
}

/* At another depth of the stack each time: the address changes. */
static __noinline void
wait_deeper(struct rng *rng, u_int depth)
{
	struct cond c = COND_INITIALIZER();

	if (depth > 0) {
		wait_deeper(rng, depth - 1);
		return;
	}
	atomic_store_release(&offered, &c);
	spin_randomly(rng, 60);
	cond_wait(&c, "case");
	CHECK_EQ(c.c_wait, 0);
}

CASE(sleep_no_lost_signal, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_STRESS,
    .min_vcpus = 2,
    .doc = "A signal sent between a waiter's test and its sleep is not lost.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(100)))
{
	struct rng rng = rng_init(0);
	u_int waits = 0;
	struct lwp *l = thread_start(cpu_lookup(1), signalling_thread, NULL);

	for (budget = budget_start(); budget_left(&budget); waits++)
		wait_deeper(&rng, rng_below(&rng, 4));
	over = true;
	thread_join(l);
	case_metric("waits", "", waits);
}

#endif
