/* SPDX-License-Identifier: ISC */
/* ipi(9): eight places for messages, and a sender who waits for one. */
#include <sys/kmem.h>
#include <sys/xcstat.h>
#include "ipi/ipi_case.h"

#ifdef MULTIPROCESSOR

#define PLACES (CACHE_LINE_SIZE / sizeof(ipi_msg_t *))

/*
 * CPU 1, with interrupts off until the sender of one message too many is
 * in, and a little longer.
 */
struct full {
	struct mark f_entering, f_returned;
	struct mark f_runs[PLACES + 1];
	ipi_msg_t f_msgs[PLACES + 1];
	enum { FULL_A_WHILE, FULL_COUNTED, FULL_STALLED } f_until;
	/* What was true just before the release. */
	u_int f_early_returns, f_early_runs;
	uint64_t f_stalls;
};

static u_int
full_runs(const struct full *f)
{
	u_int runs = 0;

	for (u_int i = 0; i < nitems(f->f_runs); i++)
		runs += mark_read(&f->f_runs[i]);
	return (runs);
}

static void
until_full(void *arg)
{
	struct full *f = arg;

	mark_wait(&f->f_entering, 1);
	if (f->f_until == FULL_STALLED)
		f->f_stalls = ipi_await_stalls(1);
	else if (f->f_until == FULL_COUNTED)
		SPIN_UNTIL(xcstat_sum(XCS_IPI_SPIN) >= 1);
	else
		/* Time for what must not happen. */
		delay(2000);
	f->f_early_returns = mark_read(&f->f_returned);
	f->f_early_runs = full_runs(f);
}

static void
full_send(struct full *f, u_int i)
{
	f->f_msgs[i] = (ipi_msg_t){.func = call_count, .arg = &f->f_runs[i]};
	PINNED(ipi_unicast(&f->f_msgs[i], cpu_lookup(1)));
}

/* A thread on each CPU but 1 sends its share of the first eight. */
struct share {
	struct full *s_full;
	u_int s_first, s_step;
};

static void
send_share(void *arg)
{
	struct share *s = arg;

	for (u_int i = s->s_first; i < PLACES; i += s->s_step)
		full_send(s->s_full, i);
}

static void
fill(struct full *f)
{
	struct share shares[PLACES];
	struct lwp *threads[PLACES];
	u_int n = MIN(ncpu - 1, (u_int)PLACES);

	for (u_int i = 0; i < n; i++) {
		shares[i] = (struct share){f, i, n};
		threads[i] = thread_start(
		    cpu_lookup(i == 0 ? 0 : i + 1), send_share, &shares[i]);
	}
	for (u_int i = 0; i < n; i++)
		thread_join(threads[i]);
}

static void
overfill(struct full *f)
{
	struct hold hold;

	hold_cpu_until(&hold, cpu_lookup(1), HOLD_INTR_OFF, until_full, f);
	fill(f);
	mark_add(&f->f_entering);
	full_send(f, PLACES);
	mark_add(&f->f_returned);
	for (u_int i = 0; i < nitems(f->f_msgs); i++)
		ipi_wait(&f->f_msgs[i]);
	hold_join(&hold);
	ipi_settle(cpu_lookup(1));
	for (u_int i = 0; i < nitems(f->f_runs); i++)
		CHECK_EQ(mark_read(&f->f_runs[i]), 1);
	CHECK_EQ(f->f_early_runs, 0);
}

CASE(i15_ninth_message_waits, .api = XCVM_API_IPI, .contract = "I15",
    .min_vcpus = 2,
    .doc = "A CPU with interrupts off takes eight messages at once, from "
	   "several senders; the ninth sender waits until it is let go.  Nine "
	   "run.")
{
	struct full f = {.f_until = FULL_A_WHILE};

	overfill(&f);
	CHECK_EQ(f.f_early_returns, 0);
	CHECK_EQ(cpu_ipl(), IPL_NONE);
}

