/* SPDX-License-Identifier: ISC */
/*
 * Image check 30: the table that says where the kernel keeps its things.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "image_check.h"

#define VECTOR_MIN 16  /* below: the processor's own exceptions */
#define VECTOR_MAX 255 /* the IDT has no more */
#define NAME_SIZE  32  /* with the NUL */
#define WORD_BITS  32  /* of the pending word */

static int
vector(struct image *image, const struct xcvm_inspect *raw, struct refusal *why)
{
	struct image_vector *v = &image->vectors[image->nvectors++];

	if (image_string(image, "a vector's name", raw->u.vector.name, &v->name,
		why) == -1)
		return (-1);
	if (!image_name_ok(v->name, NAME_SIZE))
		return (image_refuse(image, why, CHECK_INSPECT,
		    "the vector name '%.80s' is not of [a-z0-9_] and shorter "
		    "than %d",
		    v->name, NAME_SIZE));
	v->number = raw->u.vector.number;
	v->source = raw->u.vector.source;
	if (v->number < VECTOR_MIN || v->number > VECTOR_MAX)
		return (image_refuse(image, why, CHECK_INSPECT,
		    "vector %s is %" PRIu32 ", not %d to %d", v->name,
		    v->number, VECTOR_MIN, VECTOR_MAX));
	if (v->source >= WORD_BITS)
		return (image_refuse(image, why, CHECK_INSPECT,
		    "vector %s has the source %" PRIu32
		    ", the last of the pending word is %d",
		    v->name, v->source, WORD_BITS - 1));
	if (image_vector_named(image, v->name) != v)
		return (image_refuse(image, why, CHECK_INSPECT,
		    "two vectors are called %s", v->name));
	if (image_vector(image, v->number) != v)
		return (image_refuse(image, why, CHECK_INSPECT,
		    "vector %" PRIu32 " has two names", v->number));
	return (0);
}

int
image_inspect(struct image *image, Elf *elf, struct refusal *why)
{
	struct xcvm_inspect raw;
	uint64_t addr, size;

	if (image_table(image, elf, XCVM_INSPECT_SECTION, &addr, &size, why) ==
	    -1)
		return (-1);
	if (size == 0)
		return (0);
	if (size % sizeof(raw) != 0)
		return (image_refuse(image, why, CHECK_INSPECT,
		    "section " XCVM_INSPECT_SECTION " has %" PRIu64
		    " bytes, not a multiple of a record's %zu",
		    size, sizeof(raw)));
	image->vectors = calloc(size / sizeof(raw), sizeof(*image->vectors));
	if (image->vectors == NULL)
		return (refuse(why, "%s: out of memory", image->path));
	for (uint64_t at = addr; at < addr + size; at += sizeof(raw)) {
		memcpy(&raw, image_data(image, at, sizeof(raw)), sizeof(raw));
		if (raw.reserved != 0)
			return (image_refuse(image, why, CHECK_INSPECT,
			    "the record at 0x%" PRIx64
			    " has the reserved field %" PRIu32 ", not 0",
			    at, raw.reserved));
		switch (raw.kind) {
		case XCVM_INSPECT_VECTOR:
			if (vector(image, &raw, why) == -1)
				return (-1);
			break;
		default:
			return (image_refuse(image, why, CHECK_INSPECT,
			    "the record at 0x%" PRIx64
			    " is of the unknown kind %" PRIu32,
			    at, raw.kind));
		}
	}
	return (0);
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
