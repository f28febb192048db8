/* SPDX-License-Identifier: ISC */
/*
 * ipi(9): a plain store, then the interrupt command, with nothing in between
 * that would order the two but the fence.
 */
#include <machine/lapic.h>
#include "ipi/ipi_case.h"
#include "ipi/litmus.h"

#ifdef MULTIPROCESSOR

struct fence {
	volatile u_long f_x __cacheline_aligned; /* what the sender publishes */
	u_long f_seen __cacheline_aligned; /* the same, as the handler saw it */
	u_int f_runs;
	struct ahead f_ahead;
	bool f_fence; /* before the command */
};

static void
note_x(void *arg)
{
	struct fence *f = arg;

	f->f_seen = f->f_x;
	take_lines(&f->f_ahead);
	atomic_store_release(&f->f_runs, f->f_runs + 1);
}

static u_long
interrupt_rounds(struct fence *f, u_long first_round, u_int rounds)
{
	u_long stale = 0;

	f->f_runs = 0;
	for (u_int i = 0; i < rounds; i++) {
		u_int runs = f->f_runs;

		store_ahead(&f->f_ahead);
		f->f_x = first_round + i;
		lapic_icr_fence = f->f_fence;
		lapic_ipi(cpu_lookup(1)->ci_cpuid, INTR_VECTOR(LIR_TEST));
		lapic_icr_fence = true;
		SPIN_UNTIL(atomic_load_acquire(&f->f_runs) != runs);
		if (f->f_seen == first_round + i)
			continue;
		/* It may have been the second delivery of an earlier one. */
		take_interrupts_everywhere();
		stale += f->f_seen != first_round + i;
	}
	take_interrupts_everywhere();
	check_delivered(atomic_load_acquire(&f->f_runs), rounds);
	return (stale);
}

/* A message there and back counts as a round as well. */
static u_long
message_rounds(struct fence *f, u_long first_round, u_int rounds)
{
	ipi_msg_t msg = {.func = note_x, .arg = f};
	u_long stale = 0;

	for (u_int i = 0; i < rounds; i++) {
		store_ahead(&f->f_ahead);
		f->f_x = first_round + i;
		lapic_icr_fence = f->f_fence;
		PINNED(ipi_unicast(&msg, cpu_lookup(1)));
		lapic_icr_fence = true;
		ipi_wait(&msg);
		stale += f->f_seen != first_round + i;
	}
	return (stale);
}

static struct fence shared;

CASE(i39_fence_before_the_icr, .api = XCVM_API_IPI, .contract = "I39",
    .min_vcpus = 2,
    .doc = "In x2APIC mode a store before an interrupt command is seen by the "
	   "interrupt, with the full fence; without it the misses are counted.",
    PARAMS(PARAM_KERNEL, PARAM("rounds", 20, "interrupts of each kind")))
{
	u_int rounds = (u_int)case_param("rounds");
	struct fence *f = &shared;
	bool fence = lapic_icr_fence;

	intr_test_establish(note_x, f);
	case_metric("fence in this run", "", fence);

	f->f_fence = true;
	CHECK_EQ(interrupt_rounds(f, 1000, rounds), 0);
	CHECK_EQ(message_rounds(f, 2000, rounds), 0);
	f->f_fence = false;
	case_metric("misses without the fence, interrupts", "",
	    interrupt_rounds(f, 3000, rounds));
	case_metric("misses without the fence, messages", "",
	    message_rounds(f, 4000, rounds));
	lapic_icr_fence = fence;
}

#endif /* MULTIPROCESSOR */
