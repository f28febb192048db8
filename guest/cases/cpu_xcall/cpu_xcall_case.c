/* SPDX-License-Identifier: ISC */
/* What the cpu_xcall(9) cases share. */
#include "cpu_xcall/cpu_xcall_case.h"

void
call_see(void *arg)
{
	struct seen *s = arg;

	s->s_cpu = cpu_number();
	s->s_ipl = curcpu()->ci_ilevel;
	s->s_softintr = cpu_softintr_p();
	s->s_intr = cpu_intr_p();
	s->s_lwp = curlwp;
	mark_add(&s->s_runs);
}

void
call(struct cpu_info *ci, struct xcall *xc, void (*func)(void *), void *arg)
{
	cpu_xcall_set(xc, func, arg);
	cpu_xcall(ci, xc);
}

void
calls_recorded(const struct cpu_info *ci, const struct mark *runs)
{
	const uint32_t sources = 1U << SIR_CLOCK | 1U << LIR_XCALL;

	SPIN_UNTIL((ci->ci_ipending & sources) || mark_read(runs) != 0);
}
