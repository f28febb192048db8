/* SPDX-License-Identifier: ISC */
/* What the cases of the ground share: order of events, interrupts proved. */
#ifndef CASES_GROUND_H
#define CASES_GROUND_H

#include "case.h"

/* --- the order in which things happened, a letter each --- */

#define ORDER_MAX 64
struct order {
	volatile u_int o_count;
	char o_text[ORDER_MAX];
};
void order_add(struct order *, char); /* any context, any CPU */
void order_clear(struct order *);

#define CHECK_ORDER(o, text) order_check(o, text, __FILE__, __LINE__)
bool order_check(const struct order *, const char *, const char *, u_int);

/* --- that something has happened --- */

/* For threads, handlers and timeouts: set the flag that flag_arg() names. */
void set_flag(void *);
void *flag_arg(volatile bool *);

/* --- this CPU --- */

#define cpu_ipl()		(curcpu()->ci_ilevel)
#define intr_is_pending(source) ((curcpu()->ci_ipending & 1U << (source)) != 0)

/* Does the hardware let interrupts in?  Any context. */
bool interrupts_are_on(void);

/*
 * Take every interrupt sent to this CPU before the call: spin until the
 * timer, whose vector is the lowest, has interrupted and its callout has run.
 * => IPL_NONE, preemption allowed or not; not in a soft interrupt
 */
void take_interrupts(void);

/* The same on every CPU that runs. */
void take_interrupts_everywhere(void);

/*
 * LIR_TEST, once for each time it is sent: an emulated host was seen to
 * deliver an interrupt twice, about once in 20000, and no kernel can tell.
 * What comes without having been sent is left out here; the cases about the
 * x2APIC count it, see check_delivered().
 */
void test_interrupt_establish(void (*)(void *), void *);
void test_interrupt(struct cpu_info *);

/*
 * So many came of interrupts sent to be counted one by one: none is missing.
 * One that the host delivered twice is a metric, and two of 500 or more; more
 * than that is a failure.
 */
void check_delivered(u_int taken, u_int sent);

/* The metric alone, unless it is 0. */
void metric_delivered_twice(uint64_t interrupts);

/* Yield until that thread sleeps on the address. */
void wait_asleep(const struct lwp *, const volatile void *wchan);

/* Spin for a random time, from nothing to about that many iterations. */
void spin_randomly(struct rng *, u_int bound);

#endif /* CASES_GROUND_H */
