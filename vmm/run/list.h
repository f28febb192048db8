/* SPDX-License-Identifier: ISC */
/*
 * --list: the case table, one JSON object a line.
 */
#ifndef VMM_RUN_LIST_H
#define VMM_RUN_LIST_H

#include <stdio.h>

#include "base/refusal.h"
#include "image/image.h"

/* Write the list to `out`.  0, or -1 with `why` filled. */
int list_cases(const struct image *image, FILE *out, struct refusal *why);

#endif /* VMM_RUN_LIST_H */
