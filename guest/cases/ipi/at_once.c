/* SPDX-License-Identifier: ISC */
/* ipi(9): numbers triggered on one CPU by several others at once. */
#include "ipi/ipi_case.h"

#ifdef MULTIPROCESSOR

/* A CPU that triggers its number on CPU 2 without pause. */
struct looper {
	u_int l_id;
	struct mark l_triggers;
	volatile bool l_stop;
};

static void
trigger_without_pause(void *arg)
{
	struct looper *l = arg;

	kpreempt_disable();
	while (!l->l_stop) {
		ipi_trigger(l->l_id, cpu_lookup(2));
		mark_add(&l->l_triggers);
	}
	kpreempt_enable();
}

/* Each number once, at any moment of what the looper does. */
static void
trigger_each(
    const u_int *ids, const struct mark *runs, u_int n, const struct looper *l)
{
	struct cpu_info *ci = cpu_lookup(2);
	struct hold hold;

	hold_cpu(&hold, ci, HOLD_INTR_OFF);
	for (u_int i = 0; i < n; i++) {
		PINNED(ipi_trigger(ids[i], ci));
		CHECK_EQ(mark_read(&runs[i]), 0);
		/* Whatever the looper had begun is done. */
		if (i % 4 == 0)
			mark_wait(
			    &l->l_triggers, mark_read(&l->l_triggers) + 2);
	}
	mark_wait(&l->l_triggers, mark_read(&l->l_triggers) + 2);
	hold_release(&hold);
}

CASE(i3_numbers_at_once, .api = XCVM_API_IPI, .kind = XCVM_KIND_STRESS,
    .contract = "I3", .min_vcpus = 3,
    .doc = "Numbers are triggered on a CPU with interrupts off, each once, "
	   "while another CPU triggers another there without pause: none gets "
	   "lost.",
    PARAMS(PARAM_KERNEL, PARAM("rounds", 5, "times for all numbers")))
{
	struct looper looper = {.l_stop = false};
	struct mark runs[IPI_MAXREG];
	u_int ids[IPI_MAXREG], n = 0, id;
	struct lwp *l;

	looper.l_id = ipi_number(call_nothing, NULL);
	while ((id = ipi_register(call_count, &runs[n])) != 0)
		ids[n++] = id;
	l = thread_start(cpu_lookup(1), trigger_without_pause, &looper);
	for (uint64_t round = case_param("rounds"); round > 0; round--) {
		for (u_int i = 0; i < n; i++)
			runs[i].m_count = 0;
		trigger_each(ids, runs, n, &looper);
		ipi_settle(cpu_lookup(2));
		for (u_int i = 0; i < n; i++)
			CHECK_EQ(mark_read(&runs[i]), 1);
	}
	looper.l_stop = true;
	thread_join(l);
	for (u_int i = 0; i < n; i++)
		ipi_unregister(ids[i]);
	ipi_unregister(looper.l_id);
}

#endif /* MULTIPROCESSOR */
