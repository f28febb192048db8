/* SPDX-License-Identifier: ISC */
/*
 * --list: the case table, one JSON object a line.
 */
#ifndef VMM_LIST_H
#define VMM_LIST_H

#include <stdio.h>

#include "image.h"
#include "refusal.h"

/* 0, or -1 with `why` filled when `out` cannot be written. */
int list_cases(const struct image *image, FILE *out, struct refusal *why);

#endif /* VMM_LIST_H */
