/* SPDX-License-Identifier: ISC */
/*
 * Why a run could not go on: the verdict it ends with, and one sentence.
 */
#ifndef VMM_BASE_FAILURE_H
#define VMM_BASE_FAILURE_H

#include "base/outcome.h"

#define FAILURE_TEXT_MAX 2048

struct failure {
	enum verdict verdict;
	char text[FAILURE_TEXT_MAX];
};

/* Fill `why` (cut when too long) and return -1, so `return (fail(...))`. */
int fail(struct failure *why, enum verdict verdict, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif /* VMM_BASE_FAILURE_H */
