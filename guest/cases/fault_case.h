/* SPDX-License-Identifier: ISC */
/*
 * What the fault cases share: a case under a plan comes in pairs, one that
 * hangs and is diagnosed, one that sends again and completes.
 */
#ifndef CASES_FAULT_CASE_H
#define CASES_FAULT_CASE_H

#include "ipi_case.h"
#include "nxcall_case.h"
#include "xcall_case.h"

#define PARAMS_FAULT(resend)                                               \
	PARAM_ICR_FENCE,                                                   \
	    PARAM("stall_limit_ms", 20,                                    \
		"wait that is reported as a stall, milliseconds"),         \
	    PARAM("resend", resend,                                        \
		"a stalled wait sends its interrupt again, once: 0 or 1"), \
	    PARAM_TRACE

/*
 * RESENT(name, api, contract ids, fewest vCPUs, plan, doc) { body }: must
 * pass, by sending again.  Decision 5, so another's implementation may not.
 */
#define RESENT(id, api_, contract_, min_, plan_, doc_)                     \
	CASE_TABLE(id, api_, FAULT, contract_, 5, min_, 0, NULL, 0, plan_, \
	    NULL, 0, doc_, PARAMS_FAULT(1))

/* The CPU has no call, message or interrupt of a stack left. */
void fault_settle(struct cpu_info *);

#endif /* CASES_FAULT_CASE_H */
