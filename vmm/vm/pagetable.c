/* SPDX-License-Identifier: ISC */
/*
 * The guest's page tables: guest physical memory mapped one to one.
 */
#include <stddef.h>

#include "vm/pagetable.h"

#define PTE_PRESENT  (1ULL << 0)
#define PTE_WRITE    (1ULL << 1)
#define PTE_USER     (1ULL << 2)
#define PTE_ACCESSED (1ULL << 5)
#define PTE_DIRTY    (1ULL << 6)
#define PTE_LARGE    (1ULL << 7)
#define PTE_NX	     (1ULL << 63)
#define PTE_ADDR     0x000ffffffffff000ULL

#define LEVELS	     4
#define LEVEL_BITS   9
#define ENTRIES	     (1ULL << LEVEL_BITS)

/* The size of what one entry of a table at this level (0: lowest) maps. */
static uint64_t
level_size(int level)
{
	return (PAGE_SIZE << (LEVEL_BITS * level));
}

static uint64_t
table_create(struct pagetable *pt)
{
	uint64_t table = pt->next;

	if (pt->end - table < PAGE_SIZE)
		return (0);
	pt->next += PAGE_SIZE;
	return (table);
}

int
pagetable_create(struct pagetable *pt, struct guestmem *mem, uint64_t start,
    uint64_t end, unsigned always)
{
	pt->always = always;
	pt->mem = mem;
	pt->next = start;
	pt->end = end;
	pt->root = table_create(pt);
	return (pt->root == 0 ? -1 : 0);
}

/* The entry for `addr` at `level`, with the tables above it made; or NULL. */
static uint64_t *
entry_at(struct pagetable *pt, uint64_t addr, int level)
{
	uint64_t table = pt->root;

	for (int l = LEVELS - 1;; l--) {
		uint64_t index = addr / level_size(l) % ENTRIES;
		uint64_t *entry = guestmem_range(
		    pt->mem, table + index * sizeof(*entry), sizeof(*entry));

		if (entry == NULL || l == level)
			return (entry);
		if (*entry == 0) {
			table = table_create(pt);
			if (table == 0)
				return (NULL);
			*entry = table | PTE_PRESENT | PTE_WRITE | PTE_ACCESSED;
			if ((pt->always & PAGETABLE_USER) != 0)
				*entry |= PTE_USER;
		}
		table = *entry & PTE_ADDR;
	}
}

static int
map_page(struct pagetable *pt, uint64_t addr, int level, unsigned access)
{
	uint64_t *entry = entry_at(pt, addr, level);

	if (entry == NULL)
		return (-1);
	access |= pt->always;
	*entry = addr | PTE_PRESENT | PTE_ACCESSED;
	if ((access & PAGETABLE_USER) != 0)
		*entry |= PTE_USER;
	if (level > 0)
		*entry |= PTE_LARGE;
	if ((access & PAGETABLE_WRITE) != 0)
		*entry |= PTE_WRITE | PTE_DIRTY;
	if ((access & PAGETABLE_EXEC) == 0)
		*entry |= PTE_NX;
	return (0);
}

int
pagetable_map_small(
    struct pagetable *pt, uint64_t start, uint64_t end, unsigned access)
{
	for (uint64_t addr = start; addr < end; addr += PAGE_SIZE)
		if (map_page(pt, addr, 0, access) == -1)
			return (-1);
	return (0);
}

int
pagetable_map(
    struct pagetable *pt, uint64_t start, uint64_t end, unsigned access)
{
	uint64_t addr = start;

	while (addr < end) {
		int level = addr % PAGE_LARGE == 0 && end - addr >= PAGE_LARGE;

		if (map_page(pt, addr, level, access) == -1)
			return (-1);
		addr += level_size(level);
	}
	return (0);
}

static uint64_t
units(uint64_t bytes, uint64_t unit)
{
	return (bytes / unit + (bytes % unit != 0));
}

uint64_t
pagetable_room(uint64_t size, uint64_t start, uint64_t end)
{
	uint64_t small = units(end, PAGE_LARGE) - start / PAGE_LARGE;
	uint64_t pieces = 4;

	/* A piece may begin and end within a large page: two tables. */
	return (PAGE_SIZE *
		(1 + 1 + units(size, level_size(2)) + small + 2 * pieces));
}
