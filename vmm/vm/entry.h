/* SPDX-License-Identifier: ISC */
/*
 * The mode in which a vCPU enters the guest.
 */
#ifndef VMM_VM_ENTRY_H
#define VMM_VM_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"

/*
 * 64-bit mode with those page tables, flat segments, no descriptor tables,
 * interrupts' registers as the APIC wants them; CPUID has been set.  0 or -1.
 */
int entry_mode(int vcpu_fd, uint64_t cr3, bool boot_cpu, struct failure *why);

#endif /* VMM_VM_ENTRY_H */
