/* SPDX-License-Identifier: ISC */
/* Counters of the cross-call stacks. */
#include <sys/systm.h>
#include <sys/xcstat.h>

CTASSERT(XCS_COUNT <= nitems(((struct cpu_info *)0)->ci_xcstat));

#define XCSTAT_NAME(id, name) [id] = (name),
static const char *const names[XCS_COUNT] = {XCSTATS(XCSTAT_NAME)};
#undef XCSTAT_NAME

uint64_t
xcstat_sum(enum xcstat id)
{
	CPU_INFO_ITERATOR cii;
	struct cpu_info *ci;
	uint64_t sum = 0;

	for (CPU_INFO_FOREACH(cii, ci))
		sum += ci->ci_xcstat[id];
	return (sum);
}

const char *
xcstat_name(enum xcstat id)
{
	return (names[id]);
}
