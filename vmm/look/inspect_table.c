/* SPDX-License-Identifier: ISC */
/*
 * The inspection table: finding a record, and what it leads to.
 */
#include <string.h>

#include "look/inspect.h"

const struct image_record *
inspect_field(const struct image *image, enum xcvm_field field)
{
	for (size_t i = 0; i < image->nrecords; i++)
		if (image->records[i].raw.kind == XCVM_INSPECT_FIELD &&
		    image->records[i].raw.u.field.field == field)
			return (&image->records[i]);
	return (NULL);
}

const struct image_record *
inspect_way(const struct image *image, uint32_t primitive)
{
	for (size_t i = 0; i < image->nrecords; i++)
		if (image->records[i].raw.kind == XCVM_INSPECT_WAY &&
		    image->records[i].raw.u.way.primitive == primitive)
			return (&image->records[i]);
	return (NULL);
}

const struct image_record *
inspect_source(const struct image *image, uint32_t bit)
{
	for (size_t i = 0; i < image->nrecords; i++)
		if (image->records[i].raw.kind == XCVM_INSPECT_SOURCE &&
		    image->records[i].raw.u.source.bit == bit)
			return (&image->records[i]);
	return (NULL);
}

const struct image_record *
inspect_wrapper(const struct image *image, uint64_t function)
{
	for (size_t i = 0; i < image->nrecords; i++)
		if (image->records[i].raw.kind == XCVM_INSPECT_WRAPPER &&
		    image->records[i].raw.u.wrapper.function == function)
			return (&image->records[i]);
	return (NULL);
}

const char *
inspect_name(const struct image *image, enum xcvm_named what, uint32_t number)
{
	for (size_t i = 0; i < image->nrecords; i++)
		if (image->records[i].raw.kind == XCVM_INSPECT_NAME &&
		    image->records[i].raw.u.name.what == what &&
		    image->records[i].raw.u.name.number == number)
			return (image->records[i].name);
	return (NULL);
}

const struct image_record *
inspect_named(const struct image *image, enum xcvm_named what, const char *name)
{
	for (size_t i = 0; i < image->nrecords; i++)
		if (image->records[i].raw.kind == XCVM_INSPECT_NAME &&
		    image->records[i].raw.u.name.what == what &&
		    strcmp(image->records[i].name, name) == 0)
			return (&image->records[i]);
	return (NULL);
}

bool
inspect_read(
    const struct inspect *in, uint64_t addr, uint32_t size, uint64_t *value)
{
	uint64_t read = 0;

	/* Guest and host are both little-endian. */
	if (size > sizeof(read) ||
	    guestmem_read(in->mem, addr, &read, size) == -1)
		return (false);
	*value = read;
	return (true);
}

bool
inspect_place(const struct inspect *in, const struct xcvm_place *place,
    uint32_t cpu, uint64_t *addr)
{
	uint64_t base = place->base;

	if (base == 0 ||
	    (place->pointer != 0 &&
		(!inspect_read(in, base, sizeof(base), &base) || base == 0)))
		return (false);
	*addr = base + place->offset + (uint64_t)cpu * place->stride;
	return (true);
}

bool
inspect_member(const struct inspect *in, enum xcvm_field field, uint64_t addr,
    uint64_t *value)
{
	const struct image_record *r = inspect_field(in->image, field);

	return (r != NULL && inspect_read(in, addr + r->raw.u.field.at.offset,
				 r->raw.u.field.at.size, value));
}
