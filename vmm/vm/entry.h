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
 * Put a vCPU whose CPUID has been set into 64-bit mode, with the page tables at
 * `cr3`, flat segments, no descriptor tables, CR8 of 0 and its APIC in x2APIC
 * mode.  0 or -1.
 */
int entry_mode(int vcpu_fd, uint64_t cr3, bool boot_cpu, struct failure *why);

#endif /* VMM_VM_ENTRY_H */
