/* SPDX-License-Identifier: ISC */
/*
 * A VM of a few instructions, to find out by trying what this KVM does.
 */
#ifndef VMM_VM_SCRATCH_H
#define VMM_VM_SCRATCH_H

#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "vm/guestmem.h"
#include "vm/kvm.h"

#define SCRATCH_CODE 0x8000 /* where the code begins */

struct scratch {
	const struct kvm *kvm;
	int vm, vcpu; /* descriptors */
	struct guestmem mem;
	struct kvm_run *run;
};

/*
 * scratch_create() and scratch_load() return 0, or -1 with `why` filled; call
 * scratch_destroy() in any case.
 */

/* Create the VM alone, without an interrupt controller. */
int scratch_create(
    struct scratch *s, const struct kvm *kvm, struct failure *why);

/* Give the VM memory, and a vCPU that is about to run `code` in 64-bit mode. */
int scratch_load(
    struct scratch *s, const uint8_t *code, size_t len, struct failure *why);

/* Run the vCPU up to its next exit.  The exit reason, or -1. */
int scratch_run(struct scratch *s, struct failure *why);

void scratch_destroy(struct scratch *s);

#endif /* VMM_VM_SCRATCH_H */
