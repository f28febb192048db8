/* SPDX-License-Identifier: ISC */
/*
 * Run queues and the context switch.
 *
 * A thread is bound to its CPU, so only that CPU ever takes it off the run
 * queue or runs it; other CPUs only put it on, under spc_lock, and tell the
 * CPU by a reschedule IPI.  No lock is held across the switch itself.
 */
#include <sys/systm.h>
#include <sys/xcstat.h>
#include <machine/intr.h>
#include <kern/kern.h>
#include <kern/md.h>

void
sched_init_cpu(struct cpu_info *ci)
{
	struct lwp *idle = lwp_alloc();

	lwp_init(idle, ci, PRI_IDLE, LW_IDLE, NULL, NULL, "idle");
	idle->l_stat = LSONPROC;
	ci->ci_idlelwp = idle;
	ci->ci_curlwp = idle;
	ci->ci_schedstate.spc_curpriority = PRI_IDLE;
}

/* Insert by priority: before its equals, or behind them. */
static void
runq_insert(struct schedstate_percpu *spc, struct lwp *l, bool first)
{
	struct lwp **lp = &spc->spc_runq;

	while (
	    *lp != NULL && ((*lp)->l_priority > l->l_priority ||
			       (!first && (*lp)->l_priority == l->l_priority)))
		lp = &(*lp)->l_runq_next;
	l->l_runq_next = *lp;
	*lp = l;
}

void
sched_wake(struct lwp *l)
{
	struct cpu_info *ci = l->l_cpu;
	struct schedstate_percpu *spc = &ci->ci_schedstate;
	bool better, tell;

	KASSERT(curcpu()->ci_ilevel == IPL_HIGH);
	if (l->l_flag & LW_SOFTINT) {
		l->l_stat = LSRUN;
		softint_resume(l);
		return;
	}
	__cpu_simple_lock(&spc->spc_lock);
	l->l_stat = LSRUN;
	runq_insert(spc, l, false);
	better = l->l_priority > spc->spc_curpriority;
	/* Once set, the CPU is bound to look at its queue after our insert. */
	tell = better && !spc->spc_want_resched;
	if (tell)
		spc->spc_want_resched = true;
	__cpu_simple_unlock(&spc->spc_lock);

	if (ci == curcpu()) {
		if (tell)
			intr_mark(SIR_PREEMPT);
	} else if (tell) {
		xcstat_inc(XCS_RESCHED_IPI);
		cpu_resched_ipi(ci);
	} else if (better)
		xcstat_inc(XCS_RESCHED_ELIDED);
}

void
sched_switch(enum sched_reason reason)
{
	struct cpu_info *ci = curcpu();
	struct schedstate_percpu *spc = &ci->ci_schedstate;
	struct lwp *l = ci->ci_curlwp, *next;

	KASSERT(ci->ci_ilevel == IPL_HIGH);
	KASSERT(!(l->l_flag & LW_SOFTINT));
	KASSERT(ci->ci_mtx_count == 0);

	__cpu_simple_lock(&spc->spc_lock);
	if (l->l_stat == LSONPROC && !(l->l_flag & LW_IDLE)) {
		l->l_stat = LSRUN;
		runq_insert(spc, l, reason == SCHED_PREEMPT);
	}
	next = spc->spc_runq;
	if (next != NULL)
		spc->spc_runq = next->l_runq_next;
	else
		next = ci->ci_idlelwp;
	next->l_stat = LSONPROC;
	spc->spc_curpriority = next->l_priority;
	spc->spc_want_resched = false;
	__cpu_simple_unlock(&spc->spc_lock);

	if (next != l)
		lwp_switched(cpu_switchto(l, next));
}

void
sched_preempt(void)
{
	int s;

	/* kpreempt_enable() comes back to it: spc_want_resched stays. */
	if (curlwp->l_nopreempt != 0)
		return;
	s = splhigh();
	sched_switch(SCHED_PREEMPT);
	splx(s);
}

void
sched_ipi(void)
{
	struct cpu_info *ci = curcpu();
	uint32_t levels = atomic_swap_32(&ci->ci_softwake_remote, 0);

	for (u_int level = 0; level < SOFTINT_LEVELS; level++)
		if (levels & (1U << level))
			softint_mark(level);
	if (ci->ci_schedstate.spc_want_resched)
		intr_mark(SIR_PREEMPT);
}

void
sched_idle(void)
{
	struct schedstate_percpu *spc = &curcpu()->ci_schedstate;

	spl0();
	for (;;) {
		cpu_idle_wait(&spc->spc_want_resched);
		if (spc->spc_want_resched)
			sched_preempt();
	}
}

void
yield(void)
{
	int s;

	assert_sleepable("yield");
	s = splhigh();
	sched_switch(SCHED_YIELD);
	splx(s);
}
