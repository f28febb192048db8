/* SPDX-License-Identifier: ISC */
/* What the cases that hang for one cause share. */
#include <sys/stall.h>
#include <sys/xcall.h>
#include "diag/diag_case.h"

void
diag_spin(void *arg __unused)
{
	for (;;)
		CPU_BUSY_CYCLE();
}

void
diag_sync(struct cpu_info *ci)
{
	cpu_xcall_sync(ci, call_nothing, NULL, "diag");
}

void
diag_report(void)
{
	struct stall_watch sw;

	stall_begin(&sw, "case", curcpu(), NULL, NULL, NULL);
	sw.sw_start -= ns_to_tsc(stall_limit_ns);
	stall_check(&sw);
	stall_end(&sw);
}
