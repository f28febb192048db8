/* SPDX-License-Identifier: ISC */
/* Threads: creation, first steps, end. */
#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/inspect.h>
#include <sys/kmem.h>
#include <sys/kthread.h>
#include <machine/intr.h>
#include <kern/kern.h>
#include <kern/md.h>

static __cpu_simple_lock_t free_lock; /* over the two lists */
static struct lwp *free_lwps;
static struct lwp *lwps; /* all there ever were, the newest first */

INSPECT_FIELD(THREADS, {.base = &lwps, .size = sizeof(lwps)});
INSPECT_FIELD(THREAD_NEXT, INSPECT_MEMBER(struct lwp, l_next));
INSPECT_FIELD(THREAD_NAME, INSPECT_MEMBER(struct lwp, l_name));
INSPECT_FIELD(THREAD_STATE, INSPECT_MEMBER(struct lwp, l_stat));
INSPECT_FIELD(THREAD_CPU, INSPECT_MEMBER(struct lwp, l_cpu));
INSPECT_FIELD(THREAD_WCHAN, INSPECT_MEMBER(struct lwp, l_wchan));
INSPECT_FIELD(THREAD_WMESG, INSPECT_MEMBER(struct lwp, l_wmesg));
INSPECT_FIELD(THREAD_PINNED, INSPECT_MEMBER(struct lwp, l_nopreempt));
INSPECT_FIELD(THREAD_PRIORITY, INSPECT_MEMBER(struct lwp, l_priority));
INSPECT_FIELD(THREAD_SP, INSPECT_MEMBER(struct lwp, l_md_sp));
INSPECT_FIELD(THREAD_WAIT, INSPECT_MEMBER(struct lwp, l_stall));
INSPECT_NUMBER(STATE, "idle", LSIDL);
INSPECT_NUMBER(STATE, "runnable", LSRUN);
INSPECT_NUMBER(STATE, "running", LSONPROC);
INSPECT_NUMBER(STATE, "asleep", LSSLEEP);
INSPECT_NUMBER(STATE, "exited", LSZOMB);

struct lwp *
lwp_alloc(void)
{
	struct lwp *l;
	int s = splhigh();

	__cpu_simple_lock(&free_lock);
	if ((l = free_lwps) != NULL)
		free_lwps = l->l_list;
	__cpu_simple_unlock(&free_lock);
	splx(s);
	if (l != NULL)
		return (l);
	l = kmem_zalloc(sizeof(*l), KM_SLEEP);
	s = splhigh();
	__cpu_simple_lock(&free_lock);
	l->l_next = lwps;
	lwps = l;
	__cpu_simple_unlock(&free_lock);
	splx(s);
	return (l);
}

static void
lwp_free(struct lwp *l)
{
	int s;

	stack_free(l->l_stack);
	l->l_stack = 0;
	s = splhigh();
	__cpu_simple_lock(&free_lock);
	l->l_list = free_lwps;
	free_lwps = l;
	__cpu_simple_unlock(&free_lock);
	splx(s);
}

void
lwp_init(struct lwp *l, struct cpu_info *ci, pri_t pri, u_int flags,
    void (*func)(void *), void *arg, const char *name)
{
	l->l_cpu = ci;
	l->l_stat = LSIDL;
	l->l_nopreempt = 0;
	l->l_priority = pri;
	l->l_flag = flags;
	l->l_wchan = NULL;
	l->l_switchto = NULL;
	l->l_stall = NULL;
	l->l_func = func;
	l->l_arg = arg;
	callout_init(&l->l_sleep_callout, CALLOUT_MPSAFE);
	strlcpy(l->l_name, name, sizeof(l->l_name));
}

void
lwp_switched(struct lwp *previous)
{
	if (previous->l_stat != LSZOMB)
		return;
	if (previous->l_flag & LW_MUSTJOIN)
		/* It has left its stack; its joiner may have it. */
		cond_signal(&previous->l_left);
	else
		lwp_free(previous);
}

void
lwp_start(struct lwp *previous)
{
	struct lwp *l = curlwp;

	lwp_switched(previous);
	if (!(l->l_flag & LW_SOFTINT))
		spl0();
	l->l_func(l->l_arg);
	kthread_exit(0);
}

int
kthread_create(pri_t pri, int flags, struct cpu_info *ci, void (*func)(void *),
    void *arg, struct lwp **newlp, const char *fmt, ...)
{
	char name[MAXCOMLEN];
	struct lwp *l;
	vaddr_t stack;
	va_list ap;
	int s;

	if (flags & (KTHREAD_IDLE | KTHREAD_INTR))
		return (EINVAL);
	if (ci == NULL)
		ci = curcpu();
	if ((stack = stack_alloc()) == 0)
		return (ENOMEM);
	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);

	l = lwp_alloc();
	lwp_init(l, ci, pri == PRI_NONE ? PRI_KTHREAD : pri,
	    flags & KTHREAD_MUSTJOIN ? LW_MUSTJOIN : 0, func, arg, name);
	l->l_stack = stack;
	cond_init(&l->l_left);
	cpu_lwp_setup(l, stack + XCVM_STACK_SLOT);
	if (newlp != NULL)
		*newlp = l;

	s = splhigh();
	sched_wake(l);
	splx(s);
	return (0);
}

void
kthread_exit(int code __unused)
{
	struct lwp *l = curlwp;

	KASSERTMSG(l->l_nopreempt == 0, "thread %s", l->l_name);
	KASSERTMSG(curcpu()->ci_mtx_count == 0, "thread %s", l->l_name);
	KASSERTMSG(curcpu()->ci_ilevel == IPL_NONE, "thread %s", l->l_name);
	KASSERTMSG(l->l_stall == NULL, "thread %s", l->l_name);
	(void)splhigh();
	l->l_stat = LSZOMB;
	sched_switch(SCHED_BLOCK);
	panic("a thread that exited runs again");
}

int
kthread_join(struct lwp *l)
{
	KASSERT(l->l_flag & LW_MUSTJOIN);
	cond_wait(&l->l_left, "lwpjoin");
	lwp_free(l);
	return (0);
}
