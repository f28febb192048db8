/* SPDX-License-Identifier: ISC */
/* What the ipi(9) cases share. */
#include <sys/xcall.h>
#include <sys/xcstat.h>
#include "ipi/ipi_case.h"

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
	*t = (struct ipi_tally){.t_runs = cpu_marks()};
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
	call_count_here(t->t_runs);
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

void
ipi_await_message(const struct cpu_info *ci)
{
	const volatile uint32_t *word = &ci->ci_ipipend[0];
	uint64_t start = nsecuptime();

	while (!(*word & 1) &&
	       nsecuptime() - start < (*word != 0 ? 10000000000 : 5000000))
		CPU_BUSY_CYCLE();
}
