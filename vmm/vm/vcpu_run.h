/* SPDX-License-Identifier: ISC */
/*
 * A vCPU in its thread: into the guest, and what to do about each exit.
 */
#ifndef VMM_VM_VCPU_RUN_H
#define VMM_VM_VCPU_RUN_H

#include <stdbool.h>

struct vcpu;

/*
 * Of a function that is kept apart from its caller, so that what it has on the
 * stack is not under every KVM_RUN.  With AVX-512 the signal frame of a kick
 * takes 3.4 KiB; where that and the frames above it fit one page, a VM of 255
 * vCPUs saves 1 MiB.
 */
#define VCPU_ASIDE __attribute__((noinline))

/*
 * In its thread, without vm->lock: run until somebody wants attention; false
 * if it is never to run again.
 */
bool vcpu_run(struct vcpu *vcpu);

#endif /* VMM_VM_VCPU_RUN_H */
