/* SPDX-License-Identifier: ISC */
/*
 * The numbered checks an image has to pass, and what the files of image/ share.
 */
#ifndef VMM_IMAGE_CHECK_H
#define VMM_IMAGE_CHECK_H

#include <gelf.h>

#include "image/image.h"

/* The number is part of the message, so a number never changes its meaning. */
enum image_check {
	CHECK_FILE = 1,		/* a regular file that can be read */
	CHECK_MAGIC = 2,	/* ELF */
	CHECK_CLASS = 3,	/* 64 bits */
	CHECK_ORDER = 4,	/* little-endian */
	CHECK_MACHINE = 5,	/* x86-64 */
	CHECK_TYPE = 6,		/* linked to fixed addresses (ET_EXEC) */
	CHECK_HEADERS = 7,	/* program and section headers can be read */
	CHECK_NOTE = 8,		/* exactly one ABI note */
	CHECK_NOTE_SIZE = 9,	/* the note has the right size */
	CHECK_VERSION = 10,	/* the note has our ABI version */
	CHECK_NOTE_FIELDS = 11, /* the note's fields are sane */
	CHECK_LOAD = 12,	/* something to load */
	CHECK_FILE_RANGE = 13,	/* segments inside the file */
	CHECK_SIZES = 14,	/* a segment's file part fits its memory */
	CHECK_ADDRESS = 15,	/* segments where guest memory can be */
	CHECK_WX = 16,		/* no segment writable and executable */
	CHECK_OVERLAP = 17,	/* no two segments at the same address */
	CHECK_PAGE = 18,	/* no page with two kinds of permission */
	CHECK_ENTRY = 19,	/* entry in an executable segment */
	CHECK_TABLE = 20,	/* exactly one case table, loaded */
	CHECK_TABLE_SIZE = 21,	/* a whole number of cases, at least one */
	CHECK_STRING = 22,	/* strings in loaded data, terminated */
	CHECK_NAME = 23,	/* case names well-formed and unique */
	CHECK_ENUM = 24,	/* API and kind known */
	CHECK_VCPUS = 25,	/* vCPU limits make sense */
	CHECK_PANIC = 26,	/* misuse cases declare their panic */
	CHECK_PARAM = 27,	/* parameters well-formed and unique */
	CHECK_RUN = 28,		/* a case's function is executable */
	CHECK_IMPL = 29,	/* implementations well-formed, one an API */
	CHECK_INSPECT = 30, /* records of the inspection table well-formed */
	CHECK_FAULT = 31    /* a case's fault plan can be parsed */
};

/* "PATH: image check N: ..."; returns -1. */
int image_refuse(const struct image *image, struct refusal *why,
    enum image_check check, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/*
 * The `len` bytes of loaded file data at a guest address, or NULL if they
 * are not all inside one segment's file data.
 */
const uint8_t *image_data(
    const struct image *image, uint64_t addr, uint64_t len);

/* Checks 2 to 7. */
int image_header(struct image *image, Elf *elf, struct refusal *why);
/* Checks 8 to 11; fills flags, max_vcpus, build_id. */
int image_notes(struct image *image, Elf *elf, struct refusal *why);
/* Checks 12 to 19; fills segments and end. */
int image_segments(struct image *image, Elf *elf, struct refusal *why);
/* Checks 20 to 28 and 31; fills cases. */
int image_cases(struct image *image, Elf *elf, struct refusal *why);
/* Check 29; fills impls. */
int image_impls(struct image *image, Elf *elf, struct refusal *why);
/* Check 30; fills records and vectors. */
int image_inspect(struct image *image, Elf *elf, struct refusal *why);
void image_inspect_free(struct image *image);
/* Check 30 for `record`, the last one read; fills its name. */
int image_record(
    struct image *image, struct image_record *record, struct refusal *why);

/*
 * Address and size of a table, all of it loaded file data.  The case table must
 * be there; another may be missing: its size is then 0.
 */
int image_table(struct image *image, Elf *elf, const char *section,
    uint64_t *addr, uint64_t *size, struct refusal *why);
/* Is the name of [a-z0-9_], not empty, and shorter than `max`? */
bool image_name_ok(const char *name, size_t max);
/* A copy of the string at `addr`; `what` names the string in a refusal. */
int image_string(struct image *image, const char *what, uint64_t addr,
    char **copy, struct refusal *why);

#endif /* VMM_IMAGE_CHECK_H */
