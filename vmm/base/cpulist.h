/* SPDX-License-Identifier: ISC */
/*
 * Lists of numbers as people write them: "0,2,4-7".
 */
#ifndef VMM_BASE_CPULIST_H
#define VMM_BASE_CPULIST_H

#include <stddef.h>
#include <stdint.h>

#include "base/refusal.h"

struct cpulist {
	uint32_t *id; /* in the order written */
	size_t count;
};

/*
 * Parse `text` into a fresh list of at most `max_count` numbers from 0 to
 * `max`.  `option` is what a refusal begins with ("--pin").  0, or -1 with
 * `why` filled and the list empty.
 */
int cpulist_parse(struct cpulist *list, const char *option, const char *text,
    uint32_t max, size_t max_count, struct refusal *why);
void cpulist_free(struct cpulist *list);

/*
 * The list as text, in its shortest form; NULL when memory runs out; free() it.
 */
char *cpulist_format(const uint32_t *id, size_t count);

#endif /* VMM_BASE_CPULIST_H */
