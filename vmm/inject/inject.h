/* SPDX-License-Identifier: ISC */
/*
 * The fault plan of a run at work on its VM.  NULL stands for no plan, and
 * every function but inject_entered() and inject_walked() takes it.
 */
#ifndef VMM_INJECT_INJECT_H
#define VMM_INJECT_INJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "event/sink.h"
#include "fault/fault.h"
#include "fault/plan.h"
#include "vm/vm.h"

struct inject;

/*
 * Take the plan, which has been settled and outlives `*inject`, for a VM that
 * has its vCPUs and has not started.  *inject is NULL if the plan is empty.  0,
 * or -1 with nothing left: VERDICT_SKIP where this KVM cannot do what the case
 * itself asks for, VERDICT_NOKVM where it cannot do what --fault does.
 */
int inject_open(struct inject **inject, struct vm *vm,
    const struct fault_plan *plan, struct event_sink *sink,
    struct failure *why);

/* Free `inject`, after vm_stop(). */
void inject_close(struct inject *inject);

/* The vCPUs begin to run: start the ticks. */
void inject_start(struct inject *inject);

/* For the hooks of vm/vm.h. */
size_t inject_sent(struct inject *inject, const struct ipi *sent,
    struct ipi now[VM_ARRIVALS_MAX]);
void inject_entered(struct inject *inject, struct vcpu *vcpu, uint64_t address);
void inject_walked(struct inject *inject, struct vcpu *vcpu);

/*
 * May the plan yet make an interrupt or let a vCPU run, whatever the guest
 * does?  If so, a guest in which nothing runs is not at its end.
 */
bool inject_pending(struct inject *inject);

/*
 * How many faults the whole plan has injected; `*hit` is the last of them, if
 * there was one.
 */
uint64_t inject_last(struct inject *inject, struct fault_hit *hit);

/* How often the entry of the plan was eligible and injected. */
struct fault_count inject_count(struct inject *inject, size_t entry);

#endif /* VMM_INJECT_INJECT_H */
