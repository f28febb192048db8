/* SPDX-License-Identifier: ISC */
/*
 * What the fault cases share: most come in pairs of one body, one that hangs
 * and is diagnosed, and one that sends again and completes.
 */
#ifndef CASES_FAULT_CASE_H
#define CASES_FAULT_CASE_H

#include <sys/xcstat.h>
#include "call.h"
#include "ground.h"

#define PARAM_FAULT(resend)                                              \
	PARAM_ICR_FENCE(1), PARAM_STALL_LIMIT(20), PARAM_RESEND(resend), \
	    PARAM_TRACE(1)

/*
 * CASE(name, RESENT, .api =, .contract =, .fault =, .doc =) { body } must
 * pass, by sending again.  Decision 5, so another's implementation may not.
 */
#define RESENT		.kind = XCVM_KIND_FAULT, .decision = 5, PARAMS(PARAM_FAULT(1))

/*
 * CASE(name, HANGS, .api =, .contract =, .fault =, .diagnosis =, .doc =)
 * { body } must hang, for that reason, and sends nothing again.  The run is
 * looked at that long after the first stall, or as soon as nothing can happen
 * any more.
 */
#define FAULT_SETTLE_MS 500
#define HANGS                                                                \
	.kind = XCVM_KIND_FAULT, .decision = 5, .limit_ms = FAULT_SETTLE_MS, \
	PARAMS(PARAM_FAULT(0))

/* Wait until the CPU has no call, message or interrupt of a stack left. */
void fault_settle(struct cpu_info *);

/*
 * One call, in each of the ways to wait for one: it must run once on the CPU,
 * or with NULL on every CPU, and never again; a wait that completes where
 * stalled waits send again has done so.
 */
void fault_sync_call(struct cpu_info *);
void fault_message(struct cpu_info *);
void fault_xcall(u_int flags, struct cpu_info *);

/*
 * Keep the CPU busy, at IPL_NONE, until hold_release(): only the interrupt
 * that comes with it brings a better thread to run there, where an idle CPU
 * that has not halted yet might find the thread by itself.  It takes one
 * "resched" from the caller's CPU, which has been taken there on return, so
 * such an interrupt that follows is the second.
 */
void fault_occupy(struct hold *, struct cpu_info *);

/*
 * CPU 1 with interrupts off until it comes back from fault_vcpu_away(), where
 * the plan AWAY() takes its vCPU for that time; fault_come_back() waits for it.
 */
#define AWAY(for_us) \
	"kind=preempt,function=fault_vcpu_away,dst=1,nth=1,for_us=" for_us
#define AN_HOUR "3600000000"
struct lwp *fault_go_away(void);
void fault_come_back(struct lwp *, uint64_t at_least_ns);
void fault_vcpu_away(void);

/* The end of such a case: so many executions, the last one of them awaited. */
void fault_check_runs(const struct mark *, u_int runs);

#endif /* CASES_FAULT_CASE_H */
