/* SPDX-License-Identifier: ISC */
/* Soft interrupts: levels, masking, scheduling, the end of a handler. */
#include "call.h"
#include "ground.h"

static const char letters[SOFTINT_LEVELS] = {'c', 'b', 'n', 's'};
static struct order order;
static void *handles[SOFTINT_LEVELS];

static void *
establish(u_int level, void (*func)(void *), void *arg)
{
	return (softint_establish(level | SOFTINT_MPSAFE, func, arg));
}

/* --- context and masking --- */

static volatile u_int runs;

static void
context_handler(void *level)
{
	int s = splhigh();

	CHECK_EQ(s, IPL_SOFTCLOCK + (uintptr_t)level);
	CHECK(cpu_softintr_p());
	CHECK(!cpu_intr_p());
	splx(s);
	CHECK_EQ(cpu_ipl(), IPL_SOFTCLOCK + (uintptr_t)level);
	runs++;
}

CASE(softint_context, .api = XCVM_API_KERNEL,
    .doc = "A handler runs at its level, in soft, not hard, interrupt context.")
{
	for (uintptr_t level = 0; level < SOFTINT_LEVELS; level++) {
		void *handle =
		    establish((u_int)level, context_handler, (void *)level);

		runs = 0;
		softint_schedule(handle);
		SPIN_UNTIL(runs != 0);
		CHECK_EQ(cpu_ipl(), IPL_NONE);
		CHECK(!cpu_softintr_p());
		softint_disestablish(handle);
		CHECK_EQ(runs, 1);
	}
}

CASE(softint_masked, .api = XCVM_API_KERNEL,
    .doc = "spl of its level or above holds a soft interrupt off, below does "
	   "not.")
{
	for (uintptr_t level = 0; level < SOFTINT_LEVELS; level++) {
		void *handle =
		    establish((u_int)level, context_handler, (void *)level);

		for (int ipl = IPL_NONE; ipl < IPL_COUNT; ipl++) {
			int s = splraise(ipl);

			runs = 0;
			softint_schedule(handle);
			if (ipl < IPL_SOFTCLOCK + (int)level)
				SPIN_UNTIL(runs != 0);
			else
				CHECK_EQ(runs, 0);
			splx(s);
			CHECK_EQ(runs, 1);
		}
		softint_disestablish(handle);
	}
}

/* --- levels among each other --- */

static void
letter_handler(void *letter)
{
	order_add(&order, *(const char *)letter);
}

/* Run in the handler of one level: schedule the next one up. */
static void
nest_handler(void *arg)
{
	u_int level = (u_int)(uintptr_t)arg;
	char letter = letters[level];

	order_add(&order, letter);
	if (level + 1 < SOFTINT_LEVELS)
		softint_schedule(handles[level + 1]);
	order_add(&order, (char)(letter - 'a' + 'A'));
}

CASE(softint_levels_nest, .api = XCVM_API_KERNEL,
    .doc = "A soft interrupt of a higher level preempts one of a lower.")
{
	for (uintptr_t i = 0; i < SOFTINT_LEVELS; i++)
		handles[i] = establish((u_int)i, nest_handler, (void *)i);
	softint_schedule(handles[0]);
	SPIN_UNTIL(order.o_count == 2 * SOFTINT_LEVELS);
	CHECK_ORDER(&order, "cbnsSNBC");
}

static void
top_handler(void *arg __unused)
{
	order_add(&order, 't');
	for (u_int i = 0; i < SOFTINT_LEVELS; i++)
		softint_schedule(handles[i]);
	order_add(&order, 'T');
}

CASE(softint_lower_waits, .api = XCVM_API_KERNEL,
    .doc = "Soft interrupts of the same and lower levels wait for the "
	   "handler's end.")
{
	void *top = establish(SOFTINT_SERIAL, top_handler, NULL);

	for (u_int i = 0; i < SOFTINT_LEVELS; i++)
		handles[i] = establish(
		    i, letter_handler, (void *)(uintptr_t)&letters[i]);
	softint_schedule(top);
	SPIN_UNTIL(order.o_count == 2 + SOFTINT_LEVELS);
	CHECK_ORDER(&order, "tTsnbc");
}

/* --- scheduling --- */

CASE(softint_pending_runs_once, .api = XCVM_API_KERNEL,
    .doc = "A soft interrupt scheduled again while pending runs once.")
{
	void *handle = establish(
	    SOFTINT_NET, context_handler, (void *)(uintptr_t)SOFTINT_NET);
	int s = splsoftnet();

	for (u_int i = 0; i < 3; i++)
		softint_schedule(handle);
	CHECK_EQ(runs, 0);
	splx(s);
	CHECK_EQ(runs, 1);
	softint_disestablish(handle);
	CHECK_EQ(runs, 1);
}

