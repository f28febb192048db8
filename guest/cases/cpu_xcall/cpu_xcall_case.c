/* SPDX-License-Identifier: ISC */
/* What the cpu_xcall(9) cases share. */
#include "cpu_xcall/cpu_xcall_case.h"

void
call_count(void *arg)
{
	mark_add(arg);
}

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
call_gate(void *arg)
{
	struct gate *g = arg;

	mark_add(&g->g_entered);
	mark_wait(&g->g_open, 1);
	mark_add(&g->g_left);
}

void
call(struct cpu_info *ci, struct xcall *xc, void (*func)(void *), void *arg)
{
	cpu_xcall_set(xc, func, arg);
	cpu_xcall(ci, xc);
}

void
call_n(struct cpu_info *ci, struct xcall *xc, u_int n, void (*func)(void *),
    void *arg)
{
	for (u_int i = 0; i < n; i++)
		call(ci, &xc[i], func, arg);
}

u_int
slots_taken(const struct cpu_info *ci)
{
	u_int n = 0;

	for (u_int i = 0; i < nitems(ci->ci_xcall.xci_xcalls); i++)
		n += ci->ci_xcall.xci_xcalls[i] != NULL;
	return (n);
}

void
calls_recorded(const struct cpu_info *ci, const struct mark *runs)
{
	const uint32_t sources = 1U << SIR_CLOCK | 1U << LIR_XCALL;

	SPIN_UNTIL((ci->ci_ipending & sources) || mark_read(runs) != 0);
}

/*
 * Calls F1, F2, ... follow one another, each after the one before has run.
 * One pass over the slots runs at most XCALL_CPU_SLOTS of them, so the pass
 * that runs the next one, P, began after F1 had run, and found in its slot
 * whatever was queued before.  When a call of a pass after P runs, P is over.
 */
void
calls_drain(struct cpu_info *ci)
{
	struct mark runs = {0};
	struct xcall xc = XCALL_INITIALIZER(call_count, &runs);

	for (u_int i = 1; i <= 2 * XCALL_CPU_SLOTS + 1; i++) {
		cpu_xcall(ci, &xc);
		mark_wait(&runs, i);
	}
}

void
calls_drain_others(void)
{
	CPU_INFO_ITERATOR cii;
	struct cpu_info *ci;

	for (CPU_INFO_FOREACH(cii, ci))
		if (ci != curcpu())
			calls_drain(ci);
}
