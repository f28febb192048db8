/* SPDX-License-Identifier: ISC */
/* What the ipi(9) cases share. */
#include <sys/kmem.h>
#include <sys/xcall.h>
#include <sys/xcstat.h>
#include "ipi/ipi_case.h"

u_int
ipi_number(ipi_func_t func, void *arg)
{
	u_int id = ipi_register(func, arg);

	CHECK_NE(id, 0);
	return (id);
}

void
ipi_nop(void *arg __unused)
{
}

void
ipi_count(void *arg)
{
	mark_add(arg);
}

void
ipi_pass_gate(void *arg)
{
	struct ipi_gate *g = arg;

	mark_add(&g->g_entered);
	mark_wait(&g->g_open, 1);
	mark_add(&g->g_left);
}

void
ipi_take_turn(void *arg)
{
	struct ipi_member *m = arg;
	struct ipi_order *o = m->m_order;
	u_int i = o->o_count;

	if (i < nitems(o->o_who))
		o->o_who[i] = m->m_who;
	o->o_count = i + 1;
}

void
ipi_tally_init(struct ipi_tally *t)
{
	*t = (struct ipi_tally){
	    .t_runs = kmem_zalloc(ncpu * sizeof(*t->t_runs), KM_SLEEP)};
}

void
ipi_tally_clear(struct ipi_tally *t)
{
	for (u_int i = 0; i < ncpu; i++)
		t->t_runs[i].m_count = 0;
}

void
ipi_tally_run(void *arg)
{
	struct ipi_tally *t = arg;

	if (cpu_ipl() != IPL_HIGH)
		atomic_inc_uint(&t->t_wrong_ipl);
	if (!cpu_intr_p())
		atomic_inc_uint(&t->t_not_intr);
	mark_add(&t->t_runs[cpu_number()]);
}

void
ipi_tally_check(const struct ipi_tally *t, const kcpuset_t *set, u_int times,
    const char *file, u_int line)
{
	for (u_int i = 0; i < ncpu; i++) {
		u_int runs = mark_read(&t->t_runs[i]);
		u_int expected = kcpuset_isset(set, i) ? times : 0;

		if (runs != expected)
			case_failed(file, line, "executions on each CPU",
			    "%u on cpu%u, and not %u", runs, i, expected);
	}
}

static void
owner_run(void *arg)
{
	struct owner *o = arg;

	if (!o->o_alive || !o->o_triggered)
		mark_add(&o->o_strays);
	mark_add(&o->o_runs);
}

u_int
owner_register(struct owner *o)
{
	*o = (struct owner){.o_alive = true};
	return (ipi_number(owner_run, o));
}

void
owner_trigger(struct owner *o, u_int id, struct cpu_info *ci)
{
	o->o_triggered = true;
	PINNED(ipi_trigger(id, ci));
}

uint64_t
ipi_await_stalls(u_int n)
{
	uint64_t end = nsecuptime() + 10000000000;

	SPIN_UNTIL(xcstat_sum(XCS_STALLS) >= n || nsecuptime() >= end);
	delay(8000 * (u_int)case_param("stall_limit_ms"));
	return (xcstat_sum(XCS_STALLS));
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
	struct xcall xc = XCALL_INITIALIZER(ipi_count, &ran);

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

void
ipi_await_message(const struct cpu_info *ci)
{
	const volatile uint32_t *word = &ci->ci_ipipend[0];
	uint64_t start = nsecuptime();

	while (!(*word & 1) &&
	       nsecuptime() - start < (*word != 0 ? 10000000000 : 5000000))
		CPU_BUSY_CYCLE();
}
