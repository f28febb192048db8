/* SPDX-License-Identifier: ISC */
/* The case library: start, checks, time, chance, threads. */
#include <sys/kmem.h>
#include <sys/kthread.h>
#include <sys/xcstat.h>
#include <machine/hypercall.h>
#include "case.h"
#include "rest.h"

extern const struct xcvm_impl xcvm_impls_start[], xcvm_impls_end[];

const struct xcvm_param kernel_params[] = {PARAM_KERNEL};
CTASSERT(nitems(kernel_params) == KERNEL_PARAMS);

static volatile u_int failures;

void
await_idle(const struct cpu_info *ci)
{
	const struct schedstate_percpu *spc = &ci->ci_schedstate;

	SPIN_UNTIL(ci->ci_curlwp == ci->ci_idlelwp &&
		   atomic_load_acquire(&spc->spc_runq) == NULL &&
		   !spc->spc_want_resched);
}

void
await_idle_others(void)
{
	for (u_int i = 0; i < ncpu; i++) {
		const struct cpu_info *ci = cpu_lookup(i);

		if (ci != curcpu() && cpu_is_running(ci))
			await_idle(ci);
	}
}

void
case_main(void)
{
	/*
	 * The threads of boot come to rest first: one that a case's interrupt
	 * stops could hold a lock that others need, and how many interrupts
	 * wake a thread would be chance.
	 */
	await_idle_others();
	if (!(boot->test->needs & XCVM_BEGINS_ORDERS))
		cpu_explore_begin();
	((void (*)(void))boot->test->run)();
	check_rest();

	budget_report();
	for (enum xcstat id = 0; id < XCS_COUNT; id++) {
		uint64_t sum = xcstat_sum(id);

		if (sum != 0)
			case_metric(xcstat_name(id), "", sum);
	}
	case_done();
}

void
case_done(void)
{
	if (failures != 0)
		hypercall_done(XCVM_DONE_FAIL, "checks failed");
	hypercall_done(XCVM_DONE_PASS, "");
}

bool
case_failed(
    const char *file, u_int line, const char *expr, const char *fmt, ...)
{
	char message[256] = "";
	va_list ap;

	atomic_inc_uint(&failures);
	if (fmt != NULL) {
		va_start(ap, fmt);
		vsnprintf(message, sizeof(message), fmt, ap);
		va_end(ap);
	}
	hypercall_check(file, line, expr, message);
	return (false);
}

void
case_skip(const char *why)
{
	hypercall_done(XCVM_DONE_SKIP, why);
}

void
case_metric(const char *name, const char *unit, uint64_t value)
{
	hypercall_metric(name, unit, value);
}

bool
case_foreign(enum xcvm_api api)
{
	for (const struct xcvm_impl *i = xcvm_impls_start; i < xcvm_impls_end;
	     i++)
		if (i->api == api)
			return (i->flags & XCVM_IMPL_FOREIGN);
	return (false);
}

uint64_t
case_param(const char *name)
{
	for (u_int i = 0; i < boot->nparams; i++)
		if (strcmp(boot->params[i].name, name) == 0)
			return (boot->params[i].value);
	panic("the case declares no parameter %s", name);
}

/* SplitMix64: every seed is a good one. */
uint64_t
rng_next(struct rng *r)
{
	uint64_t z = r->r_state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (z ^ z >> 31);
}

struct rng
rng_init(u_int stream)
{
	struct rng r = {boot->seed};

	r.r_state = rng_next(&r) + stream * 0xd1342543de82ef95;
	return (r);
}

u_int
rng_below(struct rng *r, u_int bound)
{
	return ((u_int)((rng_next(r) >> 32) * bound >> 32));
}

void
wait_for_panic(void)
{
	for (;;)
		CPU_BUSY_CYCLE();
}

void
mark_add(struct mark *m)
{
	/* Full barrier: who sees the mark sees what came before it. */
	atomic_inc_uint(&m->m_count);
}

u_int
mark_read(const struct mark *m)
{
	return (atomic_load_acquire(&m->m_count));
}

void
mark_wait(const struct mark *m, u_int at_least)
{
	SPIN_UNTIL(mark_read(m) >= at_least);
}

void
mark_meet(struct mark *m, u_int all)
{
	mark_add(m);
	mark_wait(m, all);
}

struct mark *
cpu_marks(void)
{
	return (kmem_zalloc(ncpu * sizeof(struct mark), KM_SLEEP));
}

struct lwp *
thread_start_pri(
    struct cpu_info *ci, pri_t pri, void (*func)(void *), void *arg)
{
	struct lwp *l;

	if (kthread_create(pri, KTHREAD_MPSAFE | KTHREAD_MUSTJOIN, ci, func,
		arg, &l, "case/%u", cpu_index(ci)) != 0)
		panic("no stack left for a thread of the case");
	return (l);
}

struct lwp *
thread_start(struct cpu_info *ci, void (*func)(void *), void *arg)
{
	return (thread_start_pri(ci, PRI_KTHREAD, func, arg));
}

void
thread_join(struct lwp *l)
{
	kthread_join(l);
}

struct each {
	void (*func)(u_int, void *);
	void *arg;
};

static void
each_thread(void *arg)
{
	const struct each *e = arg;

	e->func(cpu_number(), e->arg);
}

void
on_each_cpu(void (*func)(u_int, void *), void *arg)
{
	struct each e = {func, arg};
	struct lwp **threads = kmem_alloc(ncpu * sizeof(*threads), KM_SLEEP);

	for (u_int i = 0; i < ncpu; i++)
		threads[i] = cpu_is_running(cpu_lookup(i))
				 ? thread_start(cpu_lookup(i), each_thread, &e)
				 : NULL;
	for (u_int i = 0; i < ncpu; i++)
		if (threads[i] != NULL)
			thread_join(threads[i]);
	kmem_free(threads, ncpu * sizeof(*threads));
}

static void
hold_thread(void *arg)
{
	struct hold *h = arg;
	uint64_t flags = 0;
	int s = 0;

	if (h->h_ipl == HOLD_INTR_OFF)
		flags = intr_disable();
	else if (h->h_ipl == HOLD_PREEMPTION)
		kpreempt_disable();
	else
		s = splraise(h->h_ipl);
	mark_add(&h->h_held);
	if (h->h_until != NULL)
		h->h_until(h->h_arg);
	else
		SPIN_UNTIL(atomic_load_acquire(&h->h_release));
	if (h->h_ipl == HOLD_INTR_OFF)
		intr_restore(flags);
	else if (h->h_ipl == HOLD_PREEMPTION)
		kpreempt_enable();
	else
		splx(s);
}

void
hold_cpu_until(struct hold *h, struct cpu_info *ci, int ipl,
    void (*until)(void *), void *arg)
{
	*h = (struct hold){
	    .h_cpu = ci, .h_ipl = ipl, .h_until = until, .h_arg = arg};
	h->h_thread = thread_start(ci, hold_thread, h);
	mark_wait(&h->h_held, 1);
}

void
hold_cpu(struct hold *h, struct cpu_info *ci, int ipl)
{
	hold_cpu_until(h, ci, ipl, NULL, NULL);
}

void
hold_join(struct hold *h)
{
	thread_join(h->h_thread);
}

void
hold_let_go(struct hold *h)
{
	atomic_store_release(&h->h_release, true);
}

void
hold_release(struct hold *h)
{
	hold_let_go(h);
	hold_join(h);
}
