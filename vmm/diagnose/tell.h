/* SPDX-License-Identifier: ISC */
/*
 * What is told of the vCPUs of a paused VM, and of a hang.
 */
#ifndef VMM_DIAGNOSE_TELL_H
#define VMM_DIAGNOSE_TELL_H

#include <stddef.h>

#include "base/failure.h"
#include "diagnose/diagnosis.h"
#include "image/symbol.h"
#include "look/backtrace.h"
#include "vm/vm.h"

struct event_sink;
struct inject;

/*
 * The backtrace of a panic: from the registers of the trap if it was one, else
 * from those of the CPU.  The VM is paused.  Returns the number of frames.
 */
size_t tell_panic(const struct vm *vm, const struct ending *ending,
    struct symbol frames[BACKTRACE_FRAMES]);

/*
 * Tell a `vcpu` event of every vCPU of the paused VM.  Unless `ending` is NULL,
 * its vCPU comes first and, after a trap, as it was at the trap.
 */
void tell_vcpus(struct vm *vm, struct event_sink *sink, const char *why,
    const struct ending *ending);

/*
 * Tell why the paused VM does not come to an end, in a `diagnosis` event and a
 * `vcpu` event of every vCPU.  `dead`: nothing in the VM can run any more.
 * `expected`, unless NULL, is the verdict that the case declares.  Fills
 * `sentence`; returns the verdict.
 */
enum diagnosis_verdict tell_hang(struct vm *vm, struct event_sink *sink,
    struct inject *inject, bool dead, const char *expected,
    char sentence[FAILURE_TEXT_MAX]);

#endif /* VMM_DIAGNOSE_TELL_H */
