/* SPDX-License-Identifier: ISC */
/* ipi(9): what ipi_unregister() promises while triggers are under way. */
#include <sys/callout.h>
#include <sys/kmem.h>
#include "ipi_case.h"

#ifdef MULTIPROCESSOR

/*
 * How long something that must not happen gets on CPU 0: so many callouts
 * there, for the host may not have run it for a while; but should it take no
 * interrupts at all, so many nanoseconds.
 */
#define PATIENCE_BEATS 5
#define PATIENCE_NS    200000000
static struct {
	callout_t callout;
	struct mark beats;
	volatile bool stop;
} pulse;

static void
pulse_beat(void *arg __unused)
{
	mark_add(&pulse.beats);
	if (!pulse.stop)
		callout_reset_nsec(&pulse.callout, 1000000, pulse_beat, NULL);
}

static void
pulse_start(void)
{
	callout_init(&pulse.callout, CALLOUT_MPSAFE);
	pulse.stop = false;
	pulse_beat(NULL);
}

static void
pulse_stop(void)
{
	pulse.stop = true;
	(void)callout_stop(&pulse.callout);
}

static void
be_patient(const struct mark *until)
{
	uint64_t end = nsecuptime() + PATIENCE_NS;
	u_int beats = mark_read(&pulse.beats) + PATIENCE_BEATS;

	SPIN_UNTIL(mark_read(until) != 0 || mark_read(&pulse.beats) >= beats ||
		   nsecuptime() >= end);
}

/*
 * The owner of a number: its handler must find it alive, and triggered.  It
 * stays where it is when the number is gone, so that a late execution does
 * no harm but is counted.
 */
struct owner {
	volatile bool o_alive, o_triggered;
	struct mark o_runs, o_strays;
};

static void
owner_run(void *arg)
{
	struct owner *o = arg;

	if (!o->o_alive || !o->o_triggered)
		mark_add(&o->o_strays);
	mark_add(&o->o_runs);
}

static u_int
owner_register(struct owner *o)
{
	*o = (struct owner){.o_alive = true};
	return (ipi_number(owner_run, o));
}

static void
owner_trigger(struct owner *o, u_int id, struct cpu_info *ci)
{
	o->o_triggered = true;
	PINNED(ipi_trigger(id, ci));
}

/* CPU 1, with interrupts off until the unregister call is under way. */
struct window {
	struct mark w_held, w_unregistering;
};

static void
hold_window(void *arg)
{
	struct window *w = arg;
	uint64_t flags = intr_disable();

	mark_add(&w->w_held);
	mark_wait(&w->w_unregistering, 1);
	ipi_await_message(curcpu());
	intr_restore(flags);
}

static struct lwp *
window_open(struct window *w)
{
	struct lwp *l;

	*w = (struct window){.w_held = {0}};
	l = thread_start(cpu_lookup(1), hold_window, w);
	mark_wait(&w->w_held, 1);
	return (l);
}

CASE_DECISION(i29_pending_trigger, IPI, CONFORMANCE, "I29,D4", 4, 2,
    "A number is unregistered while a trigger is pending on a CPU with "
    "interrupts off: its handler runs before the return, or never.",
    PARAM_KERNEL)
{
	struct window w;
	struct owner o;
	u_int id = owner_register(&o), runs;
	struct lwp *l = window_open(&w);

	owner_trigger(&o, id, cpu_lookup(1));
	mark_add(&w.w_unregistering);
	ipi_unregister(id);
	o.o_alive = false;
	runs = mark_read(&o.o_runs);
	thread_join(l);
	ipi_settle(cpu_lookup(1));
	CHECK_LE(runs, 1);
	CHECK_EQ(mark_read(&o.o_runs), runs);
	CHECK_EQ(mark_read(&o.o_strays), 0);
}

CASE_DECISION(i29_trigger_is_delivered, IPI, CONFORMANCE, "I29,D4", 4, 2,
    "A trigger sent before ipi_unregister() is delivered before it returns.",
    PARAM_KERNEL)
{
	struct window w;
	struct owner o;
	u_int id = owner_register(&o);
	struct lwp *l = window_open(&w);

	owner_trigger(&o, id, cpu_lookup(1));
	mark_add(&w.w_unregistering);
	ipi_unregister(id);
	CHECK_EQ(mark_read(&o.o_runs), 1);
	o.o_alive = false;
	thread_join(l);
	ipi_settle(cpu_lookup(1));
	CHECK_EQ(mark_read(&o.o_strays), 0);
}

/*
 * A handler that stays in until ipi_unregister() has returned, or, which is
 * right, for a while.
 */
