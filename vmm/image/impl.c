/* SPDX-License-Identifier: ISC */
/*
 * Image check 29: the table of what is under test.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "image/check.h"

#define SHA256_DIGITS 64

static int
fields(struct image *image, struct image_impl *impl,
    const struct xcvm_impl *raw, struct refusal *why)
{
	if (raw->api > XCVM_API_IPI)
		return (image_refuse(image, why, CHECK_IMPL,
		    "an implementation is of the unknown api %" PRIu32,
		    raw->api));
	impl->api = (enum xcvm_api)raw->api;
	if ((raw->flags & ~(uint32_t)XCVM_IMPL_FOREIGN) != 0)
		return (image_refuse(image, why, CHECK_IMPL,
		    "the implementation of %s has unknown flags 0x%" PRIx32,
		    image_api_name(impl->api), raw->flags));
	impl->foreign = (raw->flags & XCVM_IMPL_FOREIGN) != 0;
	if (image_string(image, "an implementation's path", raw->path,
		&impl->path, why) == -1 ||
	    image_string(image, "an implementation's sha256", raw->sha256,
		&impl->sha256, why) == -1)
		return (-1);
	if (strlen(impl->sha256) != SHA256_DIGITS ||
	    strspn(impl->sha256, "0123456789abcdef") != SHA256_DIGITS)
		return (image_refuse(image, why, CHECK_IMPL,
		    "the implementation of %s has the sha256 '%.80s', not %d "
		    "digits of 0-9a-f",
		    image_api_name(impl->api), impl->sha256, SHA256_DIGITS));
	for (const struct image_impl *other = image->impls; other != impl;
	     other++)
		if (other->api == impl->api)
			return (image_refuse(image, why, CHECK_IMPL,
			    "has two implementations of %s",
			    image_api_name(impl->api)));
	return (0);
}

int
image_impls(struct image *image, Elf *elf, struct refusal *why)
{
	struct xcvm_impl raw;
	uint64_t addr, size;

	if (image_table(image, elf, XCVM_IMPL_SECTION, &addr, &size, why) == -1)
		return (-1);
	if (size == 0)
		return (0);
	if (size % sizeof(raw) != 0)
		return (image_refuse(image, why, CHECK_IMPL,
		    "section " XCVM_IMPL_SECTION " has %" PRIu64
		    " bytes, not a multiple of an implementation's %zu",
		    size, sizeof(raw)));
	image->impls = calloc(size / sizeof(raw), sizeof(*image->impls));
	if (image->impls == NULL)
		return (refuse(why, "%s: out of memory", image->path));
	for (uint64_t at = addr; at < addr + size; at += sizeof(raw)) {
		struct image_impl *impl = &image->impls[image->nimpls++];

		memcpy(&raw, image_data(image, at, sizeof(raw)), sizeof(raw));
		if (fields(image, impl, &raw, why) == -1)
			return (-1);
	}
	for (size_t i = 0; i < image->ncases; i++) {
		struct image_case *c = &image->cases[i];

		if (c->limit_ms == 0 && c->decision != 0 &&
		    image_foreign(image, c))
			c->limit_ms = IMAGE_DIFFERS_MS;
	}
	return (0);
}

const struct image_impl *
image_impl(const struct image *image, const struct image_case *c)
{
	for (size_t i = 0; i < image->nimpls; i++)
		if (image->impls[i].api == c->api)
			return (&image->impls[i]);
	return (NULL);
}

bool
image_foreign(const struct image *image, const struct image_case *c)
{
	const struct image_impl *impl = image_impl(image, c);

	return (impl != NULL && impl->foreign);
}
