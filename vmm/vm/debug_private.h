/* SPDX-License-Identifier: ISC */
/*
 * What the files of vm/debug.h share.
 */
#ifndef VMM_VM_DEBUG_PRIVATE_H
#define VMM_VM_DEBUG_PRIVATE_H

#include "vm/debug.h"

/* An instruction at a breakpoint, or of a walk, is done. */
enum debug_exit debug_passed(struct vcpu *vcpu);

#endif /* VMM_VM_DEBUG_PRIVATE_H */
