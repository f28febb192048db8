/* SPDX-License-Identifier: ISC */
/*
 * The file of a schedule: what a model machine chose, to replay it.
 *
 *	xcvm schedule 1
 *	build-id HEX
 *	case NAME
 *	vcpus N
 *	seed N
 *	param NAME=VALUE		those that have not their default
 *	choices N
 *	STEP run|drain|interrupt CPU NTH PC	# place
 */
#ifndef VMM_OPTIONS_SCHEDULE_H
#define VMM_OPTIONS_SCHEDULE_H

#include <stddef.h>
#include <stdint.h>

#include <xcvm/abi.h>

#include "base/refusal.h"

struct image;
struct image_case;
struct options;
struct symbols;

struct schedule {
	const char *path;
	char build_id[80];
	char name[XCVM_CASE_NAME_MAX];
	uint32_t vcpus;
	uint64_t seed;
	struct xcvm_choice *choices;
	size_t nchoices;
};

/*
 * Read the file; its parameters that the options do not give are added there.
 * 0, or -1 with `why` filled; free `choices` either way.
 */
int schedule_read(struct schedule *schedule, const char *path,
    struct options *options, struct refusal *why);

/*
 * Write the file, whole or not at all.  0, or -1 with `why` filled.
 */
int schedule_write(const char *path, const struct options *options,
    const struct image *image, const struct image_case *c,
    const struct xcvm_choice *choices, uint64_t n, struct symbols *symbols,
    struct refusal *why);

#endif /* VMM_OPTIONS_SCHEDULE_H */
