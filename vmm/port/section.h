/* SPDX-License-Identifier: ISC */
/*
 * A measured section of a run: what this program and KVM counted in it.
 */
#ifndef VMM_PORT_SECTION_H
#define VMM_PORT_SECTION_H

#include <stdint.h>

#include "base/failure.h"

struct event_sink;
struct section;
struct vm;

/*
 * Create the section of a VM whose vCPUs exist and have not run yet: later,
 * KVM's statistics of a vCPU cannot be had before it leaves the guest.  NULL
 * with `why` filled.
 */
struct section *section_create(
    struct vm *vm, struct event_sink *sink, struct failure *why);
void section_destroy(struct section *section);

/* The name of the section that is open, or NULL. */
const char *section_name(const struct section *section);

/*
 * Begin and end a section, in the thread of the vCPU that has asked for it;
 * section_end() tells the `section` event.  The caller holds vm->report_lock.
 */
void section_begin(struct section *section, const char *name);
void section_end(struct section *section, uint32_t cpu, uint64_t operations);

#endif /* VMM_PORT_SECTION_H */
