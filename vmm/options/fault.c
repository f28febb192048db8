/* SPDX-License-Identifier: ISC */
/*
 * The fault plan of a case, and the local APIC that it needs.
 */
#include "options/options.h"

int
options_faults(const struct options *options, const struct image_case *c,
    struct fault_plan *plan, struct refusal *why)
{

	*plan = (struct fault_plan){NULL, 0};
	if (c->fault != NULL &&
	    fault_plan_add_case(plan, c->name, c->fault, why) == -1)
		return (-1);
	for (size_t i = 0; i < options->faults.count; i++) {
		if (fault_plan_append(plan, &options->faults.specs[i], why) ==
		    -1)
			return (-1);
	}
	return (0);
}

bool
options_needs_user_apic(const struct image_case *c)
{
	struct fault_plan plan = {NULL, 0};
	struct refusal why;
	bool needed;

	if (c->fault == NULL)
		return (false);
	needed = fault_plan_add_case(&plan, c->name, c->fault, &why) == 0 &&
		 fault_plan_user_only(&plan) != NULL;
	fault_plan_free(&plan);
	return (needed);
}

bool
options_user_apic(const struct options *options, const struct image_case *c)
{

	if (options->apic != OPTIONS_APIC_ANY)
		return (options->apic == OPTIONS_APIC_USER);
	return (options_needs_user_apic(c));
}