struct slow {
	struct mark s_entered, s_left, s_returned;
	u_int s_nested; /* a number to trigger here, or 0 */
	bool s_too_early;
};

static void
linger(void *arg)
{
	struct slow *s = arg;
	kcpuset_t self;

	mark_add(&s->s_entered);
	if (s->s_nested != 0) {
		kcpuset_zero(&self);
		kcpuset_set(&self, cpu_number());
		ipi_await_message(curcpu());
		ipi_trigger_multi(s->s_nested, &self);
	}
	be_patient(&s->s_returned);
	if (mark_read(&s->s_returned) != 0)
		s->s_too_early = true;
	mark_add(&s->s_left);
}

CASE(i30_running_handler, IPI, CONFORMANCE, "I30", 2,
    "ipi_unregister() does not return while the handler runs.", PARAM_KERNEL)
{
	struct slow s = {.s_nested = 0};
	u_int id = ipi_number(linger, &s);

	pulse_start();
	PINNED(ipi_trigger(id, cpu_lookup(1)));
	mark_wait(&s.s_entered, 1);
	ipi_unregister(id);
	CHECK_EQ(mark_read(&s.s_left), 1);
	mark_add(&s.s_returned);
	mark_wait(&s.s_left, 1);
	CHECK(!s.s_too_early);
	pulse_stop();
	ipi_settle(cpu_lookup(1));
	CHECK_EQ(mark_read(&s.s_entered), 1);
}

/*
 * One batch on CPU 1: a slow handler, behind it the number that is being
 * unregistered, and the message by which that may be done.
 */
struct batch {
	struct slow b_slow;
	struct owner b_owner, b_heir;
	u_int b_slow_id, b_id;
	struct window b_window;
	struct lwp *b_thread;
};

static void
batch_start(struct batch *b)
{
	*b = (struct batch){.b_slow = {.s_nested = 0}};
	b->b_slow_id = ipi_number(linger, &b->b_slow);
	b->b_id = owner_register(&b->b_owner);
	CHECK_GE(b->b_id, b->b_slow_id);
	pulse_start();
	b->b_thread = window_open(&b->b_window);
	PINNED(ipi_trigger(b->b_slow_id, cpu_lookup(1)));
	owner_trigger(&b->b_owner, b->b_id, cpu_lookup(1));
	mark_add(&b->b_window.w_unregistering);
}

static void
batch_end(struct batch *b)
{
	thread_join(b->b_thread);
	pulse_stop();
	ipi_settle(cpu_lookup(1));
	CHECK_EQ(mark_read(&b->b_slow.s_left), 1);
	CHECK(!b->b_slow.s_too_early);
	CHECK_EQ(mark_read(&b->b_owner.o_strays), 0);
	ipi_unregister(b->b_slow_id);
}

CASE_DECISION(i30_rest_of_a_batch, IPI, CONFORMANCE, "I30,D4", 4, 2,
    "A CPU has taken the number, and what ipi_unregister() sent, in one "
    "batch, and is busy with another handler of it: no return before the "
    "whole batch is done.",
    PARAM_KERNEL)
{
	struct batch b;

	batch_start(&b);
	ipi_unregister(b.b_id);
	CHECK_EQ(mark_read(&b.b_slow.s_left), 1);
	b.b_owner.o_alive = false;
	mark_add(&b.b_slow.s_returned);
	batch_end(&b);
}

CASE_DECISION(i31_heir_of_a_number, IPI, CONFORMANCE, "I31,D4", 4, 2,
    "The same, and the number is registered again at once: its new handler "
    "does not get the old trigger.",
    PARAM_KERNEL)
{
	struct batch b;

	batch_start(&b);
	ipi_unregister(b.b_id);
	CHECK_EQ(mark_read(&b.b_slow.s_left), 1);
	b.b_owner.o_alive = false;
	CHECK_EQ(owner_register(&b.b_heir), b.b_id);
	mark_add(&b.b_slow.s_returned);
	batch_end(&b);
	CHECK_EQ(mark_read(&b.b_heir.o_runs), 0);
	owner_trigger(&b.b_heir, b.b_id, cpu_lookup(1));
	ipi_settle(cpu_lookup(1));
	CHECK_EQ(mark_read(&b.b_heir.o_runs), 1);
	CHECK_EQ(mark_read(&b.b_heir.o_strays), 0);
	ipi_unregister(b.b_id);
}

