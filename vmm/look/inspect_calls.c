/* SPDX-License-Identifier: ISC */
/*
 * What is queued for the guest's CPUs, and what they run.
 */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "look/inspect.h"

#define CALLS_MAX 65536 /* in all */

static int
add(struct inspect *in, const struct inspect_call *call)
{
	struct inspect_call *calls;

	if (in->ncalls == CALLS_MAX)
		return (0);
	calls = array_grow(in->calls, in->ncalls, sizeof(*calls));
	if (calls == NULL)
		return (-1);
	in->calls = calls;
	in->calls[in->ncalls++] = *call;
	return (0);
}

/* The function that a wrapper calls; `function` itself if it is no wrapper. */
static uint64_t
unwrap(const struct inspect *in, uint64_t function, uint64_t argument)
{
	const struct image_record *w = inspect_wrapper(in->image, function);
	uint64_t inner;

	if (w == NULL || !inspect_read(in, argument + w->raw.u.wrapper.inner,
			     sizeof(inner), &inner))
		return (function);
	return (inner);
}

static int
read_slots(struct inspect *in, const struct image_record *r, uint32_t cpu)
{
	uint32_t size = r->raw.u.slots.at.size;
	uint64_t at;

	if (!inspect_place(in, &r->raw.u.slots.at, cpu, &at))
		return (0);
	for (uint32_t i = 0; i < r->raw.u.slots.count; i++) {
		struct inspect_call call = {.where = r,
		    .cpu = cpu,
		    .index = i,
		    .running = r->raw.u.slots.running != 0};

		if (!inspect_read(in, at + i * size, size, &call.object))
			break;
		if (call.object == 0)
			continue;
		inspect_read(in, call.object + r->raw.u.slots.function,
		    sizeof(call.outer), &call.outer);
		inspect_read(in, call.object + r->raw.u.slots.argument,
		    sizeof(call.argument), &call.argument);
		call.function = unwrap(in, call.outer, call.argument);
		if (add(in, &call) == -1)
			return (-1);
	}
	return (0);
}

static int
add_bit(struct inspect *in, const struct image_record *r, uint32_t cpu,
    uint32_t word, uint32_t bit, bool running)
{
	uint32_t size = r->raw.u.bits.at.size;
	uint32_t index =
	    bit +
	    (r->raw.u.bits.source == XCVM_NO_SOURCE ? word * size * 8 : 0);
	struct inspect_call call = {.where = r,
	    .cpu = cpu,
	    .index = index,
	    .word = word,
	    .running = running};

	inspect_read(in,
	    r->raw.u.bits.table + (uint64_t)index * r->raw.u.bits.stride +
		r->raw.u.bits.function,
	    sizeof(call.function), &call.function);
	call.outer = call.function;
	return (add(in, &call));
}

/*
 * Read the bits of a CPU: all words are about one row of handlers, or each word
 * is about all handlers, at a level of its own.
 */
static int
read_bits(struct inspect *in, const struct image_record *r, uint32_t cpu)
{
	uint32_t size = r->raw.u.bits.at.size;
	uint64_t at, word, active;

	if (!inspect_place(in, &r->raw.u.bits.at, cpu, &at))
		return (0);
	for (uint32_t w = 0; w < r->raw.u.bits.count; w++) {
		if (!inspect_read(in, at + w * size, size, &word))
			break;
		for (uint32_t bit = 0; bit < size * 8; bit++)
			if ((word >> bit & 1) != 0 &&
			    add_bit(in, r, cpu, w, bit, false) == -1)
				return (-1);
		if (r->raw.u.bits.running == 0 ||
		    !inspect_read(in,
			at + r->raw.u.bits.running + w * sizeof(uint32_t),
			sizeof(uint32_t), &active) ||
		    active == 0 || active > size * 8)
			continue;
		if (add_bit(in, r, cpu, w, (uint32_t)active - 1, true) == -1)
			return (-1);
	}
	return (0);
}

int
inspect_calls(struct inspect *in)
{

	for (uint32_t cpu = 0; cpu < in->ncpus; cpu++)
		for (size_t i = 0; i < in->image->nrecords; i++) {
			const struct image_record *r = &in->image->records[i];
			int result = 0;

			if (r->raw.kind == XCVM_INSPECT_SLOTS)
				result = read_slots(in, r, cpu);
			else if (r->raw.kind == XCVM_INSPECT_BITS)
				result = read_bits(in, r, cpu);
			if (result == -1)
				return (-1);
		}
	return (0);
}

const struct image_record *
inspect_box(const struct inspect *in, uint64_t object)
{
	for (size_t i = 0; object != 0 && i < in->image->nrecords; i++) {
		const struct image_record *r = &in->image->records[i];

		if (r->raw.kind == XCVM_INSPECT_BOX &&
		    r->raw.u.box.base == object)
			return (r);
	}
	return (NULL);
}

bool
inspect_box_left(
    const struct inspect *in, const struct image_record *box, uint32_t cpu)
{
	uint64_t left;

	return (
	    inspect_read(in, box->raw.u.box.base + box->raw.u.box.left + cpu, 1,
		&left) &&
	    left != 0);
}
