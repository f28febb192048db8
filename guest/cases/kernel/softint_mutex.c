/* SPDX-License-Identifier: ISC */
/* Soft interrupts that must wait for an adaptive mutex. */
#include <sys/mutex.h>
#include "ground.h"

static struct order order;
static kmutex_t mutex;

struct waiter {
	void *w_handle;
	u_int w_level;
	volatile bool w_done;
};

static void
waiter_handler(void *arg)
{
	struct waiter *w = arg;
	int ipl = IPL_SOFTCLOCK + (int)w->w_level;

	CHECK_EQ(cpu_ipl(), ipl);
	order_add(&order, 'w');
	mutex_enter(&mutex);
	CHECK_EQ(cpu_ipl(), ipl);
	CHECK(cpu_softintr_p());
	CHECK(mutex_owned(&mutex));
	order_add(&order, 'W');
	mutex_exit(&mutex);
	w->w_done = true;
}

static void
waiter_start(struct waiter *w, u_int level)
{
	*w = (struct waiter){.w_level = level};
	w->w_handle =
	    softint_establish(level | SOFTINT_MPSAFE, waiter_handler, w);
	order_clear(&order);
}

static void
waiter_end(struct waiter *w)
{
	SPIN_UNTIL(w->w_done);
	softint_disestablish(w->w_handle);
}

CASE(softint_mutex_of_interrupted, .api = XCVM_API_KERNEL,
    .doc = "A handler that needs its own thread's mutex gives the CPU back "
	   "for it.")
{
	struct waiter w;

	mutex_init(&mutex, MUTEX_DEFAULT, IPL_SOFTSERIAL);
	for (u_int level = 0; level < SOFTINT_LEVELS; level++) {
		waiter_start(&w, level);
		mutex_enter(&mutex);
		softint_schedule(w.w_handle);
		SPIN_UNTIL(order.o_count != 0);
		order_add(&order, 'm');
		/* The level and the context are each thread's own. */
		CHECK_EQ(cpu_ipl(), IPL_NONE);
		CHECK(!cpu_softintr_p());
		CHECK(mutex_owned(&mutex));
		/* Callouts wait for that level as well. */
		if (level != SOFTINT_CLOCK)
			take_interrupts();
		CHECK(!w.w_done);
		order_add(&order, 'M');
		mutex_exit(&mutex);
		waiter_end(&w);
		CHECK_ORDER(&order, "wmMW");
	}
}

static void
letter_handler(void *letter)
{
	order_add(&order, *(const char *)letter);
}

CASE(softint_mutex_others_run, .api = XCVM_API_KERNEL,
    .doc = "While a handler waits, other levels run, and its level loses "
	   "nothing.")
{
	static const char letters[SOFTINT_LEVELS] = {'c', 'b', 'n', 's'};
	void *handle[SOFTINT_LEVELS];
	struct waiter w;

	mutex_init(&mutex, MUTEX_DEFAULT, IPL_SOFTSERIAL);
	for (u_int i = 0; i < SOFTINT_LEVELS; i++)
		handle[i] = softint_establish(i | SOFTINT_MPSAFE,
		    letter_handler, (void *)(uintptr_t)&letters[i]);
	waiter_start(&w, SOFTINT_BIO);
	mutex_enter(&mutex);
	softint_schedule(w.w_handle);
	for (u_int i = 0; i < SOFTINT_LEVELS; i++)
		softint_schedule(handle[i]);
	CHECK_ORDER(&order, "wcns");
	mutex_exit(&mutex);
	waiter_end(&w);
	CHECK_ORDER(&order, "wcnsWb");
}

#ifdef MULTIPROCESSOR

struct owner {
	struct mark o_owns;
	struct cond o_sleep;
};

static void
owner_sleeps(void *arg)
{
	struct owner *o = arg;

	mutex_enter(&mutex);
	mark_add(&o->o_owns);
	cond_wait(&o->o_sleep, "owner");
	order_add(&order, 'o');
	mutex_exit(&mutex);
}

static void
owner_spins(void *arg)
{
	struct owner *o = arg;

	mutex_enter(&mutex);
	mark_add(&o->o_owns);
	/* The handler has begun; leave it the time to find us running. */
	SPIN_UNTIL(order.o_count != 0);
	delay(1000);
	order_add(&order, 'o');
	mutex_exit(&mutex);
}

CASE(softint_mutex_owner_asleep, .api = XCVM_API_KERNEL, .min_vcpus = 2,
    .doc = "A handler of each level waits for a mutex whose owner sleeps on "
	   "another CPU.")
{
	mutex_init(&mutex, MUTEX_DEFAULT, IPL_SOFTSERIAL);
	for (u_int level = 0; level < SOFTINT_LEVELS; level++) {
		struct owner o = {.o_sleep = COND_INITIALIZER()};
		struct waiter w;
		struct lwp *l;

		waiter_start(&w, level);
		l = thread_start(cpu_lookup(1), owner_sleeps, &o);
		wait_asleep(l, &o.o_sleep);
		/* Off its CPU, or the handler would spin, for ever. */
		SPIN_UNTIL(cpu_lookup(1)->ci_curlwp != l);
		softint_schedule(w.w_handle);
		SPIN_UNTIL(order.o_count != 0);
		order_add(&order, 'm');
		CHECK(!w.w_done);
		cond_signal(&o.o_sleep);
		waiter_end(&w);
		CHECK_ORDER(&order, "wmoW");
		thread_join(l);
	}
}

CASE(softint_mutex_owner_runs, .api = XCVM_API_KERNEL, .min_vcpus = 2,
    .doc = "A handler waits for a mutex whose owner runs on another CPU.")
{
	struct owner o = {0};
	struct waiter w;
	struct lwp *l;

	mutex_init(&mutex, MUTEX_DEFAULT, IPL_SOFTSERIAL);
	waiter_start(&w, SOFTINT_NET);
	l = thread_start(cpu_lookup(1), owner_spins, &o);
	mark_wait(&o.o_owns, 1);
	softint_schedule(w.w_handle);
	waiter_end(&w);
	CHECK_ORDER(&order, "woW");
	thread_join(l);
}

#endif
