/* SPDX-License-Identifier: ISC */
/*
 * Image check 30: what makes a record of the inspection table good.  Where a
 * record leads in guest memory is not known before the guest runs: that is for
 * look/inspect.c.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "image/check.h"

#define VECTOR_MIN 16 /* below: the processor's own exceptions */
#define VECTOR_MAX 255
#define NAME_SIZE  32 /* with the NUL */
#define WORD_BITS  32 /* of the pending word */
#define LEVEL_MAX  255
#define COUNT_MAX  256	    /* in a row */
#define OFFSET_MAX 0x100000 /* into a structure, and its size */

/* "inspection record 7: field: ..." */
#define REFUSE(what, fmt, ...)                                               \
	image_refuse(image, why, CHECK_INSPECT,                              \
	    "inspection record %zu: %s: " fmt, (size_t)(r - image->records), \
	    what, __VA_ARGS__)

static int
name(struct image *image, struct image_record *r, const char *what,
    uint64_t addr, struct refusal *why)
{
	size_t len;

	if (image_string(image, what, addr, &r->name, why) == -1)
		return (-1);
	len = strlen(r->name);
	for (size_t i = 0; i < len; i++)
		if (r->name[i] < ' ' || r->name[i] > '~')
			len = 0;
	if (len == 0 || len >= NAME_SIZE)
		return (REFUSE(what,
		    "'%.80s' is not of printable ASCII, 1 to %d characters",
		    r->name, NAME_SIZE - 1));
	return (0);
}

static int
within(struct image *image, struct image_record *r, const char *what,
    uint64_t value, uint64_t min, uint64_t max, struct refusal *why)
{
	if (value >= min && value <= max)
		return (0);
	return (REFUSE(what,
	    "%" PRIu64 " is not in the range %" PRIu64 " to %" PRIu64, value,
	    min, max));
}

/* Is `value` XCVM_NO_SOURCE, or a bit of the pending word? */
static int
source(struct image *image, struct image_record *r, const char *what,
    uint32_t value, struct refusal *why)
{
	if (value == XCVM_NO_SOURCE)
		return (0);
	return (within(image, r, what, value, 0, WORD_BITS - 1, why));
}

static bool
number_size(uint32_t size)
{
	return (size == 1 || size == 2 || size == 4 || size == 8);
}

static int
place(struct image *image, struct image_record *r, const struct xcvm_place *at,
    bool number, struct refusal *why)
{
	if (within(image, r, "place's pointer", at->pointer, 0, 1, why) == -1 ||
	    within(image, r, "place's offset", at->offset, 0, OFFSET_MAX,
		why) == -1 ||
	    within(image, r, "place's stride", at->stride, 0, OFFSET_MAX,
		why) == -1)
		return (-1);
	if (at->base == 0 && (at->pointer != 0 || at->stride != 0))
		return (REFUSE("place", "it has no base, but %s",
		    at->pointer != 0 ? "a pointer" : "a stride"));
	if (number && !number_size(at->size))
		return (REFUSE("place's size",
		    "%" PRIu32 " bytes are no number", at->size));
	return (within(image, r, "place's size", at->size, 1, COUNT_MAX, why));
}

static int
vector(struct image *image, struct image_record *r, struct refusal *why)
{
	struct image_vector *v = &image->vectors[image->nvectors];

	if (name(image, r, "a vector's name", r->raw.u.vector.name, why) == -1)
		return (-1);
	if (!image_name_ok(r->name, NAME_SIZE))
		return (REFUSE(
		    "a vector's name", "'%s' is not of [a-z0-9_]", r->name));
	v->name = r->name;
	v->number = r->raw.u.vector.number;
	v->source = r->raw.u.vector.source;
	if (within(image, r, "a vector's number", v->number, VECTOR_MIN,
		VECTOR_MAX, why) == -1 ||
	    within(image, r, "a vector's source", v->source, 0, WORD_BITS - 1,
		why) == -1)
		return (-1);
	if (image_vector_named(image, v->name) != NULL)
		return (REFUSE(
		    "a vector's name", "two vectors are called %s", v->name));
	if (image_vector(image, v->number) != NULL)
		return (REFUSE("a vector's number",
		    "vector %" PRIu32 " has two names", v->number));
	image->nvectors++;
	return (0);
}

static int
way(struct image *image, struct image_record *r, struct refusal *why)
{
	const uint64_t functions[] = {
	    r->raw.u.way.handler, r->raw.u.way.service};

	if (name(image, r, "a way's vector", r->raw.u.way.vector, why) == -1 ||
	    within(image, r, "a way's primitive", r->raw.u.way.primitive, 0,
		XCVM_TRACE_IPI_MESSAGE, why) == -1 ||
	    source(image, r, "a way's source", r->raw.u.way.source, why) == -1)
		return (-1);
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (functions[i] != 0 && !image_executable(image, functions[i]))
			return (REFUSE("a way's function",
			    "0x%" PRIx64 " is not in an executable segment",
			    functions[i]));
	if (r->raw.u.way.thread.base != 0 &&
	    place(image, r, &r->raw.u.way.thread, true, why) == -1)
		return (-1);
	if (r->raw.u.way.mark.base == 0)
		return (0);
	return (place(image, r, &r->raw.u.way.mark, true, why));
}

