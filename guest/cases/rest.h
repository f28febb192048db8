/* SPDX-License-Identifier: ISC */
/*
 * What holds of the kernel at rest, whatever a case has done: looked at when
 * it returns.
 */
#ifndef CASES_REST_H
#define CASES_REST_H

/*
 * First of the caller: it is at IPL_NONE, with preemption allowed, hardware
 * interrupts on, no spin mutex and no wait left behind.  Then, once each CPU
 * that runs has come to rest (one that a case leaves busy is left out): it is
 * at IPL_NONE, owes nothing to anybody, and holds no lock; its callouts are in
 * order.  And if all have come to rest, what was called has run as often.
 * => thread context, on the CPU and in the thread that ran the case
 */
void check_rest(void);

#endif /* CASES_REST_H */
