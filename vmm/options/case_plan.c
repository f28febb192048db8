/* SPDX-License-Identifier: ISC */
/*
 * The fault plan of a case, and the local APICs that it needs.
 */
#include "options/options.h"

static int
append_all(
    struct fault_plan *plan, const struct fault_plan *more, struct refusal *why)
{
	for (size_t i = 0; i < more->count; i++)
		if (fault_plan_append(plan, &more->specs[i], why) == -1)
			return (-1);
	return (0);
}

int
options_faults(const struct options *options, const struct image_case *c,
    struct fault_plan *plan, struct refusal *why)
{
	*plan = (struct fault_plan){NULL, 0};
	if (append_all(plan, &c->plan, why) == -1)
		return (-1);
	return (append_all(plan, &options->faults, why));
}

enum options_apic
options_apic_of(const struct options *options, const struct image_case *c)
{
	if (options->apic != OPTIONS_APIC_ANY)
		return (options->apic);
	return (fault_plan_user_only(&c->plan) ? OPTIONS_APIC_USER
					       : OPTIONS_APIC_KERNEL);
}

const char *
options_apic_name(enum options_apic apic)
{
	static const char *const names[] = {
	    [OPTIONS_APIC_ANY] = "any",
	    [OPTIONS_APIC_KERNEL] = "kernel",
	    [OPTIONS_APIC_USER] = "user",
	};

	return (names[apic]);
}