CASE(i15_beside_a_running_one, .api = XCVM_API_IPI, .contract = "I15",
    .min_vcpus = 2,
    .doc = "A message that runs has left its place: eight more are taken "
	   "meanwhile, and run after it.")
{
	struct full f = {.f_until = FULL_A_WHILE};
	struct gate gate = {0};
	ipi_msg_t first = {.func = call_gate, .arg = &gate};

	PINNED(ipi_unicast(&first, cpu_lookup(1)));
	mark_wait(&gate.g_entered, 1);
	fill(&f);
	CHECK_EQ(full_runs(&f), 0);
	mark_add(&gate.g_open);
	ipi_wait(&first);
	for (u_int i = 0; i < PLACES; i++)
		ipi_wait(&f.f_msgs[i]);
	ipi_settle(cpu_lookup(1));
	CHECK_EQ(full_runs(&f), PLACES);
	CHECK_EQ(mark_read(&gate.g_left), 1);
}

CASE(i15_full_is_counted, .api = XCVM_API_IPI, .contract = "I15,D9",
    .decision = 9, .min_vcpus = 2,
    .doc = "One sender who finds the mailbox full is counted once, his scans "
	   "apart; nobody else is.")
{
	struct full f = {.f_until = FULL_COUNTED};

	overfill(&f);
	CHECK_EQ(xcstat_sum(XCS_IPI_FULL), 1);
	CHECK_GE(xcstat_sum(XCS_IPI_SPIN), 1);
	CHECK_EQ(xcstat_sum(XCS_IPI_MSG), PLACES + 1);
	CHECK_EQ(xcstat_sum(XCS_IPI_MSG_RUN), PLACES + 1);
}

CASE(i15_full_is_reported, .api = XCVM_API_IPI, .contract = "I15,D5",
    .decision = 5, .min_vcpus = 2,
    .doc = "A sender who waits for a place past the limit is reported once, "
	   "and goes on waiting.",
    PARAMS(PARAM_ICR_FENCE(1), PARAM_TRACE(1), PARAM_STALL_LIMIT(5)))
{
	struct full f = {.f_until = FULL_STALLED};

	overfill(&f);
	CHECK_EQ(f.f_early_returns, 0);
	CHECK_EQ(f.f_stalls, 1);
}

CASE(i16_counters, .api = XCVM_API_IPI, .contract = "I16,D9", .decision = 9,
    .min_vcpus = 2,
    .doc = "Triggers, messages, executions, interrupts sent and left out: "
	   "each is counted, once.")
{
	static const enum xcstat ids[] = {XCS_IPI_TRIGGER, XCS_IPI_SELF,
	    XCS_IPI_MSG, XCS_IPI_MSG_SELF, XCS_IPI_RUN, XCS_IPI_MSG_RUN,
	    XCS_IPI_SENT, XCS_IPI_ELIDED, XCS_IPI_FULL, XCS_IPI_SPIN};
	/* Five triggers and three messages to a CPU that takes none of them,
	   and a broadcast of each kind. */
	const uint64_t others = ncpu - 1;
	const uint64_t expected[] = {5 + others, 1, 3 + others, 1,
	    1 + others + 1, 3 + others, 2 + 2 * others, 4 + 2, 0, 0};
	uint64_t before[nitems(ids)];
	struct mark runs = {0};
	ipi_msg_t msgs[3];
	u_int id = ipi_number(call_count, &runs);
	struct hold hold;

	ipi_settle_all();
	for (u_int i = 0; i < nitems(ids); i++)
		before[i] = xcstat_sum(ids[i]);
	hold_cpu(&hold, cpu_lookup(1), HOLD_INTR_OFF);
	for (u_int i = 0; i < 5; i++)
		PINNED(ipi_trigger(id, cpu_lookup(1)));
	for (u_int i = 0; i < 3; i++) {
		msgs[i] = (ipi_msg_t){.func = call_count, .arg = &runs};
		PINNED(ipi_unicast(&msgs[i], cpu_lookup(1)));
	}
	hold_release(&hold);
	ipi_settle_all();
	PINNED(ipi_broadcast(&msgs[0], false));
	ipi_wait(&msgs[0]);
	PINNED(ipi_trigger_broadcast(id, false));
	ipi_settle_all();
	for (u_int i = 0; i < nitems(ids); i++) {
		uint64_t counted = xcstat_sum(ids[i]) - before[i];

		if (counted != expected[i])
			case_failed(__FILE__, __LINE__, xcstat_name(ids[i]),
			    "%lu, and not %lu", counted, expected[i]);
	}
	ipi_unregister(id);
}

#endif /* MULTIPROCESSOR */
