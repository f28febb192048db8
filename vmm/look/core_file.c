/* SPDX-License-Identifier: ISC */
/*
 * A file that appears under its name when it is whole, and not before.
 */
#include <sys/random.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "look/core_file.h"

/* Bytes looked at between two calls of stop(). */
#define STRETCH	  (1ULL << 20)
#define NAMES_MAX 16 /* names tried, which may be taken */

struct output {
	char *name; /* the temporary name; NULL: none yet */
	int fd;
	uint64_t at;	 /* where the next page goes */
	uint64_t stored; /* bytes that are no hole */
	int (*stop)(void);
};

/*
 * A temporary name, in the folder of `path`.  Its length does not depend on the
 * last component of `path`, so that it fits where `path` does.
 */
static char *
other_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	int folder = slash != NULL ? (int)(slash - path) + 1 : 0;
	uint32_t random;
	char *name;

	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return (NULL);
	if (asprintf(&name, "%.*sxcvm-core.%08x.tmp", folder, path, random) ==
	    -1)
		return (NULL);
	return (name);
}

/* Give the file a free temporary name, by create() or by give(). */
static int
output_name(struct output *out, const char *path,
    int (*make)(struct output *out, const char *name))
{

	for (int i = 0; i < NAMES_MAX; i++) {
		int error;

		out->name = other_name(path);
		if (out->name == NULL)
			return (-1);
		if (make(out, out->name) == 0)
			return (0);
		error = errno;
		free(out->name);
		out->name = NULL;
		errno = error;
		if (error != EEXIST)
			break;
	}
	return (-1);
}

static int
create(struct output *out, const char *name)
{

	out->fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	return (out->fd != -1 ? 0 : -1);
}

static int
give(struct output *out, const char *name)
{
	char self[32];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", out->fd);
	return (linkat(AT_FDCWD, self, AT_FDCWD, name, AT_SYMLINK_FOLLOW));
}

/*
 * Open a file without a name, where that can be: then nothing is left if we are
 * killed.
 */
static int
output_open(struct output *out, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash == NULL
			   ? strdup(".")
			   : strndup(path, (size_t)(slash - path) + 1);

	if (folder == NULL)
		return (-1);
	out->fd = open(folder, O_WRONLY | O_TMPFILE | O_CLOEXEC, 0666);
	free(folder);
	if (out->fd != -1)
		return (0);
	return (output_name(out, path, create));
}

/* Take the file away again; errno stays. */
static void
output_discard(struct output *out)
{
	int error = errno;

	if (out->fd != -1)
		close(out->fd);
	if (out->name != NULL)
		unlink(out->name);
	free(out->name);
	errno = error;
}

static int
put(struct output *out, const uint8_t *from, uint64_t size, uint64_t at)
{

	while (size > 0) {
		ssize_t n = pwrite(out->fd, from, size, (off_t)at);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == 0)
			errno = ENOSPC;
		if (n <= 0)
			return (-1);
		from += n;
		at += (uint64_t)n;
		size -= (uint64_t)n;
		out->stored += (uint64_t)n;
	}
	return (0);
}

static bool
is_zero(const uint8_t *page)
{

	return (
	    page[0] == 0 && memcmp(page, page + 1, CORE_FILE_PAGE - 1) == 0);
}

/* Write the pages of a stretch that are not zero, as many at once as adjoin. */
static int
put_stretch(struct output *out, const uint8_t *from, uint64_t size)
{
	uint64_t begin, end = 0;

	while (end < size) {
		begin = end;
		while (begin < size && is_zero(from + begin))
			begin += CORE_FILE_PAGE;
		end = begin;
		while (end < size && !is_zero(from + end))
			end += CORE_FILE_PAGE;
		if (put(out, from + begin, end - begin, out->at + begin) == -1)
			return (-1);
	}
	out->at += size;
	return (0);
}

static int
put_piece(struct output *out, const struct core_piece *piece)
{
	const uint8_t *from = piece->data;
	uint64_t left = piece->size;

	while (left > 0) {
		uint64_t size = left < STRETCH ? left : STRETCH;

		if (out->stop() != 0) {
			errno = EINTR;
			return (-1);
		}
		if (put_stretch(out, from, size) == -1)
			return (-1);
		from += size;
		left -= size;
	}
	return (0);
}

/*
 * Give the file, all of which is written, its size (the last of it may be a
 * hole) and its name.  -1: discard it.
 */
static int
output_finish(struct output *out, const char *path)
{
	int result;

	if (ftruncate(out->fd, (off_t)out->at) == -1)
		return (-1);
	if (out->name == NULL && output_name(out, path, give) == -1)
		return (-1);
	/* Some file systems tell only at close() that there was no room. */
	result = close(out->fd);
	out->fd = -1;
	if (result == -1)
		return (-1);
	return (rename(out->name, path));
}

int
core_file_write(const char *path, const struct core_piece *pieces,
    size_t npieces, int (*stop)(void), struct core_size *size)
{
	struct output out = {.stop = stop};
	int result;

	if (output_open(&out, path) == -1)
		return (-1);
	result = 0;
	for (size_t i = 0; i < npieces && result == 0; i++)
		result = put_piece(&out, &pieces[i]);
	if (result == 0)
		result = output_finish(&out, path);
	if (result == -1) {
		output_discard(&out);
		return (-1);
	}
	free(out.name);
	size->bytes = out.at;
	size->stored = out.stored;
	return (0);
}
