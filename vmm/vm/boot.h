/* SPDX-License-Identifier: ISC */
/*
 * Guest memory ready to enter: where everything lies, and its contents.
 *
 *	0x1000		boot block, x2APIC ids, page tables if they fit
 *	1 MiB and up	the image, where its segments say
 *	above it	stack slots, each with a guard page
 *	above them	page tables if they did not fit below
 *	above them	the CPUs' trace rings
 *	the rest	heap
 */
#ifndef VMM_VM_BOOT_H
#define VMM_VM_BOOT_H

#include <stdint.h>

#include "base/failure.h"
#include "image/image.h"
#include "options/options.h"
#include "vm/guestmem.h"

struct boot_layout {
	uint64_t mem_size;
	uint64_t boot;	   /* struct xcvm_boot */
	uint64_t apic_ids; /* uint32_t each */
	uint64_t tables;   /* where the room for page tables begins */
	uint64_t tables_end;
	uint64_t stacks;
	uint64_t nstacks;
	uint64_t trace;	   /* struct xcvm_trace each */
	uint64_t schedule; /* to replay; struct xcvm_choice each */
	uint64_t heap_start;
	uint64_t heap_end;
};

/*
 * Find a place for everything.  Memory grows beyond the default if the vCPUs
 * need it.  0, or -1 with VERDICT_USAGE when --mem is too small.
 */
int boot_layout(struct boot_layout *layout, const struct options *options,
    const struct image *image, struct failure *why);

/*
 * Fill fresh guest memory: image, page tables, boot block.  `*cr3` becomes the
 * CR3 that a vCPU is entered with.  0 or -1.
 */
int boot_fill(struct guestmem *mem, const struct boot_layout *layout,
    const struct options *options, const struct image *image,
    const struct image_case *test, uint64_t tsc_khz, uint64_t *cr3,
    struct failure *why);

/* RSP at entry: 8 below the top of the CPU's first slot, as after a call. */
uint64_t boot_stack(const struct boot_layout *layout, uint32_t cpu);

#endif /* VMM_VM_BOOT_H */
