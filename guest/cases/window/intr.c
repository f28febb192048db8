/* SPDX-License-Identifier: ISC */
/* Windows in levels, soft interrupts and timeouts. */
#include <sys/callout.h>
#include "window/window.h"

/* --- levels: what was blocked comes when the level drops, and once --- */

static void
drop_level(u_int operation)
{
	static const int from[] = {
	    IPL_HIGH, IPL_SCHED, IPL_VM, IPL_SOFTSERIAL, IPL_SOFTCLOCK};
	int s = splraise(from[operation]);

	CHECK_EQ(s, IPL_NONE);
	window_begin();
	splx(s);
	CHECK_EQ(cpu_ipl(), IPL_NONE);
	CHECK(interrupts_are_on());
}

static void
raise_level(u_int operation)
{
	static const int to[] = {
	    IPL_HIGH, IPL_SCHED, IPL_VM, IPL_SOFTSERIAL, IPL_SOFTCLOCK};
	int s;

	window_begin();
	s = splraise(to[operation]);
	CHECK_EQ(s, IPL_NONE);
	CHECK_EQ(cpu_ipl(), to[operation]);
	splx(s);
}

/* An interrupt is at its own level, whatever it interrupts. */
static void
look_at_level(u_int cpu __unused, u_int time __unused)
{
	CHECK_EQ(cpu_ipl(), IPL_HIGH);
	CHECK(cpu_intr_p());
}

CASE(window_splx_interrupted, WINDOW_HERE(40),
    .doc = "An interrupt comes at each instruction of splx(), once, and leaves "
	   "the level as it was.")
{
	static const struct window drops = {drop_level, look_at_level, 5, NULL};

	window_interrupt(&drops);
}

CASE(window_splraise_interrupted, WINDOW_HERE(20),
    .doc = "An interrupt comes at each instruction of splraise(), once, and "
	   "leaves the level as it was.")
{
	static const struct window raises = {
	    raise_level, look_at_level, 5, NULL};

	window_interrupt(&raises);
}

/* --- soft interrupts: every schedule is followed by a run --- */

static void *softs[3];
static volatile u_int asked[3], ran[3];

static void
run_soft(void *which)
{
	u_int i = (u_int)(uintptr_t)which;

	ran[i] = asked[i];
}

static void
ask(u_int i)
{
	asked[i]++;
	softint_schedule(softs[i]);
}

static void
schedule_here(u_int operation __unused)
{
	window_begin();
	ask(0);
	for (u_int i = 0; i < nitems(softs); i++)
		SPIN_UNTIL(ran[i] == asked[i]);
}

/* The same one, one beside it, one of another level. */
static void
schedule_there(u_int cpu __unused, u_int time)
{
	ask(time % nitems(softs));
}

static void
run_softs(void (*run)(const struct window *))
{
	static const struct window schedules = {
	    schedule_here, schedule_there, 1, NULL};
	static const u_int levels[] = {
	    SOFTINT_NET, SOFTINT_NET, SOFTINT_SERIAL};

	for (u_int i = 0; i < nitems(softs); i++)
		softs[i] = softint_establish(
		    levels[i] | SOFTINT_MPSAFE, run_soft, (void *)(uintptr_t)i);
	run(&schedules);
	for (u_int i = 0; i < nitems(softs); i++) {
		CHECK_EQ(ran[i], asked[i]);
		softint_disestablish(softs[i]);
	}
}

CASE(window_softint_interrupted, WINDOW_HERE(160),
    .doc = "At each instruction by which a soft interrupt is scheduled and "
	   "run, an interrupt schedules it, or another: each runs after it.")
{
	run_softs(window_interrupt);
}

CASE(window_softint_preempted, WINDOW_HERE(160),
    .doc = "At each instruction by which a soft interrupt is scheduled and "
	   "run, a better thread schedules it, or another: each runs after it.")
{
	run_softs(window_thread);
}

/* --- timeouts that two reset and stop --- */

static callout_t shared;
static volatile u_int fired;

static void
fire(void *arg __unused)
{
	atomic_inc_uint(&fired);
}

static void
reset_or_stop(u_int operation)
{
	static const uint64_t soon = 20000, late = 10000000000;

	if (operation == 2)
		callout_stop(&shared);
	else
		callout_reset_nsec(
		    &shared, operation == 0 ? soon : late, fire, NULL);
}

static void
timeout_here(u_int operation)
{
	window_begin();
	reset_or_stop(operation);
}

static void
timeout_there(u_int cpu __unused, u_int time)
{
	reset_or_stop(time % 3);
}

/* Whatever it was like, it can be stopped, and fires when reset. */
static void
run_timeouts(void (*run)(const struct window *))
{
	static const struct window timeouts = {
	    timeout_here, timeout_there, 3, NULL};
	u_int before;

	callout_init(&shared, CALLOUT_MPSAFE);
	run(&timeouts);
	callout_stop(&shared);
	CHECK(!callout_pending(&shared));
	take_interrupts_everywhere();
	before = fired;
	callout_reset_nsec(&shared, 0, fire, NULL);
	SPIN_UNTIL(fired != before);
	take_interrupts();
	CHECK_EQ(fired, before + 1);
}

#ifdef MULTIPROCESSOR
CASE(window_callout_cpus, WINDOW_CPUS(90),
    .doc = "Two CPUs reset and stop a timeout, at whatever instruction one of "
	   "them stops: in the end it is stopped, and can be reset.")
{
	run_timeouts(window_cpus);
}
#endif

CASE(window_callout_preempted, WINDOW_HERE(90),
    .doc = "At each instruction by which a timeout is reset and stopped, a "
	   "better thread resets or stops it.")
{
	run_timeouts(window_thread);
}
