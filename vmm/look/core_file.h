/* SPDX-License-Identifier: ISC */
/*
 * A file that appears under its name when it is whole, and not before: it is
 * written in the same folder, without a name or under another.  Pages of zeros
 * are holes.
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
	uint64_t bytes;	 /* the size of the file */
	uint64_t stored; /* bytes of the file that are no hole */
};

/*
 * Write the pieces to `path`, in place of a file that has that name.  Meanwhile
 * `stop` is called again and again; when it returns other than 0, writing ends
 * with EINTR.  0, or -1 with errno: then `path` is as it was, and no other file
 * is left.  Where the file system knows files without a name, none is left when
 * the process is killed while it writes.
 */
int core_file_write(const char *path, const struct core_piece *pieces,
    size_t npieces, int (*stop)(void), struct core_size *size);

#endif /* VMM_LOOK_CORE_FILE_H */
