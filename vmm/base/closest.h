/* SPDX-License-Identifier: ISC */
/*
 * What someone may have meant: the known names nearest to a wrong one.
 */
#ifndef VMM_BASE_CLOSEST_H
#define VMM_BASE_CLOSEST_H

#include <stddef.h>

#define CLOSEST_MAX 3

struct closest {
	size_t count;
	const char *name[CLOSEST_MAX]; /* nearest first */
};

/*
 * Find the names nearest to `wrong`, by edit distance or because they contain
 * it; none if all are far.
 */
void closest_find(struct closest *closest, const char *wrong,
    const char *const *names, size_t count);

#endif /* VMM_BASE_CLOSEST_H */
