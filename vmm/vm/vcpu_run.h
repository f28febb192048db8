/* SPDX-License-Identifier: ISC */
/*
 * A vCPU in its thread: into the guest, and what to do about each exit.
 */
#ifndef VMM_VM_VCPU_RUN_H
#define VMM_VM_VCPU_RUN_H

#include <stdbool.h>

struct vcpu;

/*
 * Keeps a function out of line, so that its locals are not on the stack under
 * every KVM_RUN.  With AVX-512 the signal frame of a kick takes 3.4 KiB; where
 * that and the frames above it fit one page, a VM of 255 vCPUs saves 1 MiB.
 */
#define VCPU_ASIDE __attribute__((noinline))

/*
 * In the vCPU's thread, without vm->lock: run the guest until `attention` is
 * set.  False if the vCPU must never run again.
 */
bool vcpu_run(struct vcpu *vcpu);

#endif /* VMM_VM_VCPU_RUN_H */
