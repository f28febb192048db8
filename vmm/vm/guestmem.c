/* SPDX-License-Identifier: ISC */
/*
 * Guest memory, and the only way from a guest physical address to a pointer.
 */
#include <sys/mman.h>

#include <errno.h>
#include <string.h>

#include "vm/guestmem.h"

int
guestmem_create(struct guestmem *mem, uint64_t size, struct failure *why)
{
	void *base = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	mem->base = NULL;
	mem->size = 0;
	if (base == MAP_FAILED)
		return (fail(why, VERDICT_USAGE,
		    "--mem: the host does not give %llu KiB: %s: take less, "
		    "or raise the limit (ulimit -v)",
		    (unsigned long long)size / 1024, strerror(errno)));
	mem->base = base;
	mem->size = size;
	return (0);
}

void
guestmem_destroy(struct guestmem *mem)
{
	if (mem->base != NULL)
		munmap(mem->base, mem->size);
	mem->base = NULL;
	mem->size = 0;
}

void *
guestmem_range(const struct guestmem *mem, uint64_t gpa, uint64_t len)
{
	if (gpa < GUESTMEM_START || gpa > mem->size || len > mem->size - gpa)
		return (NULL);
	return (mem->base + gpa);
}

int
guestmem_read(const struct guestmem *mem, uint64_t gpa, void *to, size_t len)
{
	const void *from = guestmem_range(mem, gpa, len);

	if (from == NULL)
		return (-1);
	memcpy(to, from, len);
	return (0);
}

int
guestmem_write(
    const struct guestmem *mem, uint64_t gpa, const void *from, size_t len)
{
	void *to = guestmem_range(mem, gpa, len);

	if (to == NULL)
		return (-1);
	memcpy(to, from, len);
	return (0);
}

enum guestmem_string
guestmem_string(const struct guestmem *mem, uint64_t gpa, char *to, size_t size)
{
	uint64_t len = size;

	to[0] = '\0';
	if (guestmem_range(mem, gpa, 1) == NULL)
		return (GUESTMEM_STRING_OUTSIDE);
	if (len > mem->size - gpa)
		len = mem->size - gpa;
	memcpy(to, guestmem_range(mem, gpa, len), len);
	if (memchr(to, '\0', len) != NULL)
		return (GUESTMEM_STRING_OK);
	to[len - 1] = '\0';
	return (len < size ? GUESTMEM_STRING_OUTSIDE : GUESTMEM_STRING_ENDLESS);
}
