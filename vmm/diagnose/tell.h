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
 * The backtrace of a panic: of the trap if it was one, else of the CPU.  The
 * VM is paused.
 */
size_t tell_panic(const struct vm *vm, const struct ending *ending,
    struct symbol frames[BACKTRACE_FRAMES]);

/*
 * Tell a `vcpu` event of every vCPU of the paused VM, that of the ending (if
 * it is not NULL) first and, after a trap, as it was at the trap.
 */
void tell_vcpus(struct vm *vm, struct event_sink *sink, const char *why,
    const struct ending *ending);

/*
 * Why does the paused VM not come to an end?  `dead`: nothing in it can run
 * any more.  Tells a `diagnosis` event and a `vcpu` event of every vCPU;
 * `expected`, unless NULL, is the verdict that the case declares.  Fills
 * `sentence`, and the verdict, which is the return value.
 */
enum diagnosis_verdict tell_hang(struct vm *vm, struct event_sink *sink,
    struct inject *inject, bool dead, const char *expected,
    char sentence[FAILURE_TEXT_MAX]);

#endif /* VMM_DIAGNOSE_TELL_H */
