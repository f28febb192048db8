/* SPDX-License-Identifier: ISC */
/* xcall(9): the counters match what was called, on the right CPU. */
#include <sys/xcstat.h>
#include "xcall/xcall_case.h"

#define FIRST XCS_XC_LOW_UNICAST
#define LAST  XCS_XC_HIGH_RUN

/* What the CPU must have counted since boot: in the order of enum xcstat. */
static void
check_counts(struct cpu_info *ci, const u_int expected[LAST - FIRST + 1])
{
	for (u_int i = 0; i <= LAST - FIRST; i++)
		if (ci->ci_xcstat[FIRST + i] != expected[i])
			case_failed(__FILE__, __LINE__, "counter of a CPU",
			    "cpu%u, %s: %lu, and should be %u", cpu_index(ci),
			    xcstat_name(FIRST + i), ci->ci_xcstat[FIRST + i],
			    expected[i]);
}

CASE(n37_counters, .api = XCVM_API_XCALL, .contract = "N37,D9", .decision = 9,
    .doc = "Calls of both classes count once each, by kind, on the caller's "
	   "CPU, and once as run on every target; barriers are broadcasts.")
{
	/* LOW and HIGH: unicasts, broadcasts, functions run. */
	u_int here[] = {3, 2, 2, 4, 3, 3}, there[] = {0, 0, 5, 0, 0, 7};
	struct cpu_info *ci = nx_last_cpu();
	struct mark runs = {0};

	CTASSERT(nitems(here) == LAST - FIRST + 1);
	for (u_int i = 0; i < 3; i++)
		nx_call(0, ci, call_count_2, &runs, NULL);
	for (u_int i = 0; i < 4; i++)
		nx_call(XC_HIGHPRI_IPL(nx_levels[i]), ci, call_count_2, &runs,
		    NULL);
	nx_call(0, NULL, call_count_2, &runs, NULL);
	xc_barrier(0);
	nx_call(XC_HIGHPRI, NULL, call_count_2, &runs, NULL);
	nx_call(XC_HIGHPRI_IPL(IPL_SOFTNET), NULL, call_count_2, &runs, NULL);
	xc_barrier(XC_HIGHPRI_IPL(IPL_SOFTCLOCK));
	CHECK_EQ(mark_read(&runs), 7 + 3 * nx_running());

	if (ci == curcpu()) {
		here[2] = there[2];
		here[5] = there[5];
	} else
		check_counts(ci, there);
	check_counts(curcpu(), here);
}
