/* SPDX-License-Identifier: ISC */
/*
 * Guest memory, and the only way from a guest physical address to a pointer.
 */
#ifndef VMM_VM_GUESTMEM_H
#define VMM_VM_GUESTMEM_H

#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

/* Where guest memory begins: page 0 is never mapped in the guest. */
#define GUESTMEM_START 0x1000ULL

struct guestmem {
	uint8_t *base; /* host address of GPA 0; NULL: none */
	uint64_t size;
};

/*
 * Create `size` bytes of zeroed guest memory, which takes host memory only as
 * it is touched.  0 or -1.
 */
int guestmem_create(struct guestmem *mem, uint64_t size, struct failure *why);
void guestmem_destroy(struct guestmem *mem);

/*
 * The `len` bytes at `gpa`, or NULL if any of them is outside guest memory.
 * A running guest may change them at any time: take a copy with
 * guestmem_read() and check that, never the original.
 */
void *guestmem_range(const struct guestmem *mem, uint64_t gpa, uint64_t len);

/* Copy out of guest memory, and into it.  0, or -1 if any byte is outside. */
int guestmem_read(
    const struct guestmem *mem, uint64_t gpa, void *to, size_t len);
int guestmem_write(
    const struct guestmem *mem, uint64_t gpa, const void *from, size_t len);

enum guestmem_string {
	GUESTMEM_STRING_OK,
	GUESTMEM_STRING_OUTSIDE, /* a byte before the NUL is not in memory */
	GUESTMEM_STRING_ENDLESS	 /* no NUL within `size` bytes */
};

/*
 * Copy a NUL-terminated string of at most `size` bytes with its NUL.
 * Whatever the answer, `to` holds a string.
 */
enum guestmem_string guestmem_string(
    const struct guestmem *mem, uint64_t gpa, char *to, size_t size);

#endif /* VMM_VM_GUESTMEM_H */
