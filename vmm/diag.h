/* SPDX-License-Identifier: ISC */
/*
 * What the vCPUs of a paused VM are doing: registers and backtrace.
 */
#ifndef VMM_DIAG_H
#define VMM_DIAG_H

#include <stddef.h>

#include <xcvm/abi.h>

#include "symbol.h"
#include "vm.h"

#define DIAG_FRAMES 32 /* deepest backtrace */

/*
 * Follow the frame pointers from these registers, through guest memory only.
 * Returns the number of frames, innermost first.
 */
size_t diag_backtrace(const struct vm *vm, const struct kvm_regs *regs,
    struct symbol frames[DIAG_FRAMES]);

/*
 * The backtrace of a panic: of the trap if it was one, else of the CPU.  The
 * VM is paused.
 */
size_t diag_panic(const struct vm *vm, const struct ending *ending,
    struct symbol frames[DIAG_FRAMES]);

/*
 * Tell a `vcpu` event of every vCPU of the paused VM, that of the ending (if
 * it is not NULL) first and, after a trap, as it was at the trap.
 */
void diag_all(
    const struct vm *vm, const char *why, const struct ending *ending);

#endif /* VMM_DIAG_H */
