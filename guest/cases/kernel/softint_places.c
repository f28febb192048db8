/* SPDX-License-Identifier: ISC */
/* The end of a soft interrupt's handler: of each handle, level and CPU. */
#include <sys/callout.h>
#include "ground.h"

#define PLACES 8

static void *handles[SOFTINT_MAX + 1];
static u_int nhandles;

/* What happens at the handle while it is disestablished. */
static struct {
	struct mark ready;
	volatile bool asked; /* softint_disestablish() is about to be called */
	volatile bool over;
	void *handle;
} ending;

static void
ending_handler(void *arg __unused)
{
	mark_add(&ending.ready);
	SPIN_UNTIL(ending.asked);
	delay(2000);
	ending.over = true;
}

/* All that there are; the levels in turn. */
static void
establish_all(void)
{
	void *handle;

	while ((handle = softint_establish(
		    nhandles % SOFTINT_LEVELS | SOFTINT_MPSAFE, ending_handler,
		    &ending)) != NULL) {
		if (!CHECK(nhandles < SOFTINT_MAX))
			return;
		handles[nhandles++] = handle;
	}
}

static void
expect_nothing(void *arg)
{
	CHECK(arg == NULL);
	ending.over = true;
}

CASE(softint_all_handles, .api = XCVM_API_KERNEL,
    .doc = "There are SOFTINT_MAX handles, of which xcall(9) has one a "
	   "level, and one that comes back is as new.")
{
	establish_all();
	if (!case_foreign(XCVM_API_XCALL))
		CHECK_EQ(nhandles + SOFTINT_LEVELS, SOFTINT_MAX);
	for (u_int i = 0; i < nhandles; i++)
		for (u_int j = 0; j < i; j++)
			CHECK(handles[i] != handles[j]);
	/* Nothing is left of who had it before. */
	softint_disestablish(handles[1]);
	handles[1] = softint_establish(SOFTINT_SERIAL, expect_nothing, NULL);
	if (CHECK(handles[1] != NULL))
		softint_schedule(handles[1]);
	CHECK(ending.over);
}

/* --- with a callout --- */

static struct order order;

static void
letter_handler(void *letter)
{
	order_add(&order, *(const char *)letter);
}

static void
callout_fires(void *arg __unused)
{
	CHECK_EQ(cpu_ipl(), IPL_SOFTCLOCK);
	order_add(&order, 't');
}

CASE(softint_before_callouts, .api = XCVM_API_KERNEL,
    .doc = "A callout that is due with soft interrupts of all levels runs "
	   "after those above IPL_SOFTCLOCK, at that level.")
{
	static const char letters[SOFTINT_LEVELS] = {'c', 'b', 'n', 's'};
	callout_t c;
	int s = splhigh();

	for (u_int i = 0; i < SOFTINT_LEVELS; i++)
		softint_schedule(softint_establish(
		    i, letter_handler, (void *)(uintptr_t)&letters[i]));
	callout_init(&c, CALLOUT_MPSAFE);
	callout_reset_nsec(&c, 0, callout_fires, NULL);
	SPIN_UNTIL(intr_is_pending(LIR_TIMER));
	splx(s);
	CHECK_ORDER(&order, "snbtc");
}

#ifdef MULTIPROCESSOR

static void
let_run(void *arg __unused)
{
	softint_schedule(ending.handle);
}

static void
keep_pending(void *arg __unused)
{
	int s = splhigh();

	softint_schedule(ending.handle);
	mark_add(&ending.ready);
	SPIN_UNTIL(ending.asked);
	delay(2000);
	splx(s);
}

CASE(softint_disestablish_places, .api = XCVM_API_KERNEL, .min_vcpus = 2,
    .doc = "softint_disestablish() waits for a handler that runs, or is "
	   "pending, at each level, on any CPU, whichever its handle.")
{
	establish_all();
	for (u_int i = 0; i < PLACES; i++) {
		/* The last CPU first, and the last handle. */
		struct cpu_info *ci = cpu_lookup(ncpu - 1 - i % (ncpu - 1));
		struct lwp *l;

		ending.ready = (struct mark){0};
		ending.asked = ending.over = false;
		ending.handle = handles[nhandles - 1 - i];
		l = thread_start(
		    ci, i < SOFTINT_LEVELS ? let_run : keep_pending, NULL);
		mark_wait(&ending.ready, 1);
		ending.asked = true;
		softint_disestablish(ending.handle);
		CHECK(ending.over);
		thread_join(l);
	}
}

#endif
