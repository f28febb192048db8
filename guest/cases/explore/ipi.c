/* SPDX-License-Identifier: ISC */
/* ipi(9), small: numbers. */
#include "explore/explore.h"

#ifdef MULTIPROCESSOR

struct trigger {
	volatile u_int t_stored;	/* by the sender, before each trigger */
	volatile u_int t_seen;		/* by the handler */
	volatile u_int t_runs, t_freed; /* handlers; the number is free */
	volatile u_int t_inside;
	u_int t_id;
	struct cpu_info *t_target;
};

static struct trigger shared;

static void
note_stored(void *arg)
{
	struct trigger *t = arg;

	CHECK_EQ(t->t_freed, 0);
	t->t_inside = 1;
	t->t_seen = t->t_stored;
	CHECK_EQ(t->t_freed, 0);
	t->t_inside = 0;
	atomic_inc_uint(&t->t_runs);
}

static void
trigger_twice(struct trigger *t)
{
	kpreempt_disable();
	t->t_stored = 1;
	ipi_trigger(t->t_id, t->t_target);
	t->t_stored = 2;
	ipi_trigger(t->t_id, t->t_target);
	kpreempt_enable();
}

static struct trigger *
trigger_init(u_int target)
{
	shared.t_id = ipi_number(note_stored, &shared);
	shared.t_target = cpu_lookup(target);
	return (&shared);
}

EXPLORE(ipi_trigger, IPI, "I5", 2,
    "What is stored before a trigger is seen by a handler that runs after it.")
{
	struct trigger *t = trigger_init(1);

	explore_start();
	trigger_twice(t);
	SPIN_UNTIL(t->t_seen == 2);
	explore_end();
}

static void
trigger_here(void *arg)
{
	struct trigger *t = arg;

	PINNED(ipi_trigger(t->t_id, t->t_target));
}

EXPLORE(ipi_trigger_two, IPI, "I3", 3,
    "Two CPUs trigger two numbers of a third: both handlers run.")
{
	static struct trigger other;
	struct trigger *t = trigger_init(2);

	other.t_id = ipi_number(note_stored, &other);
	other.t_target = t->t_target;
	explore_on(trigger_here, &other);
	explore_start();
	t->t_stored = 1;
	trigger_here(t);
	SPIN_UNTIL(t->t_seen == 1 && other.t_runs == 1);
	explore_end();
}

EXPLORE(ipi_trigger_same, IPI, "I3", 3,
    "Two CPUs trigger one number: a handler runs after each.")
{
	struct trigger *t = trigger_init(2);

	explore_on(trigger_here, t);
	explore_start();
	t->t_stored = 1;
	trigger_here(t);
	SPIN_UNTIL(t->t_seen == 1);
	explore_end();
}

EXPLORE(ipi_unregister, IPI, "I29,I30", 2,
    "After ipi_unregister() no handler runs, nor will one, of a trigger that "
    "came before.")
{
	struct trigger *t = trigger_init(1);

	explore_start();
	trigger_here(t);
	ipi_unregister(t->t_id);
	t->t_freed = 1;
	CHECK_EQ(t->t_inside, 0);
	CHECK_EQ(t->t_runs, 1);
	ipi_settle(t->t_target);
	explore_end();
}

EXPLORE(ipi_unregister_other, IPI, "I29", 3,
    "ipi_unregister() waits for what another CPU has triggered before.")
{
	struct trigger *t = trigger_init(2);

	explore_on(trigger_here, t);
	explore_start();
	explore_join();
	ipi_unregister(t->t_id);
	t->t_freed = 1;
	CHECK_EQ(t->t_inside, 0);
	CHECK_EQ(t->t_runs, 1);
	explore_end();
}

/* --- from an interrupt --- */

static void
trigger_from_interrupt(void *arg)
{
	struct trigger *t = arg;

	t->t_stored = 2;
	ipi_trigger(t->t_id, cpu_lookup(0));
}

EXPLORE(ipi_from_handler, IPI, "I5", 2,
    "A handler triggers a number on the CPU that triggered it.")
{
	u_int there;

	trigger_init(0);
	there = ipi_number(trigger_from_interrupt, &shared);
	explore_start();
	PINNED(ipi_trigger(there, cpu_lookup(1)));
	SPIN_UNTIL(shared.t_seen == 2);
	explore_end();
}

EXPLORE(ipi_self, IPI, "I7", 2,
    "A number triggered on the own CPU and another has run here on return, "
    "and runs there.")
{
	kcpuset_t *all;

	trigger_init(1);
	kcpuset_create(&all, true);
	kcpuset_copy(all, kcpuset_running);
	explore_start();
	shared.t_stored = 1;
	PINNED(ipi_trigger_multi(shared.t_id, all));
	CHECK_GE(shared.t_runs, 1);
	SPIN_UNTIL(shared.t_runs == 2);
	CHECK_EQ(shared.t_seen, 1);
	explore_end();
}

/* --- beside a broadcast --- */

static void
count_message(void *arg)
{
	mark_add(arg);
}

EXPLORE(ipi_broadcast_busy, IPI, "I13", 2,
    "A broadcast runs on a CPU for which a number is pending, too.")
{
	static struct mark ran;
	struct trigger *t = trigger_init(1);
	ipi_msg_t msg = {.func = count_message, .arg = &ran};

	explore_start();
	trigger_here(t);
	PINNED(ipi_broadcast(&msg, true));
	ipi_wait(&msg);
	CHECK_EQ(mark_read(&ran), 1);
	SPIN_UNTIL(t->t_runs == 1);
	explore_end();
}

#endif /* MULTIPROCESSOR */
