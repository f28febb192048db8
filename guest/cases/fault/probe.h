/* SPDX-License-Identifier: ISC */
/*
 * What a fault does, seen from inside: test interrupts and NMIs that arrive,
 * CPUs that stand still, a function that is entered late.
 */
#ifndef CASES_PROBE_H
#define CASES_PROBE_H

#include "case.h"

#define NS_PER_MS 1000000ULL

/* Of one CPU. */
struct probe {
	volatile u_int p_arrived; /* test interrupts */
	volatile u_int p_nmis;
	volatile uint64_t p_at; /* the last of them, TSC */
	/* CPU 0 does not step. */
	volatile uint64_t p_gap;   /* longest between two steps, TSC cycles */
	volatile uint64_t p_entry; /* longest into fault_probe_step() */
	volatile bool p_steps;	   /* has begun to */
	struct lwp *p_stepper;
} __cacheline_aligned;

extern struct probe *probes;

/* Interrupts are counted from now on; returns when all CPUs but 0 step on. */
void probe_start(void);
void probe_stop(void);

/* Send a test interrupt. */
void probe_send(u_int cpu);

/* Spin for so long, or until that many have arrived: have they? */
bool probe_wait(u_int cpu, u_int arrived, uint64_t wait_ns);

#endif /* CASES_PROBE_H */
