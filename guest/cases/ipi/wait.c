/* SPDX-License-Identifier: ISC */
/* ipi(9): waits that serve nobody else, and those that last. */
#include <sys/xcstat.h>
#include "ipi/ipi_case.h"

#ifdef MULTIPROCESSOR

/* A function that sends a message back, and stays a while. */
struct back {
	ipi_msg_t b_msg;
	struct cpu_info *b_target;
	struct mark b_runs;
	u_int b_early_runs;
	uint64_t b_stalls;
	bool b_until_stall;
};

static void
send_back_and_stay(void *arg)
{
	struct back *b = arg;

	ipi_unicast(&b->b_msg, b->b_target);
	if (b->b_until_stall)
		b->b_stalls = ipi_await_stalls(1);
	else
		/* Time for what must not happen. */
		delay(2000);
	b->b_early_runs = mark_read(&b->b_runs);
}

/* The sender cannot take the message back while it waits. */
static void
wait_unserved(struct back *b)
{
	ipi_msg_t msg = {.func = send_back_and_stay, .arg = b};

	b->b_target = curcpu();
	b->b_msg = (ipi_msg_t){.func = call_count, .arg = &b->b_runs};
	PINNED(ipi_unicast(&msg, cpu_lookup(1)));
	ipi_wait(&msg);
	CHECK_EQ(b->b_early_runs, 0);
	CHECK_EQ(mark_read(&b->b_runs), 0);
}

static void
check_served(struct back *b)
{
	ipi_wait(&b->b_msg);
	CHECK_EQ(mark_read(&b->b_runs), 1);
	CHECK_EQ(cpu_ipl(), IPL_NONE);
}

CASE(i20_wait_with_interrupts_off, .api = XCVM_API_IPI, .contract = "I20,D5",
    .decision = 5, .min_vcpus = 2,
    .doc = "ipi_wait() with interrupts off, or at IPL_HIGH, ends when the "
	   "message has run, and runs nobody's message here meanwhile.")
{
	struct back b = {.b_until_stall = false};
	uint64_t flags;
	int s;

	flags = intr_disable();
	wait_unserved(&b);
	intr_restore(flags);
	check_served(&b);

	b = (struct back){.b_until_stall = false};
	s = splhigh();
	wait_unserved(&b);
	splx(s);
	check_served(&b);
}

CASE(i20_wait_is_reported, .api = XCVM_API_IPI, .contract = "I20,D5",
    .decision = 5, .min_vcpus = 2,
    .doc = "A wait past the limit is reported once, with interrupts off as "
	   "well, and goes on.",
    PARAMS(PARAM_ICR_FENCE(1), PARAM_TRACE(1), PARAM_STALL_LIMIT(5)))
{
	struct back b = {.b_until_stall = true};
	uint64_t flags = intr_disable();

	wait_unserved(&b);
	intr_restore(flags);
	check_served(&b);
	CHECK_EQ(b.b_stalls, 1);
}

/* Two functions, each on one of two CPUs, that wait for each other. */
struct cycle {
	struct cpu_info *c_next;
	struct cycle *c_other;
	ipi_msg_t c_msg;
	struct mark c_entered;
};

static void
wait_for_next(void *arg)
{
	struct cycle *c = arg;

	mark_add(&c->c_entered);
	mark_wait(&c->c_other->c_entered, 1);
	c->c_msg = (ipi_msg_t){.func = call_nothing};
	ipi_unicast(&c->c_msg, c->c_next);
	ipi_wait(&c->c_msg);
}

CASE(i37_cycle_is_reported, .api = XCVM_API_IPI, .contract = "I37,D5",
    .decision = 5, .min_vcpus = 3,
    .doc = "Functions on two CPUs send each other a message and wait: both "
	   "waits are reported.",
    PARAMS(PARAM_ICR_FENCE(1), PARAM_TRACE(1), PARAM_STALL_LIMIT(5)))
{
	/* Not on the stack: they are in use after the case has returned. */
	static struct cycle a, b;
	static ipi_msg_t msgs[2] = {{.func = wait_for_next, .arg = &a},
	    {.func = wait_for_next, .arg = &b}};

	a.c_next = cpu_lookup(2);
	a.c_other = &b;
	b.c_next = cpu_lookup(1);
	b.c_other = &a;
	PINNED(ipi_unicast(&msgs[0], cpu_lookup(1)));
	PINNED(ipi_unicast(&msgs[1], cpu_lookup(2)));
	/* They never leave: the run ends with both inside. */
	case_leaves_cpus_busy();
	CHECK_EQ(ipi_await_stalls(2), 2);
}

#endif /* MULTIPROCESSOR */
