/* SPDX-License-Identifier: ISC */
/*
 * Image check 30: the table that says where the kernel keeps its things, read
 * record by record; what makes a record good stands in record.c.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "image/check.h"

#define MEMBER(kind, member)      \
	[XCVM_INSPECT_##kind] = { \
	    #member, sizeof((struct xcvm_inspect){0}.u.member)}

static const struct {
	const char *name;
	size_t size;
} kinds[] = {
    MEMBER(VECTOR, vector),
    MEMBER(SOURCE, source),
    MEMBER(NAME, name),
    MEMBER(FIELD, field),
    MEMBER(WAY, way),
    MEMBER(SLOTS, slots),
    MEMBER(BITS, bits),
    MEMBER(BOX, box),
    MEMBER(WRAPPER, wrapper),
};

#define NKINDS (sizeof(kinds) / sizeof(kinds[0]))

/* Check the envelope: kind, reserved field, and nothing after the member. */
static int
envelope(struct image *image, const struct image_record *r, uint64_t at,
    struct refusal *why)
{
	const uint8_t *u = (const uint8_t *)&r->raw.u;

	if (r->raw.kind == 0 || r->raw.kind >= NKINDS)
		return (image_refuse(image, why, CHECK_INSPECT,
		    "the record at 0x%" PRIx64 " is of the unknown kind "
		    "%" PRIu32,
		    at, r->raw.kind));
	if (r->raw.reserved != 0)
		return (image_refuse(image, why, CHECK_INSPECT,
		    "the %s record at 0x%" PRIx64
		    " has the reserved field %" PRIu32 ", not 0",
		    kinds[r->raw.kind].name, at, r->raw.reserved));
	for (size_t i = kinds[r->raw.kind].size; i < sizeof(r->raw.u); i++)
		if (u[i] != 0)
			return (image_refuse(image, why, CHECK_INSPECT,
			    "the %s record at 0x%" PRIx64
			    " goes on where it should be 0",
			    kinds[r->raw.kind].name, at));
	return (0);
}

/* Find the vector of each way, which may stand anywhere in the table. */
static int
resolve(struct image *image, struct refusal *why)
{
	for (size_t i = 0; i < image->nrecords; i++) {
		struct image_record *r = &image->records[i];

		if (r->raw.kind != XCVM_INSPECT_WAY)
			continue;
		r->vector = image_vector_named(image, r->name);
		if (r->vector == NULL)
			return (image_refuse(image, why, CHECK_INSPECT,
			    "a way goes by the vector '%.80s', which has no "
			    "record",
			    r->name));
	}
	return (0);
}

int
image_inspect(struct image *image, Elf *elf, struct refusal *why)
{
	uint64_t addr, size;
	size_t count;

	if (image_table(image, elf, XCVM_INSPECT_SECTION, &addr, &size, why) ==
	    -1)
		return (-1);
	if (size == 0)
		return (0);
	if (size % sizeof(struct xcvm_inspect) != 0)
		return (image_refuse(image, why, CHECK_INSPECT,
		    "section " XCVM_INSPECT_SECTION " has %" PRIu64
		    " bytes, not a multiple of a record's %zu",
		    size, sizeof(struct xcvm_inspect)));
	count = size / sizeof(struct xcvm_inspect);
	image->records = calloc(count, sizeof(*image->records));
	image->vectors = calloc(count, sizeof(*image->vectors));
	if (image->records == NULL || image->vectors == NULL)
		return (refuse(why, "%s: out of memory", image->path));
	for (size_t i = 0; i < count; i++) {
		struct image_record *r = &image->records[image->nrecords++];
		uint64_t at = addr + i * sizeof(r->raw);

		memcpy(&r->raw, image_data(image, at, sizeof(r->raw)),
		    sizeof(r->raw));
		if (envelope(image, r, at, why) == -1 ||
		    image_record(image, r, why) == -1)
			return (-1);
	}
	return (resolve(image, why));
}

void
image_inspect_free(struct image *image)
{
	for (size_t i = 0; i < image->nrecords; i++)
		free(image->records[i].name);
	free(image->records);
	free(image->vectors);
}

const struct image_vector *
image_vector_named(const struct image *image, const char *name)
{
	for (size_t i = 0; i < image->nvectors; i++)
		if (strcmp(image->vectors[i].name, name) == 0)
			return (&image->vectors[i]);
	return (NULL);
}

const struct image_vector *
image_vector(const struct image *image, uint32_t number)
{
	for (size_t i = 0; i < image->nvectors; i++)
		if (image->vectors[i].number == number)
			return (&image->vectors[i]);
	return (NULL);
}