static int
field(struct image *image, struct image_record *r, struct refusal *why)
{
	const struct xcvm_place *at = &r->raw.u.field.at;
	uint32_t which = r->raw.u.field.field;

	if (within(image, r, "a field's number", which, 1, XCVM_FIELDS - 1,
		why) == -1 ||
	    within(image, r, "a field's count", r->raw.u.field.count, 1,
		COUNT_MAX, why) == -1 ||
	    place(image, r, at, which != XCVM_THREAD_NAME, why) == -1)
		return (-1);
	if ((which <= XCVM_THREADS) != (at->base != 0))
		return (REFUSE("a field's place", "field %" PRIu32 " %s", which,
		    at->base != 0 ? "is a member, yet has a base"
				  : "needs a base"));
	if (which <= XCVM_CPU_SOFTINTS && at->stride == 0)
		return (REFUSE("a field's place",
		    "field %" PRIu32 " is each CPU's, and has no stride",
		    which));
	for (const struct image_record *o = image->records; o != r; o++)
		if (o->raw.kind == XCVM_INSPECT_FIELD &&
		    o->raw.u.field.field == which)
			return (REFUSE("a field's number",
			    "%" PRIu32 " is described twice", which));
	return (0);
}

static int
slots(struct image *image, struct image_record *r, struct refusal *why)
{
	if (name(image, r, "the slots' name", r->raw.u.slots.name, why) == -1 ||
	    place(image, r, &r->raw.u.slots.at, true, why) == -1 ||
	    within(image, r, "the slots' count", r->raw.u.slots.count, 1,
		COUNT_MAX, why) == -1 ||
	    within(image, r, "the slots' function", r->raw.u.slots.function, 0,
		OFFSET_MAX, why) == -1 ||
	    within(image, r, "the slots' argument", r->raw.u.slots.argument, 0,
		OFFSET_MAX, why) == -1 ||
	    within(image, r, "the slots' primitive", r->raw.u.slots.primitive,
		0, XCVM_TRACE_IPI_MESSAGE, why) == -1)
		return (-1);
	return (within(
	    image, r, "the slots' running", r->raw.u.slots.running, 0, 1, why));
}

static int
bits(struct image *image, struct image_record *r, struct refusal *why)
{
	if (name(image, r, "the bits' name", r->raw.u.bits.name, why) == -1 ||
	    place(image, r, &r->raw.u.bits.at, true, why) == -1 ||
	    within(image, r, "the bits' stride", r->raw.u.bits.stride, 0,
		OFFSET_MAX, why) == -1 ||
	    within(image, r, "the bits' function", r->raw.u.bits.function, 0,
		OFFSET_MAX, why) == -1 ||
	    within(image, r, "the bits' count", r->raw.u.bits.count, 1,
		WORD_BITS, why) == -1 ||
	    within(image, r, "the bits' running", r->raw.u.bits.running, 0,
		OFFSET_MAX, why) == -1)
		return (-1);
	return (
	    source(image, r, "the bits' source", r->raw.u.bits.source, why));
}

static int
box(struct image *image, struct image_record *r, struct refusal *why)
{
	const uint32_t offsets[] = {r->raw.u.box.function, r->raw.u.box.asked,
	    r->raw.u.box.returned, r->raw.u.box.left};

	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++)
		if (within(image, r, "a box's offset", offsets[i], 0,
			OFFSET_MAX, why) == -1)
			return (-1);
	return (within(image, r, "a box's primitive", r->raw.u.box.primitive, 0,
	    XCVM_TRACE_IPI_MESSAGE, why));
}

static int
wrapper(struct image *image, struct image_record *r, struct refusal *why)
{
	uint64_t function = r->raw.u.wrapper.function;

	if (!image_executable(image, function))
		return (REFUSE("a wrapper's function",
		    "0x%" PRIx64 " is not in an executable segment", function));
	if (!number_size(r->raw.u.wrapper.waiting_size))
		return (REFUSE("a wrapper's waiting_size",
		    "%" PRIu32 " bytes are no number",
		    r->raw.u.wrapper.waiting_size));
	if (within(image, r, "a wrapper's inner", r->raw.u.wrapper.inner, 0,
		OFFSET_MAX, why) == -1)
		return (-1);
	return (within(image, r, "a wrapper's waiting",
	    r->raw.u.wrapper.waiting, 0, OFFSET_MAX, why));
}

int
image_record(struct image *image, struct image_record *r, struct refusal *why)
{
	switch (r->raw.kind) {
	case XCVM_INSPECT_VECTOR:
		return (vector(image, r, why));
	case XCVM_INSPECT_SOURCE:
		if (name(image, r, "a source's name", r->raw.u.source.name,
			why) == -1 ||
		    within(image, r, "a source's bit", r->raw.u.source.bit, 0,
			WORD_BITS - 1, why) == -1)
			return (-1);
		return (within(image, r, "a source's level",
		    r->raw.u.source.level, 0, LEVEL_MAX, why));
	case XCVM_INSPECT_NAME:
		if (name(image, r, "a name", r->raw.u.name.name, why) == -1)
			return (-1);
		return (
		    within(image, r, "what a name is for", r->raw.u.name.what,
			XCVM_NAMED_LEVEL, XCVM_NAMED_ENTRY, why));
	case XCVM_INSPECT_FIELD:
		return (field(image, r, why));
	case XCVM_INSPECT_WAY:
		return (way(image, r, why));
	case XCVM_INSPECT_SLOTS:
		return (slots(image, r, why));
	case XCVM_INSPECT_BITS:
		return (bits(image, r, why));
	case XCVM_INSPECT_BOX:
		return (box(image, r, why));
	default:
		return (wrapper(image, r, why));
	}
}
