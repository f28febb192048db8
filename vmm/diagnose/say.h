/* SPDX-License-Identifier: ISC */
/*
 * A sentence about a snapshot, made piece by piece.  What does not fit is cut
 * off.
 */
#ifndef VMM_DIAGNOSE_SAY_H
#define VMM_DIAGNOSE_SAY_H

#include "look/snapshot.h"

struct say {
	const struct snapshot *snapshot;
	char *text; /* NUL-terminated at all times */
	size_t size;
	size_t len;
};

void say_begin(
    struct say *say, const struct snapshot *snapshot, char *text, size_t size);
void say_add(struct say *say, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Say "`f'", or the address of what has no name. */
void say_function(struct say *say, uint64_t addr);

/* Say "2.1 s", "31.5 ms", "12 us". */
void say_duration(struct say *say, uint64_t ns);

#endif /* VMM_DIAGNOSE_SAY_H */
