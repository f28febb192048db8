/* SPDX-License-Identifier: ISC */
/*
 * Cases that hang for one cause each, for the VMM to find: what they share.
 *
 * They are about the diagnosis, not about an API: each plants its cause with
 * its own hands, in the structures that the implementation leaves to the
 * kernel, and its run passes when the verdict is the one it declares.
 */
#ifndef CASES_DIAG_CASE_H
#define CASES_DIAG_CASE_H

#include "call.h"

/*
 * Soon: where all CPUs are halted in the end, a wait's watch is the last that
 * has a timer armed.
 */
#define PARAM_KERNEL_DIAG                                            \
	PARAM_STALL_LIMIT(100), PARAM_ICR_FENCE(1), PARAM_RESEND(0), \
	    PARAM_TRACE(1)

/*
 * How long a run lasts after the first report of a stall.  One that comes to
 * rest, with all CPUs halted, ends by itself, and long before.
 */
#define DIAG_LIMIT_MS 500
#define DIAG_LAST_MS  20000

/* CASE(name, DIAG, .diagnosis =, .limit_ms =, .doc =) { body } */
#define DIAG                                             \
	.api = XCVM_API_KERNEL, .kind = XCVM_KIND_FAULT, \
	PARAMS(PARAM_KERNEL_DIAG)

/* A report of a stall, where the case is in no wait that would report one. */
void diag_report(void);

/* cpu_xcall_sync() to that CPU of a function that does nothing. */
void diag_sync(struct cpu_info *);

/* Spin for ever: what a handler is to do that never ends. */
void diag_spin(void *) __dead;

#endif /* CASES_DIAG_CASE_H */
