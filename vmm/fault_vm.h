/* SPDX-License-Identifier: ISC */
/*
 * The fault plan of a run at work on its VM.
 */
#ifndef VMM_FAULT_VM_H
#define VMM_FAULT_VM_H

#include <stddef.h>

#include "fault.h"

struct vm;

/*
 * For the user-modelled APIC, once for each interrupt or NMI that a guest's
 * ICR or SELF IPI write sends to one CPU: what is to be delivered now instead
 * of it, in this order; the number of them, 0 if nothing.  What is to be
 * delivered later comes through the APIC's post() and vcpu_nmi(), without
 * another call of this.
 *
 * Any thread, without vm->lock and vm->report_lock; locks of the APIC's own
 * may be held, if post() is not called with report_lock held.  vm->fault may
 * be NULL: then it is `sent` itself.
 */
size_t fault_vm_delivery(struct vm *vm, const struct fault_ipi *sent,
    struct fault_ipi now[FAULT_ARRIVALS_MAX]);

#endif /* VMM_FAULT_VM_H */
