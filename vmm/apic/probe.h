/* SPDX-License-Identifier: ISC */
/*
 * What --apic user has to know of this KVM, found out by trying: a VM of a
 * few instructions.
 */
#ifndef VMM_APIC_PROBE_H
#define VMM_APIC_PROBE_H

#include <stdbool.h>

#include "base/failure.h"
#include "vm/kvm.h"

struct apic_host {
	/*
	 * Interrupts are taken, and windows for them noticed, many instructions
	 * late: guest code is emulated, a batch at a time.  A shorter window
	 * passes unseen.
	 */
	bool late;
	bool cr8_exits;	     /* a lower value in CR8 is an exit */
	bool deadline_exits; /* a write of IA32_TSC_DEADLINE is an exit */
};

/* Try what this KVM does.  0 or -1. */
int apic_probe(
    const struct kvm *kvm, struct apic_host *host, struct failure *why);

/* Make the VM exit at accesses to the APIC's MSRs.  0 or -1. */
int apic_msrs_exit(int vm_fd, struct failure *why);

#endif /* VMM_APIC_PROBE_H */
