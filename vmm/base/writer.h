/* SPDX-License-Identifier: ISC */
/*
 * Output that is whole or not at all: a descriptor that remembers its first
 * error, cuts what was written of a failed piece off a regular file, and does
 * not wait for a reader who no longer reads once the run is to end.
 *
 * One caller at a time.  The struct may lie in memory that processes share,
 * if they share the descriptors by fork().
 */
#ifndef VMM_BASE_WRITER_H
#define VMM_BASE_WRITER_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct writer {
	int fd;
	bool regular;
	bool append;	   /* regular: each write goes to its end */
	off_t piece;	   /* regular: begin of what is being written; or -1 */
	int abandon_fd;	   /* readable once a blocked write shall fail */
	_Atomic int error; /* errno of the first failure, or 0 */
};

/* Begin to write to `fd`, which stays the caller's.  0, or -1 with errno. */
int writer_open(struct writer *w, int fd);
void writer_close(struct writer *w);

/*
 * Write one piece.  0, or -1 (see writer_error()): then nothing of the piece
 * remains in a regular file.
 */
int writer_write(struct writer *w, const char *piece, size_t len);

/* Cut off what a killed writer may have left of its piece. */
void writer_recover(struct writer *w);

/* errno of the first failed write; 0 if there was none.  Any thread. */
int writer_error(const struct writer *w);

/*
 * From now on a write that blocks for more than a moment fails with EINTR;
 * any thread, async-signal-safe.  A pending SIGINT, SIGTERM or SIGHUP does
 * the same.
 */
void writer_abandon(struct writer *w);

/* A stdio stream that writes through `w`; fclose() it before writer_close(). */
FILE *writer_stream(struct writer *w);

#endif /* VMM_BASE_WRITER_H */
