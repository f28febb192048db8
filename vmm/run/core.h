/* SPDX-License-Identifier: ISC */
/*
 * --core: an ELF core of the guest, for gdb.
 *
 * A thread for each vCPU, thread id = CPU index + 1, with the registers that
 * the `vcpu` events show: those of the trap for a CPU that panicked in one;
 * all zero where KVM has lost them, as AMD's KVM does after a triple fault.
 * The CPU that ended the run comes first.  Guest memory is one segment, at its
 * GPA.
 */
#ifndef VMM_RUN_CORE_H
#define VMM_RUN_CORE_H

#include "event/sink.h"
#include "vm/vm.h"

/*
 * Write the core of the paused VM to options->core, whole or not at all, and
 * tell of it, or of the failure, in the `core` event.  `ending` may be NULL.
 */
void core_write(
    const struct vm *vm, struct event_sink *sink, const struct ending *ending);

#endif /* VMM_RUN_CORE_H */
