/* SPDX-License-Identifier: ISC */
/*
 * Tables that an image carries in sections of their own.
 */
#include <inttypes.h>
#include <string.h>

#include "image/check.h"

int
image_table(struct image *image, Elf *elf, const char *section, uint64_t *addr,
    uint64_t *size, struct refusal *why)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;
	size_t names;
	unsigned found = 0;

	*addr = *size = 0;
	if (elf_getshdrstrndx(elf, &names) == -1)
		return (image_refuse(image, why, CHECK_HEADERS,
		    "the section names cannot be read: %s", elf_errmsg(-1)));
	while ((scn = elf_nextscn(elf, scn)) != NULL) {
		const char *name;

		if (gelf_getshdr(scn, &sh) == NULL ||
		    (name = elf_strptr(elf, names, sh.sh_name)) == NULL ||
		    strcmp(name, section) != 0)
			continue;
		if (++found > 1)
			return (image_refuse(image, why, CHECK_TABLE,
			    "has more than one section %s", section));
		*addr = sh.sh_addr;
		*size = sh.sh_size;
		if (sh.sh_type != SHT_PROGBITS ||
		    (sh.sh_flags & SHF_ALLOC) == 0 ||
		    image_data(image, *addr, *size) == NULL)
			return (image_refuse(image, why, CHECK_TABLE,
			    "section %s is not in a loaded segment's file data",
			    section));
	}
	if (found == 0 && strcmp(section, XCVM_CASE_SECTION) == 0)
		return (image_refuse(
		    image, why, CHECK_TABLE, "has no section %s", section));
	return (0);
}

bool
image_name_ok(const char *name, size_t max)
{
	size_t len = strlen(name);

	return (len > 0 && len < max &&
		strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == len);
}

int
image_string(struct image *image, const char *what, uint64_t addr, char **copy,
    struct refusal *why)
{
	const uint8_t *at;

	for (size_t len = 1; len <= XCVM_STRING_MAX; len++) {
		at = image_data(image, addr, len);
		if (at == NULL)
			return (image_refuse(image, why, CHECK_STRING,
			    "%s at 0x%" PRIx64
			    " is not a string in loaded data",
			    what, addr));
		if (at[len - 1] == '\0') {
			*copy = strdup((const char *)at);
			if (*copy == NULL)
				return (refuse(
				    why, "%s: out of memory", image->path));
			return (0);
		}
	}
	return (image_refuse(image, why, CHECK_STRING,
	    "%s at 0x%" PRIx64 " is longer than %d bytes", what, addr,
	    XCVM_STRING_MAX));
}
