/* SPDX-License-Identifier: ISC */
/* Windows of ipi(9): two senders, one target. */
#include "window/window.h"

#ifdef MULTIPROCESSOR

/* --- numbers: every trigger is followed by an execution --- */

#define WINDOW_SENDERS(places) WINDOW(TAKEN_AWAY(300), places, 3)

static u_int numbers[2]; /* of the sender that stops, of the other */
static volatile u_int sent[2], seen[2];
static volatile u_int round_begun, target_blocked, round_done, other_quiet;
static volatile bool ended;

static void
see(void *which)
{
	u_int i = (u_int)(uintptr_t)which;

	seen[i] = atomic_load_acquire(&sent[i]);
}

static void
trigger(u_int which, u_int operation)
{
	struct cpu_info *target = cpu_lookup(ncpu - 1);
	kcpuset_t set;

	kcpuset_zero(&set);
	kcpuset_set(&set, (cpuid_t)(ncpu - 1));
	atomic_store_release(&sent[which], sent[which] + 1);
	kpreempt_disable();
	window_begin_if(which == 0);
	if (operation == 0)
		ipi_trigger(numbers[which], target);
	else
		ipi_trigger_multi(numbers[which], &set);
	kpreempt_enable();
}

/* The target takes no interrupt from a round's begin to its end. */
static void
be_target(void *arg __unused)
{
	for (u_int round = 1;; round++) {
		int s;

		SPIN_UNTIL(round_begun >= round || ended);
		if (ended)
			return;
		s = splhigh();
		target_blocked = round;
		SPIN_UNTIL(other_quiet >= round);
		splx(s);
	}
}

static void
trigger_here(u_int operation)
{
	u_int round = ++round_begun;

	SPIN_UNTIL(target_blocked >= round);
	trigger(0, operation);
	round_done = round;
	SPIN_UNTIL(other_quiet >= round);
	SPIN_UNTIL(seen[0] == sent[0] && seen[1] == sent[1]);
}

static void
trigger_there(u_int cpu __unused, u_int time)
{
	u_int done = round_done;

	if (done > other_quiet)
		other_quiet = done;
	else if (target_blocked > done)
		trigger(1, time % 2);
}

static void
end_target(void)
{
	ended = true;
}

CASE(window_ipi_trigger_cpus, WINDOW_SENDERS(40), .api = XCVM_API_IPI,
    .contract = "I3",
    .doc =
	"Two CPUs trigger two numbers on a third, at "
	"whatever instruction one of them stops: both handlers run after it.")
{
	static const struct window triggers = {
	    trigger_here, trigger_there, 2, end_target};
	struct lwp *l;

	for (u_int i = 0; i < 2; i++)
		numbers[i] = ipi_number(see, (void *)(uintptr_t)i);
	l = thread_start(cpu_lookup(ncpu - 1), be_target, NULL);
	window_cpus(&triggers);
	thread_join(l);
	for (u_int i = 0; i < 2; i++)
		ipi_unregister(numbers[i]);
}

static void
trigger_and_wait(u_int operation)
{
	trigger(0, operation);
	SPIN_UNTIL(seen[0] == sent[0]);
}

static void
trigger_in_interrupt(u_int cpu __unused, u_int time)
{
	trigger(1, time % 2);
}

CASE(window_ipi_trigger_interrupted, WINDOW(INTERRUPTED, 90, 2),
    .api = XCVM_API_IPI, .contract = "I3",
    .doc = "At each instruction by which a CPU triggers a "
	   "number an interrupt triggers another: both handlers run after it.")
{
	static const struct window triggers = {
	    trigger_and_wait, trigger_in_interrupt, 2, NULL};

	for (u_int i = 0; i < 2; i++)
		numbers[i] = ipi_number(see, (void *)(uintptr_t)i);
	window_interrupt(&triggers);
	SPIN_UNTIL(seen[1] == sent[1]);
	for (u_int i = 0; i < 2; i++)
		ipi_unregister(numbers[i]);
}

/* --- messages: each is run once on each of its CPUs --- */

struct told {
	ipi_msg_t t_msg;
	volatile u_int t_runs;
};

static void
run_once(void *arg)
{
	struct told *t = arg;

	atomic_inc_uint(&t->t_runs);
}

static void
tell(u_int operation, bool stops)
{
	struct told t = {.t_msg = {.func = run_once, .arg = &t}};
	kcpuset_t set;

	kcpuset_zero(&set);
	kcpuset_set(&set, (cpuid_t)(ncpu - 1));
	kcpuset_set(&set, 0);
	kpreempt_disable();
	window_begin_if(stops);
	if (operation == 0)
		ipi_unicast(&t.t_msg, cpu_lookup(ncpu - 1));
	else if (operation == 1)
		ipi_multicast(&t.t_msg, &set);
	else
		ipi_broadcast(&t.t_msg, true);
	kpreempt_enable();
	ipi_wait(&t.t_msg);
	CHECK_EQ(t.t_runs, operation == 0 ? 1 : operation == 1 ? 2 : ncpu - 1);
}

static void
tell_here(u_int operation)
{
	tell(operation, true);
}

static void
tell_there(u_int cpu __unused, u_int time)
{
	tell(time % 3, false);
}

CASE(window_ipi_message_cpus, WINDOW_SENDERS(45), .api = XCVM_API_IPI,
    .contract = "I16",
    .doc = "Two CPUs send messages to others, at whatever "
	   "instruction one of them stops: each is run once on each CPU.")
{
	static const struct window messages = {tell_here, tell_there, 3, NULL};

	window_cpus(&messages);
}

/* --- numbers that come and go --- */

static volatile u_int own_runs[2];

static void
run_own(void *which)
{
	atomic_inc_uint(&own_runs[(uintptr_t)which]);
}

static void
come_and_go(u_int which, u_int operation)
{
	u_int runs = own_runs[which], id;

	window_begin_if(operation == 0);
	id = ipi_number(run_own, (void *)(uintptr_t)which);
	PINNED(ipi_trigger(id, cpu_lookup(ncpu - 1)));
	window_begin_if(operation == 1);
	ipi_unregister(id);
	CHECK_EQ(own_runs[which], runs + 1);
}

static void
register_here(u_int operation)
{
	come_and_go(0, operation);
}

static void
register_there(u_int cpu __unused, u_int time __unused)
{
	come_and_go(1, 2);
}

CASE(window_ipi_register_cpus, WINDOW_SENDERS(30), .api = XCVM_API_IPI,
    .contract = "I29,D4", .decision = 4,
    .doc =
	"Two CPUs register, trigger and unregister "
	"numbers, at whatever instruction one of them stops: each sees its own "
	"handler run before ipi_unregister() returns.")
{
	static const struct window numbers_of_two = {
	    register_here, register_there, 2, NULL};

	window_cpus(&numbers_of_two);
}

#endif /* MULTIPROCESSOR */
