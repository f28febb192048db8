/* SPDX-License-Identifier: ISC */
/*
 * A vCPU in its thread: into the guest, and what to do about each exit.
 */
#ifndef VMM_VCPU_RUN_H
#define VMM_VCPU_RUN_H

#include <stdbool.h>

struct vcpu;

/*
 * In its thread, without vm->lock: run until somebody wants attention; false
 * if it is never to run again.
 */
bool vcpu_run(struct vcpu *vcpu);

#endif /* VMM_VCPU_RUN_H */
