/* SPDX-License-Identifier: ISC */
/* xcall(9): a wait that lasts is reported once, and goes on. */
#include <sys/xcstat.h>
#include "xcall/xcall_case.h"

#ifdef MULTIPROCESSOR

/* So many stalls were reported. */
static void
until_stalls(void *arg)
{
	const u_int *reports = arg;

	SPIN_UNTIL(xcstat_sum(XCS_STALLS) >= *reports);
	/* Long enough for a second report. */
	delay(2000 * (u_int)case_param("stall_limit_ms"));
}

/* Wait for a call to a CPU that does not take it; in which function? */
static void
wait_in_xc_wait(u_int flags, struct mark *runs)
{
	xc_wait(xc_unicast(flags, call_count_2, runs, NULL, nx_last_cpu()));
	CHECK_EQ(mark_read(runs), 1);
}

static void
wait_in_submit(u_int flags, struct mark *runs)
{
	xc_unicast(flags, call_count_2, runs, NULL, nx_last_cpu());
	xc_unicast(flags, call_count_2, runs, NULL, nx_last_cpu());
	CHECK_GE(mark_read(runs), 1);
	/* Not by xc_wait(): its wait could be reported as well. */
	YIELD_UNTIL(mark_read(runs) == 2);
}

static void
check_stalls(void (*wait)(u_int, struct mark *))
{
	uint64_t limit_ns = case_param("stall_limit_ms") * 1000000, start;

	for (u_int k = 0; k < NX_CLASSES; k++) {
		u_int reports = k + 1;
		struct mark runs = {0};
		struct hold hold;

		hold_cpu_until(
		    &hold, nx_last_cpu(), IPL_HIGH, until_stalls, &reports);
		start = nsecuptime();
		wait(nx_class_flags[k], &runs);
		CHECK_EQ(xcstat_sum(XCS_STALLS), reports);
		CHECK_GE(nsecuptime() - start, limit_ns);
		hold_join(&hold);
	}
}

CASE(d5_stall_of_xc_wait, .api = XCVM_API_XCALL, .contract = "D5",
    .decision = 5, .min_vcpus = 2,
    .doc = "A wait for a call of either class that sleeps past the limit is "
	   "reported once, goes on sleeping, and completes.",
    PARAMS(PARAM_ICR_FENCE(1), PARAM_STALL_LIMIT(5)))
{
	check_stalls(wait_in_xc_wait);
}

CASE(d5_stall_of_xc_submit, .api = XCVM_API_XCALL, .contract = "D5",
    .decision = 5, .min_vcpus = 2,
    .doc = "A call of either class that sleeps past the limit for the one "
	   "before is reported once, goes on sleeping, and completes.",
    PARAMS(PARAM_ICR_FENCE(1), PARAM_STALL_LIMIT(5)))
{
	check_stalls(wait_in_submit);
}

#endif /* MULTIPROCESSOR */