CASE_DECISION(i30_batch_in_a_batch, IPI, CONFORMANCE, "I30,D4", 4, 2,
    "The other handler of the batch triggers a number on its own CPU, and "
    "so has what is pending served inside it: still no return before the "
    "outer batch is done.",
    PARAM_KERNEL)
{
	struct mark nested = {0};
	u_int id = ipi_number(ipi_count, &nested);
	struct batch b;
	struct slow *s = &b.b_slow;

	b = (struct batch){.b_slow = {.s_nested = id}};
	b.b_slow_id = ipi_number(linger, s);
	b.b_id = owner_register(&b.b_owner);
	pulse_start();
	/* The message comes only after the batch has begun. */
	PINNED(ipi_trigger(b.b_slow_id, cpu_lookup(1)));
	mark_wait(&s->s_entered, 1);
	owner_trigger(&b.b_owner, b.b_id, cpu_lookup(1));
	ipi_unregister(b.b_slow_id);
	CHECK_EQ(mark_read(&s->s_left), 1);
	mark_add(&s->s_returned);
	ipi_settle(cpu_lookup(1));
	pulse_stop();
	CHECK(!s->s_too_early);
	CHECK_EQ(mark_read(&s->s_left), 1);
	CHECK_EQ(mark_read(&nested), 1);
	CHECK_EQ(mark_read(&b.b_owner.o_runs), 1);
	ipi_unregister(b.b_id);
	ipi_unregister(id);
}

/*
 * A number changes hands without pause on CPU 0 while the others trigger it.
 * A trigger is made inside a section that the churner waits for before it
 * gives the number back, as the API asks of its users.
 */
struct churn {
	struct budget c_budget;
	struct owner c_owners[2];
	volatile u_int c_id; /* 0: withdrawn */
	struct owner *volatile c_owner;
	struct mark *c_inside; /* of each CPU: odd inside a section */
	volatile bool c_stop;
	u_int c_rounds, c_strays, c_runs;
	volatile u_int c_triggers;
};

static void
churn_trigger(struct churn *c, struct rng *r, u_int self)
{
	u_int id, target;

	mark_add(&c->c_inside[self]);
	if ((id = atomic_load_acquire(&c->c_id)) != 0) {
		target = rng_below(r, ncpu - 1);
		c->c_owner->o_triggered = true;
		PINNED(ipi_trigger(id, cpu_lookup(target + (target >= self))));
		atomic_inc_uint(&c->c_triggers);
	}
	mark_add(&c->c_inside[self]);
}

static void
churn_withdraw(struct churn *c)
{
	(void)atomic_swap_uint(&c->c_id, 0);
	for (u_int i = 1; i < ncpu; i++) {
		u_int seen = mark_read(&c->c_inside[i]);

		if (seen % 2 != 0)
			SPIN_UNTIL(mark_read(&c->c_inside[i]) != seen);
	}
}

static void
churn_number(struct churn *c, struct rng *r)
{
	while (budget_left(&c->c_budget)) {
		struct owner *o = &c->c_owners[c->c_rounds++ % 2];
		u_int id;

		/* Of the round before the last: nothing may have come since. */
		c->c_strays += mark_read(&o->o_strays);
		id = owner_register(o);
		c->c_owner = o;
		atomic_store_release(&c->c_id, id);
		for (u_int n = rng_below(r, 64); n > 0; n--)
			CPU_BUSY_CYCLE();
		churn_withdraw(c);
		ipi_unregister(id);
		o->o_alive = false;
		c->c_runs += mark_read(&o->o_runs);
	}
	atomic_store_release(&c->c_stop, true);
}

static void
churn_run(u_int self, void *arg)
{
	struct churn *c = arg;
	struct rng r = rng_init(self);

	if (self == 0)
		churn_number(c, &r);
	else
		while (!atomic_load_acquire(&c->c_stop))
			churn_trigger(c, &r, self);
}

CASE_DECISION(i32_churn, IPI, STRESS, "I32,D4", 4, 2,
    "A number is registered and unregistered over and over while other CPUs "
    "trigger it: every execution finds its owner alive.",
    PARAM_KERNEL, PARAM_BUDGET(200))
{
	struct churn c = {.c_budget = budget_start(),
	    .c_inside = kmem_zalloc(ncpu * sizeof(*c.c_inside), KM_SLEEP)};

	on_each_cpu(churn_run, &c);
	ipi_settle_all();
	for (u_int i = 0; i < nitems(c.c_owners); i++)
		c.c_strays += mark_read(&c.c_owners[i].o_strays);
	CHECK_EQ(c.c_strays, 0);
	CHECK_LE(c.c_runs, c.c_triggers);
	case_metric("owners", "", c.c_rounds);
	case_metric("triggers", "", c.c_triggers);
	case_metric("executions", "", c.c_runs);
}

#endif /* MULTIPROCESSOR */
