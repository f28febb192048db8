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
 * For a VM whose vCPUs are there and have not run yet: later, KVM's statistics
 * of a vCPU cannot be had before it leaves the guest.  NULL with `why` filled.
 */
struct section *section_create(
    struct vm *vm, struct event_sink *sink, struct failure *why);
void section_destroy(struct section *section);

/* The name of the one that is open, or NULL. */
const char *section_name(const struct section *section);

/*
 * At the exits by which the guest asks for it, by the thread of that vCPU; the
 * end tells the `section` event.  The caller holds report_lock.
 */
void section_begin(struct section *section, const char *name);
void section_end(struct section *section, uint32_t cpu, uint64_t operations);

#endif /* VMM_PORT_SECTION_H */
