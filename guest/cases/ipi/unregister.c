/* SPDX-License-Identifier: ISC */
/* ipi(9): what ipi_unregister() promises while triggers are under way. */
#include <sys/callout.h>
#include "ipi/ipi_case.h"

#ifdef MULTIPROCESSOR

/*
 * How long something that must not happen gets: so many callouts on each other
 * CPU, for the host may not have run it for a while, and none may be missing;
 * but should one take no interrupts at all, so many nanoseconds.
 */
#define PATIENCE_BEATS 5
#define PATIENCE_NS    2000000000
static struct pulse {
	callout_t callout;
	struct mark beats;
} pulses[MAXCPUS];
static volatile bool pulses_stop;

static void
pulse_beat(void *arg)
{
	struct pulse *p = arg;

	mark_add(&p->beats);
	if (!pulses_stop)
		callout_reset_nsec(&p->callout, 1000000, pulse_beat, p);
}

static void
pulse_here(u_int cpu, void *arg __unused)
{
	callout_init(&pulses[cpu].callout, CALLOUT_MPSAFE);
	pulse_beat(&pulses[cpu]);
}

static void
pulse_start(void)
{
	pulses_stop = false;
	on_each_cpu(pulse_here, NULL);
}

static void
pulse_stop(void)
{
	pulses_stop = true;
	for (u_int i = 0; i < ncpu; i++)
		(void)callout_stop(&pulses[i].callout);
}

/* Until it is marked, or patience is at its end. */
static void
be_patient(const struct mark *until)
{
	uint64_t end = nsecuptime() + PATIENCE_NS;
	static u_int beats[MAXCPUS];

	for (u_int i = 0; i < ncpu; i++)
		beats[i] = mark_read(&pulses[i].beats) + PATIENCE_BEATS;
	for (u_int i = 0; i < ncpu; i++)
		if (i != cpu_number())
			SPIN_UNTIL(mark_read(until) != 0 ||
				   (int)(mark_read(&pulses[i].beats) -
					 beats[i]) >= 0 ||
				   nsecuptime() >= end);
}

/* CPU 1, with interrupts off until the unregister call is under way. */
struct window {
	struct hold w_hold;
	struct mark w_unregistering;
};

static void
until_unregistering(void *arg)
{
	struct window *w = arg;

	mark_wait(&w->w_unregistering, 1);
	ipi_await_message(curcpu());
}

static void
window_open(struct window *w)
{
	w->w_unregistering = (struct mark){0};
	hold_cpu_until(
	    &w->w_hold, cpu_lookup(1), HOLD_INTR_OFF, until_unregistering, w);
}

CASE(i29_pending_trigger, .api = XCVM_API_IPI, .contract = "I29,D4",
    .decision = 4, .min_vcpus = 2,
    .doc = "A number is unregistered while a trigger is pending on a CPU with "
	   "interrupts off: its handler runs before the return, or never.")
{
	struct window w;
	struct owner o;
	u_int id = owner_register(&o), runs;

	window_open(&w);
	owner_trigger(&o, id, cpu_lookup(1));
	mark_add(&w.w_unregistering);
	ipi_unregister(id);
	o.o_alive = false;
	runs = mark_read(&o.o_runs);
	hold_join(&w.w_hold);
	ipi_settle(cpu_lookup(1));
	CHECK_LE(runs, 1);
	CHECK_EQ(mark_read(&o.o_runs), runs);
	CHECK_EQ(mark_read(&o.o_strays), 0);
}

CASE(i29_trigger_is_delivered, .api = XCVM_API_IPI, .contract = "I29,D4",
    .decision = 4, .min_vcpus = 2,
    .doc = "A trigger sent before ipi_unregister() is delivered before it "
	   "returns.")
{
	struct window w;
	struct owner o;
	u_int id = owner_register(&o);

	window_open(&w);
	owner_trigger(&o, id, cpu_lookup(1));
	mark_add(&w.w_unregistering);
	ipi_unregister(id);
	CHECK_EQ(mark_read(&o.o_runs), 1);
	o.o_alive = false;
	hold_join(&w.w_hold);
	ipi_settle(cpu_lookup(1));
	CHECK_EQ(mark_read(&o.o_strays), 0);
}

/*
 * A handler that stays in until ipi_unregister() has returned, or, which is
 * right, for a while.
 */
struct slow {
	struct mark s_entered, s_left, s_returned;
	u_int s_nested;		 /* a number to trigger here, or 0, */
	struct mark s_triggered; /* when another is pending */
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
		mark_wait(&s->s_triggered, 1);
		ipi_await_message(curcpu());
		ipi_trigger_multi(s->s_nested, &self);
	}
	be_patient(&s->s_returned);
	if (mark_read(&s->s_returned) != 0)
		s->s_too_early = true;
	mark_add(&s->s_left);
}

CASE(i30_running_handler, .api = XCVM_API_IPI, .contract = "I30",
    .min_vcpus = 2,
    .doc = "ipi_unregister() does not return while the handler runs.")
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
};

static void
batch_start(struct batch *b)
{
	*b = (struct batch){.b_slow = {.s_nested = 0}};
	b->b_slow_id = ipi_number(linger, &b->b_slow);
	b->b_id = owner_register(&b->b_owner);
	CHECK_GE(b->b_id, b->b_slow_id);
	pulse_start();
	window_open(&b->b_window);
	PINNED(ipi_trigger(b->b_slow_id, cpu_lookup(1)));
	owner_trigger(&b->b_owner, b->b_id, cpu_lookup(1));
	mark_add(&b->b_window.w_unregistering);
}

static void
batch_end(struct batch *b)
{
	hold_join(&b->b_window.w_hold);
	pulse_stop();
	ipi_settle(cpu_lookup(1));
	CHECK_EQ(mark_read(&b->b_slow.s_left), 1);
	CHECK(!b->b_slow.s_too_early);
	CHECK_EQ(mark_read(&b->b_owner.o_strays), 0);
	ipi_unregister(b->b_slow_id);
}

CASE(i30_rest_of_a_batch, .api = XCVM_API_IPI, .contract = "I30,D4",
    .decision = 4, .min_vcpus = 2,
    .doc = "A CPU has taken the number, and what ipi_unregister() sent, in "
	   "one batch, and is busy with another handler of it: no return "
	   "before the whole batch is done.")
{
	struct batch b;

	batch_start(&b);
	ipi_unregister(b.b_id);
	CHECK_EQ(mark_read(&b.b_slow.s_left), 1);
	b.b_owner.o_alive = false;
	mark_add(&b.b_slow.s_returned);
	batch_end(&b);
}

CASE(i31_heir_of_a_number, .api = XCVM_API_IPI, .contract = "I31,D4",
    .decision = 4, .min_vcpus = 2,
    .doc = "The same, and the number is registered again at once: its new "
	   "handler does not get the old trigger.")
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

CASE(i30_batch_in_a_batch, .api = XCVM_API_IPI, .contract = "I30,D4",
    .decision = 4, .min_vcpus = 2,
    .doc = "The other handler of the batch triggers a number on its own CPU, "
	   "and so has what is pending served inside it: still no return "
	   "before the outer batch is done.")
{
	struct mark nested = {0};
	u_int id = ipi_number(call_count, &nested);
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
	mark_add(&s->s_triggered);
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

#endif /* MULTIPROCESSOR */
