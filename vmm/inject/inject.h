/* SPDX-License-Identifier: ISC */
/*
 * The fault plan of a run at work on its VM: vm->fault, NULL if it has none.
 */
#ifndef VMM_INJECT_INJECT_H
#define VMM_INJECT_INJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "fault/fault.h"

struct vm;

/*
 * Take the plan of vm->config, when the VM has its vCPUs.  0, or -1 with
 * nothing left.  fault_vm_close() comes when neither a vCPU's thread nor the
 * agenda is left.
 */
int fault_vm_open(struct vm *vm, struct failure *why);
void fault_vm_close(struct vm *vm);

/* The vCPUs begin to run: so do the ticks. */
void fault_vm_start(struct vm *vm);

/*
 * For the user-modelled APIC, once for each interrupt or NMI that a guest's
 * ICR or SELF IPI write sends to one CPU: what is to be delivered now instead
 * of it, in this order; the number of them, 0 if nothing.  What is to be
 * delivered later comes through the APIC's post() and vcpu_nmi(), without
 * another call of this.
 *
 * Any thread, without vm->lock and vm->report_lock; locks of the APIC's own
 * may be held: post() is called with none.
 */
size_t fault_vm_delivery(struct vm *vm, const struct fault_ipi *sent,
    struct fault_ipi now[FAULT_ARRIVALS_MAX]);

/* For the vCPU's thread: the CPU is at the breakpoint `address`. */
void fault_vm_entered(struct vm *vm, uint32_t cpu, uint64_t address);

/*
 * May the plan yet make an interrupt or let a vCPU run, whatever the guest
 * does?  Then a guest in which nothing runs is not at its end.
 */
bool fault_vm_pending(struct vm *vm);

/* How many faults the whole plan has injected; if any, the last of them. */
uint64_t fault_vm_last(struct vm *vm, struct fault_hit *hit);

/* How often the entry of the plan was eligible and injected. */
struct fault_count fault_vm_count(struct vm *vm, size_t entry);

#endif /* VMM_INJECT_INJECT_H */