static volatile u_int depth;

static void
again_handler(void *handle)
{
	CHECK_EQ(depth, 0);
	depth++;
	if (++runs < 5) {
		softint_schedule(*(void **)handle);
		/* Twice while it is pending is still once. */
		softint_schedule(*(void **)handle);
	}
	depth--;
}

CASE(softint_schedule_in_handler, .api = XCVM_API_KERNEL,
    .doc = "A handler that schedules itself runs again, after it has returned.")
{
	void *handle = NULL;

	handle = establish(SOFTINT_BIO, again_handler, &handle);
	softint_schedule(handle);
	SPIN_UNTIL(runs >= 5);
	softint_disestablish(handle);
	CHECK_EQ(runs, 5);
}

static void
count_handler(void *count)
{
	atomic_inc_uint(count);
}

static void
schedule_everywhere(u_int cpu __unused, void *handle)
{
	softint_schedule(handle);
}

CASE(softint_per_cpu, .api = XCVM_API_KERNEL,
    .doc = "A soft interrupt runs on the CPU that scheduled it, on each once.")
{
	struct mark *counts = cpu_marks();
	void *handle = establish(SOFTINT_SERIAL, call_count_here, counts);

	on_each_cpu(schedule_everywhere, handle);
	softint_disestablish(handle);
	for (u_int i = 0; i < ncpu; i++)
		CHECK_EQ(mark_read(&counts[i]), 1);
}

/* --- the end of a handler --- */

CASE(softint_handles, .api = XCVM_API_KERNEL,
    .doc = "Every handle works, the one too many is refused, and they come "
	   "back.")
{
	static void *handle[SOFTINT_MAX + 1];
	static u_int counts[SOFTINT_MAX + 1];
	u_int n = 0;
	int s;

	while ((handle[n] = establish(
		    n % SOFTINT_LEVELS, count_handler, &counts[n])) != NULL)
		if (!CHECK(++n <= SOFTINT_MAX))
			return;
	CHECK_GE(n, SOFTINT_MAX / 2);
	s = splhigh();
	for (u_int i = 0; i < n; i++)
		softint_schedule(handle[i]);
	splx(s);
	for (u_int i = 0; i < n; i++) {
		CHECK_EQ(counts[i], 1);
		softint_disestablish(handle[i]);
	}
	handle[0] = establish(SOFTINT_CLOCK, count_handler, &counts[0]);
	CHECK(handle[0] != NULL);
}

#ifdef MULTIPROCESSOR

struct ending {
	void *e_handle;
	struct mark e_ready;
	volatile bool
	    e_asked; /* softint_disestablish() is about to be called */
	volatile bool e_over;
};

static void
ending_handler(void *arg)
{
	struct ending *e = arg;

	mark_add(&e->e_ready);
	SPIN_UNTIL(e->e_asked);
	delay(2000);
	e->e_over = true;
}

static void
ending_thread_running(void *arg)
{
	softint_schedule(((struct ending *)arg)->e_handle);
}

static void
ending_thread_pending(void *arg)
{
	struct ending *e = arg;
	int s = splhigh();

	softint_schedule(e->e_handle);
	mark_add(&e->e_ready);
	SPIN_UNTIL(e->e_asked);
	delay(2000);
	splx(s);
}

/* The handler runs, or is pending, on CPU 1 when it is taken away here. */
static void
disestablish_against(void (*thread)(void *))
{
	struct ending e = {0};
	struct lwp *l;

	e.e_handle = establish(SOFTINT_CLOCK, ending_handler, &e);
	l = thread_start(cpu_lookup(1), thread, &e);
	mark_wait(&e.e_ready, 1);
	e.e_asked = true;
	softint_disestablish(e.e_handle);
	CHECK(e.e_over);
	thread_join(l);
}

CASE(softint_disestablish_running, .api = XCVM_API_KERNEL, .min_vcpus = 2,
    .doc = "softint_disestablish() waits for a handler that runs elsewhere.")
{
	disestablish_against(ending_thread_running);
}

CASE(softint_disestablish_pending, .api = XCVM_API_KERNEL, .min_vcpus = 2,
    .doc = "softint_disestablish() waits for a handler that is pending "
	   "elsewhere.")
{
	disestablish_against(ending_thread_pending);
}

#endif
