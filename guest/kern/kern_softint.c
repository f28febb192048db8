/* SPDX-License-Identifier: ISC */
/*
 * Soft interrupts: four levels, each served on each CPU by a thread that
 * runs on top of the one it interrupts and gives the CPU back to it, when it
 * is done or when it must wait for a mutex.
 *
 * The pending mark of a level (SIR_CLOCK and up) only says "look at that
 * level"; what there is to do stands in words of its own, so a mark that
 * comes while the level's thread is blocked loses nothing.
 */
#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/inspect.h>
#include <sys/intr.h>
#include <sys/proc.h>
#include <sys/xctrace.h>
#include <kern/kern.h>
#include <kern/md.h>

#define SOFTINT_FIRST_STACK 4 /* in a CPU's slots, after the ISTs */

struct softint {
	void (*si_func)(void *);
	void *si_arg;
	u_int si_level;
	bool si_used;
};

static __cpu_simple_lock_t softint_lock;
static struct softint softints[SOFTINT_MAX];

INSPECT(BITS, bits, .name = "softint", .at = INSPECT_CPU(ci_softpend[0]),
    .table = softints, .stride = sizeof(softints[0]),
    .function = offsetof(struct softint, si_func), .count = SOFTINT_LEVELS,
    .source = SIR_CLOCK,
    .running = offsetof(struct cpu_info, ci_softactive[0]) -
	       offsetof(struct cpu_info, ci_softpend[0]));

/* Calls of cpu_xcall(9) come before the other work of their level. */
static inline void
softint_xcalls(struct cpu_info *ci __diagused, u_int level __diagused)
{
#ifdef MULTIPROCESSOR
	while (level == SOFTINT_CLOCK && cpu_xcall_take(ci))
		cpu_xcall_dispatch(ci);
#endif
}

/* Next work of the level: what the machine brings first, then handlers. */
static __noinline bool
softint_step(struct cpu_info *ci, u_int level)
{
	struct softint *si;
	uint64_t pending;
	int id, s;

	if (level == SOFTINT_CLOCK && ci->ci_callout_due) {
		ci->ci_callout_due = false;
		callout_softclock();
		return (true);
	}
	s = splhigh();
	if ((pending = ci->ci_softpend[level]) == 0) {
		splx(s);
		return (false);
	}
	id = 63 - __builtin_clzll(pending);
	si = &softints[id];
	/* In this order: softint_busy() must see one of the two. */
	atomic_store_release(&ci->ci_softactive[level], id + 1);
	atomic_store_release(&ci->ci_softpend[level], pending & ~(1ULL << id));
	splx(s);

	si->si_func(si->si_arg);
	KASSERTMSG(ci->ci_ilevel == s, "softint %p left IPL %d", si->si_func,
	    ci->ci_ilevel);
	KASSERTMSG(ci->ci_mtx_count == 0, "softint %p", si->si_func);
	atomic_store_release(&ci->ci_softactive[level], 0);
	return (true);
}

static void __dead
softint_thread(void *arg)
{
	u_int level = (u_int)(uintptr_t)arg;
	struct cpu_info *ci = curcpu();
	struct lwp *l = ci->ci_curlwp;

	for (;;) {
		splx(IPL_SOFTCLOCK + (int)level);
		xctrace_stamp(XCTRACE_SOFTINT);
		do
			softint_xcalls(ci, level);
		while (softint_step(ci, level));
		(void)splhigh();
		l->l_stat = LSIDL;
		(void)cpu_switchto(l, l->l_switchto);
	}
}

void
softint_init_cpu(struct cpu_info *ci)
{
	static const char *const name[SOFTINT_LEVELS] = {
	    "softclk", "softbio", "softnet", "softser"};

	for (u_int i = 0; i < SOFTINT_LEVELS; i++) {
		struct lwp *l = lwp_alloc();

		lwp_init(l, ci, PRI_SOFTCLOCK + (int)i, LW_SOFTINT,
		    softint_thread, (void *)(uintptr_t)i, name[i]);
		cpu_lwp_setup(l, stack_of_cpu(ci, SOFTINT_FIRST_STACK + i));
		ci->ci_softlwp[i] = l;
	}
}

void
softint_dispatch(u_int level)
{
	struct cpu_info *ci = curcpu();
	struct lwp *l = ci->ci_softlwp[level];

	ci->ci_ilevel = IPL_HIGH;
	__insn_barrier();
	/* Blocked: its waker marks the level again, then it finds the work. */
	if (l->l_stat != LSSLEEP) {
		l->l_stat = LSONPROC;
		l->l_switchto = ci->ci_curlwp;
		(void)cpu_switchto(ci->ci_curlwp, l);
	}
	splx(IPL_SOFTCLOCK + (int)level);
}

void
softint_block(void)
{
	struct lwp *l = curlwp;

	(void)cpu_switchto(l, l->l_switchto);
}

void
softint_mark(u_int level)
{
	intr_mark(SIR_CLOCK + level);
}

void
softint_resume(struct lwp *l)
{
	struct cpu_info *ci = l->l_cpu;
	u_int level = (u_int)(l->l_priority - PRI_SOFTCLOCK);

	if (ci == curcpu())
		softint_mark(level);
	else {
		atomic_or_32(&ci->ci_softwake_remote, 1U << level);
		cpu_resched_ipi(ci);
	}
}

void *
softint_establish(u_int flags, void (*func)(void *), void *arg)
{
	struct softint *si = NULL;
	int s;

	KASSERT(func != NULL);
	KASSERT((flags & SOFTINT_LVLMASK) < SOFTINT_COUNT);
	s = splhigh();
	__cpu_simple_lock(&softint_lock);
	for (u_int i = 0; i < SOFTINT_MAX && si == NULL; i++)
		if (!softints[i].si_used)
			si = &softints[i];
	if (si != NULL) {
		si->si_used = true;
		si->si_func = func;
		si->si_arg = arg;
		si->si_level = flags & SOFTINT_LVLMASK;
	}
	__cpu_simple_unlock(&softint_lock);
	splx(s);
	return (si);
}

/* Is the handler pending or running on any CPU? */
static bool
softint_busy(const struct softint *si)
{
	CPU_INFO_ITERATOR cii;
	struct cpu_info *ci;
	int id = (int)(si - softints);

	for (CPU_INFO_FOREACH(cii, ci)) {
		/* Pending first: the bit goes only after the mark is set. */
		if (atomic_load_acquire(&ci->ci_softpend[si->si_level]) &
			1ULL << id ||
		    atomic_load_acquire(&ci->ci_softactive[si->si_level]) ==
			id + 1)
			return (true);
	}
	return (false);
}

void
softint_disestablish(void *handle)
{
	struct softint *si = handle;

	assert_sleepable("softint_disestablish");
	KASSERT(si->si_used);
	while (softint_busy(si))
		kpause("softdis", false, 1, NULL);
	si->si_func = NULL;
	atomic_store_release(&si->si_used, false);
}

void
softint_schedule(void *handle)
{
	struct softint *si = handle;
	struct cpu_info *ci = curcpu();
	int s = splhigh();

	ci->ci_softpend[si->si_level] |= 1ULL << (si - softints);
	softint_mark(si->si_level);
	splx(s);
}

bool
cpu_softintr_p(void)
{
	return (curlwp->l_flag & LW_SOFTINT);
}
