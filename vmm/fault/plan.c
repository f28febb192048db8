/* SPDX-License-Identifier: ISC */
/*
 * A fault plan: its entries, from the command line, from files, from a case.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "fault/plan.h"

void
fault_plan_free(struct fault_plan *plan)
{
	free(plan->specs);
	plan->specs = NULL;
	plan->count = 0;
}

int
fault_plan_append(
    struct fault_plan *plan, const struct fault_spec *spec, struct refusal *why)
{
	struct fault_spec *more;

	if (plan->count == FAULT_PLAN_MAX)
		return (refuse(why,
		    "%s: is one fault too many: a plan has at most %d",
		    spec->where, FAULT_PLAN_MAX));
	more = array_grow(plan->specs, plan->count, sizeof(*more));
	if (more == NULL)
		return (refuse(why, "%s: out of memory", spec->where));
	plan->specs = more;
	plan->specs[plan->count++] = *spec;
	return (0);
}

int
fault_plan_add(struct fault_plan *plan, const char *text, struct refusal *why)
{
	struct fault_spec spec;

	if (text[0] == '@')
		return (fault_plan_add_file(plan, text + 1, why));
	return (fault_spec_parse(&spec, "--fault", text, why) == -1
		    ? -1
		    : fault_plan_append(plan, &spec, why));
}

int
fault_plan_add_case(struct fault_plan *plan, const char *name, const char *text,
    struct refusal *why)
{
	char what[FAULT_WHERE_MAX], copy[FAULT_SPEC_MAX];
	struct fault_spec spec;

	snprintf(what, sizeof(what), "case %s: its fault", name);
	while (*(text += strspn(text, " ")) != '\0') {
		size_t len = strcspn(text, " ");

		if (len >= sizeof(copy))
			return (refuse(why, "%s %s: is too long", what, text));
		memcpy(copy, text, len);
		copy[len] = '\0';
		if (fault_spec_parse(&spec, what, copy, why) == -1 ||
		    fault_plan_append(plan, &spec, why) == -1)
			return (-1);
		text += len;
	}
	return (0);
}

bool
fault_plan_user_only(const struct fault_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		if (fault_spec_user_only(&plan->specs[i]))
			return (true);
	return (false);
}
