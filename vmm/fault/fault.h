/* SPDX-License-Identifier: ISC */
/*
 * A fault plan at work: which eligible event gets which fault.  Pure logic:
 * no KVM, no threads, no clock.  What is drawn depends on the seed, on the
 * entry's place in the plan and on how many eligible events it has seen, on
 * nothing else: the same events meet the same faults.
 *
 * An event is eligible for an entry whose selectors it meets.  Every entry
 * counts all its eligible events, whatever others do; an event gets one
 * fault at most, by the first entry that takes it.
 */
#ifndef VMM_FAULT_FAULT_H
#define VMM_FAULT_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ipi.h"
#include "fault/spec.h"

struct fault;

/* A fault that was injected. */
struct fault_hit {
	size_t entry; /* in the plan, from 0 */
	const struct fault_spec *spec;
	uint64_t nth;	 /* which of the entry's eligible events, from 1 */
	uint32_t src;	 /* CPU, or FAULT_CPU_NONE */
	uint32_t dst;	 /* CPU it befell */
	uint32_t vector; /* or FAULT_VECTOR_NMI, FAULT_VECTOR_NONE */
	uint32_t to;	 /* misroute: CPU; else FAULT_CPU_NONE */
	uint64_t after;	 /* instructions from the function's entry on */
};

/* What is to be delivered in place of an interrupt. */
struct fault_arrival {
	struct ipi ipi;
	uint64_t delay_us; /* 0: now */
	uint64_t ticket;   /* not 0: held back, for fault_release() */
};

/* Twice itself, and one that was held back. */
#define FAULT_ARRIVALS_MAX 3

struct fault_count {
	uint64_t eligible;
	uint64_t injected;
};

/*
 * `specs` must outlive it and have vectors resolved.  The CPUs in it are
 * below ncpus.  NULL when memory runs out.
 */
struct fault *fault_open(const struct fault_spec *specs, size_t nspecs,
    uint32_t ncpus, uint64_t seed);
void fault_close(struct fault *fault);

/*
 * An interrupt is sent, `now_us` after the run began.  Fill `arrivals` with
 * what is to be delivered now, in this order, or later; the number of them,
 * 0 if it is lost.  `hit` is filled, and *injected true, if it met a fault.
 *
 * One with a ticket is delivered once only, after delay_us, and only if
 * fault_release() gives it then: another call may have given it before.
 */
size_t fault_delivery(struct fault *fault, uint64_t now_us,
    const struct ipi *sent, struct fault_arrival arrivals[FAULT_ARRIVALS_MAX],
    struct fault_hit *hit, bool *injected);

/* False if what the ticket stands for has been given already. */
bool fault_release(struct fault *fault, uint64_t ticket, struct ipi *ipi);

/* An entry at FAULT_AT_TICK has had its next tick: is it to be injected? */
bool fault_tick(struct fault *fault, size_t entry, struct fault_hit *hit);

/*
 * A CPU is about to run the instruction at that offset into a function of that
 * name.  The fault injected is for the caller to find in `hit`.
 */
bool fault_entered(struct fault *fault, uint64_t now_us, const char *function,
    uint32_t offset, uint32_t cpu, struct fault_hit *hit);

/* Can the entry inject no more, whatever comes? */
bool fault_spent(const struct fault *fault, size_t entry);

/* Is an interrupt held back? */
bool fault_holds(const struct fault *fault);

struct fault_count fault_count(const struct fault *fault, size_t entry);

#endif /* VMM_FAULT_FAULT_H */
