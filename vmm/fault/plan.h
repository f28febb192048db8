/* SPDX-License-Identifier: ISC */
/*
 * A fault plan: its entries, from the command line, from files, from a case.
 */
#ifndef VMM_FAULT_PLAN_H
#define VMM_FAULT_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/refusal.h"
#include "fault/spec.h"

#define FAULT_PLAN_MAX 1000 /* entries */

/* All zero is an empty plan. */
struct fault_plan {
	struct fault_spec *specs;
	size_t count;
};

void fault_plan_free(struct fault_plan *plan);

/*
 * All of these return 0, or -1 with `why` filled and the plan as far as it
 * came.
 */

/* The value of a --fault: an entry, or @FILE for fault_plan_add_file(). */
int fault_plan_add(
    struct fault_plan *plan, const char *text, struct refusal *why);

/* Entries separated by blanks, as case `name` of an image has them. */
int fault_plan_add_case(struct fault_plan *plan, const char *name,
    const char *text, struct refusal *why);

int fault_plan_append(struct fault_plan *plan, const struct fault_spec *spec,
    struct refusal *why);

/*
 * An entry a line, each as --fault takes it.  Blanks around it do not count,
 * nor empty lines, nor the comment behind a #, which is UTF-8 without control
 * characters but tabs; a line may end in CR LF.  Refusals name file, line and
 * column.
 */
int fault_plan_add_file(
    struct fault_plan *plan, const char *path, struct refusal *why);

/* Has it an entry that only the user-modelled APIC can have? */
bool fault_plan_user_only(const struct fault_plan *plan);

#endif /* VMM_FAULT_PLAN_H */
