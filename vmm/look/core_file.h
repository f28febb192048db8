/* SPDX-License-Identifier: ISC */
/*
 * A file that appears under its name when it is whole, and not before: made
 * beside it without a name, or under another.  Pages of zeros are holes in it.
 */
#ifndef VMM_LOOK_CORE_FILE_H
#define VMM_LOOK_CORE_FILE_H

#include <stddef.h>
#include <stdint.h>

/* Pieces that follow one another; each begins a page of the file. */
struct core_piece {
	const void *data;
	uint64_t size; /* bytes, a multiple of the page */
};

#define CORE_FILE_PAGE 4096

struct core_size {
	uint64_t bytes;	 /* of the file */
	uint64_t stored; /* of them no hole */
};

/*
 * Write the pieces to `path`, in place of what may have that name.  While it
 * lasts, `stop` is asked again and again; when it answers other than 0, writing
 * ends.  0, or -1 with errno, EINTR after such an answer: then `path` is as it
 * was, and nothing else is left; nor when the process is killed, where the file
 * system knows files without a name.
 */
int core_file_write(const char *path, const struct core_piece *pieces,
    size_t npieces, int (*stop)(void), struct core_size *size);

#endif /* VMM_LOOK_CORE_FILE_H */
