/* SPDX-License-Identifier: ISC */
/* Calls of the three APIs, for the cases of any folder. */
#include "call.h"
#include "ground.h"

/* --- functions --- */

void
call_nothing(void *arg __unused)
{
}

void
call_boot_others(void *arg __unused)
{
	cpu_boot_others();
}

void
call_count(void *mark)
{
	mark_add(mark);
}

void
call_count_2(void *mark, void *arg2 __unused)
{
	mark_add(mark);
}

void
call_count_here(void *marks)
{
	mark_add(&((struct mark *)marks)[cpu_number()]);
}

void
call_gate(void *arg)
{
	struct gate *g = arg;

	mark_add(&g->g_entered);
	mark_wait(&g->g_open, 1);
	mark_add(&g->g_left);
}

/* --- cpu_xcall(9) --- */

void
call_n(struct cpu_info *ci, struct xcall *xc, u_int n, void (*func)(void *),
    void *arg)
{
	for (u_int i = 0; i < n; i++) {
		cpu_xcall_set(&xc[i], func, arg);
		cpu_xcall(ci, &xc[i]);
	}
}

u_int
slots_taken(const struct cpu_info *ci)
{
	u_int n = 0;

	for (u_int i = 0; i < nitems(ci->ci_xcall.xci_xcalls); i++)
		n += ci->ci_xcall.xci_xcalls[i] != NULL;
	return (n);
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

/* --- xcall(9) --- */

const u_int nx_class_flags[NX_CLASSES] = {0, XC_HIGHPRI};

u_int
nx_running(void)
{
	CPU_INFO_ITERATOR cii;
	struct cpu_info *ci;
	u_int n = 0;

	for (CPU_INFO_FOREACH(cii, ci))
		n += cpu_is_running(ci);
	return (n);
}

uint64_t
nx_submit(
    u_int flags, struct cpu_info *ci, xcfunc_t func, void *arg1, void *arg2)
{
	return (ci != NULL ? xc_unicast(flags, func, arg1, arg2, ci)
			   : xc_broadcast(flags, func, arg1, arg2));
}

void
nx_call(u_int flags, struct cpu_info *ci, xcfunc_t func, void *arg1, void *arg2)
{
	xc_wait(nx_submit(flags, ci, func, arg1, arg2));
}

/* --- ipi(9) --- */

u_int
ipi_number(ipi_func_t func, void *arg)
{
	u_int id = ipi_register(func, arg);

	CHECK_NE(id, 0);
	return (id);
}

#ifdef MULTIPROCESSOR

/*
 * The timer's vector, which take_interrupts() waits for, and cpu_xcall(9)'s
 * vector and level are below those of ipi(9).
 */
void
ipi_settle(struct cpu_info *ci)
{
	struct mark ran = {0};
	struct xcall xc = XCALL_INITIALIZER(call_count, &ran);

	if (ci == curcpu()) {
		take_interrupts();
		return;
	}
	cpu_xcall(ci, &xc);
	mark_wait(&ran, 1);
}

#else

void
ipi_settle(struct cpu_info *ci __unused)
{
	take_interrupts();
}

#endif

void
ipi_settle_all(void)
{
	CPU_INFO_ITERATOR cii;
	struct cpu_info *ci;

	for (CPU_INFO_FOREACH(cii, ci))
		if (cpu_is_running(ci))
			ipi_settle(ci);
}
