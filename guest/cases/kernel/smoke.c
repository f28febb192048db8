/* SPDX-License-Identifier: ISC */
/* The smallest case: the machine comes up and goes down. */
#include "case.h"

CASE(smoke, .api = XCVM_API_KERNEL, .doc = "Every CPU comes up and says so.")
{
	CPU_INFO_ITERATOR cii;
	struct cpu_info *ci;

	for (CPU_INFO_FOREACH(cii, ci))
		CHECK(cpu_is_running(ci));
	CHECK_EQ(cii, ncpu);
	CHECK(mp_online);
}
