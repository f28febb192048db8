/* SPDX-License-Identifier: ISC */
/*
 * What the files behind fault/spec.h share: the table of keys and kinds.
 */
#ifndef VMM_FAULT_KEY_H
#define VMM_FAULT_KEY_H

#include <stddef.h>
#include <stdint.h>

#include "fault/spec.h"

/* As a set, a bit for each: 1U << kind. */
#define EVERY_KIND ((1U << FAULT_KINDS) - 1)

/* In the order in which fault_spec_format() writes them. */
enum key {
	KEY_KIND,
	KEY_VECTOR,
	KEY_SRC,
	KEY_DST,
	KEY_FUNCTION,
	KEY_WALK,
	KEY_TO,
	KEY_DELAY,
	KEY_STALL,
	KEY_FOR,
	KEY_DUTY,
	KEY_EVERY,
	KEY_AFTER,
	KEY_NTH,
	KEY_PROBABILITY,
	KEY_INTERVAL,
	KEY_TIMES,
	KEY_SPACE,
	KEY_COUNT
};

struct key_info {
	const char *name;
	uint32_t kinds;	 /* that know it */
	uint32_t needed; /* kinds that cannot do without */
	const char *example;
	/* Numbers: their member, and what it can hold. */
	size_t offset;
	size_t size; /* 0: not a number */
	uint64_t min, max;
};

/* By enum key, and by enum fault_kind. */
extern const struct key_info fault_keys[KEY_COUNT];
extern const char *const fault_kinds[FAULT_KINDS];

/* FILE:LINE:COLUMN; of a long path, its end. */
void fault_where(char where[FAULT_WHERE_MAX], const char *file, unsigned line,
    size_t column);

/*
 * All keys of an entry have been set: do they go with each other?  Fills in
 * what has a default that depends on others.  0, or -1 with `why` filled.
 */
int fault_spec_finish(struct fault_spec *spec, struct refusal *why);

/* The names of a set of kinds: "a, b or c". */
void fault_kinds_list(uint32_t which, char *text, size_t size);

#endif /* VMM_FAULT_KEY_H */
