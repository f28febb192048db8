/* SPDX-License-Identifier: ISC */
/*
 * The hypercall port: one request decoded, and nothing in it believed.
 */
#ifndef VMM_PORT_HYPERCALL_H
#define VMM_PORT_HYPERCALL_H

#include <stdbool.h>
#include <stdint.h>

#include "vm/vcpu.h"

/*
 * Deal with the struct xcvm_req at `gpa`.  A request that cannot be accepted
 * ends the run as a crash.  True if the vCPU is to go on.
 */
bool hypercall_handle(struct vcpu *vcpu, uint32_t gpa);

#endif /* VMM_PORT_HYPERCALL_H */
