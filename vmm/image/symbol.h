/* SPDX-License-Identifier: ISC */
/*
 * From a guest address to a name: function+offset from the image's symbol
 * table, file:line where it has DWARF.  Costs nothing until the first
 * look-up, and never fails: at worst it says less.
 */
#ifndef VMM_IMAGE_SYMBOL_H
#define VMM_IMAGE_SYMBOL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/closest.h"
#include "image/image.h"

struct symbols;

/* An address and its name.  The strings live until symbol_close(). */
struct symbol {
	uint64_t addr;
	const char *function; /* NULL: unknown */
	uint64_t offset;      /* into the function */
	const char *file;     /* NULL: unknown; as guest/kern/x.c */
	unsigned line;
};

/* The image must outlive the symbols.  NULL when memory runs out. */
struct symbols *symbol_open(const struct image *image);
void symbol_close(struct symbols *symbols);

/*
 * Look up file and line as well as the function.  Any thread; `symbols` may be
 * NULL.  `is_return` says that addr is a return address: the line is then that
 * of the call before it.
 */
void symbol_lookup(struct symbols *symbols, uint64_t addr, bool is_return,
    struct symbol *symbol);

/* Look up the function alone, at a fraction of the cost of symbol_lookup(). */
void symbol_function(struct symbols *symbols, uint64_t addr, bool is_return,
    struct symbol *symbol);

/*
 * The functions of that name: how many there are, and where the first begins.
 * Any thread.
 */
size_t symbol_find(struct symbols *symbols, const char *name, uint64_t *addr);

/*
 * The functions whose names are near `name`; their names live as long as the
 * symbols.
 */
void symbol_closest(
    struct symbols *symbols, const char *name, struct closest *closest);

#endif /* VMM_IMAGE_SYMBOL_H */
