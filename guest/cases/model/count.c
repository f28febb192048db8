/* SPDX-License-Identifier: ISC */
/* The counters of <sys/xcstat.h>, as the model has them. */
#include "model/place.h"

static uint64_t counted[MODEL_CPUS][XCS_COUNT];

void
model_count_begin(void)
{
	for (u_int cpu = 0; cpu < model_ncpus(); cpu++)
		for (u_int id = 0; id < XCS_COUNT; id++)
			counted[cpu][id] = model_cpu(cpu)->ci_xcstat[id];
}

void
model_count(u_int cpu, enum xcstat id, uint64_t n)
{
	counted[cpu][id] += n;
}

void
model_count_await(u_int cpu, enum xcstat id)
{
	SPIN_UNTIL(model_cpu(cpu)->ci_xcstat[id] >= counted[cpu][id]);
}

void
model_count_check(const enum xcstat *ids, u_int n)
{
	for (u_int cpu = 0; cpu < model_ncpus(); cpu++)
		for (u_int i = 0; i < n; i++)
			if (model_cpu(cpu)->ci_xcstat[ids[i]] !=
			    counted[cpu][ids[i]]) {
				printf(
				    "cpu[%u]: %s\n", cpu, xcstat_name(ids[i]));
				MODEL_EQ(model_cpu(cpu)->ci_xcstat[ids[i]],
				    counted[cpu][ids[i]]);
			}
}
