/* SPDX-License-Identifier: ISC */
/*
 * The guest's page tables: guest physical memory mapped one to one.
 */
#ifndef VMM_VM_PAGETABLE_H
#define VMM_VM_PAGETABLE_H

#include <stdint.h>

#include "vm/guestmem.h"

#define PAGE_SIZE	0x1000ULL
#define PAGE_LARGE	0x200000ULL

#define PAGETABLE_WRITE 0x1
#define PAGETABLE_EXEC	0x2
#define PAGETABLE_USER	0x4 /* ring 3 may use it */

struct pagetable {
	struct guestmem *mem;
	uint64_t root; /* for CR3 */
	uint64_t next; /* first unused page of the space given */
	uint64_t end;
	unsigned always; /* PAGETABLE_*, of every page */
};

/*
 * Begin empty tables, nothing mapped.  All tables come from the zeroed pages
 * from `start` to `end`; every page gets what `always` says.  0, or -1 when
 * there is not even one page.
 */
int pagetable_create(struct pagetable *pt, struct guestmem *mem, uint64_t start,
    uint64_t end, unsigned always);

/*
 * Map the pages from `start` to `end`, both multiples of PAGE_SIZE, in large
 * pages where alignment allows.  A page that is mapped may be mapped again in
 * the same size.  0, or -1 when there is no room for another table.
 */
int pagetable_map(
    struct pagetable *pt, uint64_t start, uint64_t end, unsigned access);

/* Map the pages from `start` to `end` in 4 KiB pages only.  0 or -1. */
int pagetable_map_small(
    struct pagetable *pt, uint64_t start, uint64_t end, unsigned access);

/*
 * Bytes needed for the tables of `size` bytes of memory, of which those from
 * `start` to `end` are mapped in small pages, and the rest in at most four
 * pieces.
 */
uint64_t pagetable_room(uint64_t size, uint64_t start, uint64_t end);

#endif /* VMM_VM_PAGETABLE_H */
