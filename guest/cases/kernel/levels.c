/* SPDX-License-Identifier: ISC */
/*
 * The state of the CPU around each call of the kernel: level, preemption and
 * hardware interrupts are after it as they were before.
 */
#include <sys/callout.h>
#include <sys/condvar.h>
#include <sys/kcpuset.h>
#include <sys/kmem.h>
#include <sys/mutex.h>
#include "call.h"
#include "ground.h"

static struct mark runs;
static void *softint;
static callout_t callout;
static kmutex_t adaptive, spin;
static kcondvar_t cv;
static struct mutex mtx;
static struct cond cond;
static const volatile char ident;

static struct cpu_info *
other(void)
{
	return (cpu_lookup(ncpu - 1));
}

/* --- what is called --- */

static void
xcall_to(struct cpu_info *ci)
{
	static struct xcall xc;

	call_n(ci, &xc, 1, call_count, &runs);
}

static void
xcall_other(void)
{
	xcall_to(other());
}

static void
xcall_self(void)
{
	xcall_to(curcpu());
}

static void
xcall_sync(void)
{
	cpu_xcall_sync(other(), call_count, &runs, "levels");
	cpu_xcall_sync(curcpu(), call_count, &runs, "levels");
}

static void
xc_calls(void)
{
	for (u_int k = 0; k < NX_CLASSES; k++) {
		nx_call(nx_class_flags[k], NULL, call_count_2, &runs, NULL);
		nx_call(nx_class_flags[k], other(), call_count_2, &runs, NULL);
		nx_call(nx_class_flags[k], curcpu(), call_count_2, &runs, NULL);
		xc_barrier(nx_class_flags[k]);
	}
}

static u_int number;

static void
triggers(void)
{
	if (other() != curcpu())
		ipi_trigger(number, other());
	ipi_trigger_multi(number, kcpuset_running);
	ipi_trigger_broadcast(number, false);
	ipi_trigger_broadcast(number, true);
}

static void
messages(void)
{
	ipi_msg_t msg = {.func = call_count, .arg = &runs};

	if (other() != curcpu()) {
		ipi_unicast(&msg, other());
		ipi_wait(&msg);
	}
	ipi_multicast(&msg, kcpuset_running);
	ipi_wait(&msg);
	ipi_broadcast(&msg, false);
	ipi_wait(&msg);
	ipi_broadcast(&msg, true);
	ipi_wait(&msg);
}

static void
numbers(void)
{
	ipi_unregister(ipi_number(call_nothing, NULL));
}

static void
softints(void)
{
	softint_schedule(softint);
	softint_disestablish(softint_establish(
	    SOFTINT_SERIAL | SOFTINT_MPSAFE, call_nothing, NULL));
}

static void
softint_only(void)
{
	softint_schedule(softint);
}

static void
callouts(void)
{
	callout_reset_nsec(&callout, INT64_MAX, call_nothing, NULL);
	callout_reset(&callout, 1, call_nothing, NULL);
	callout_stop(&callout);
	callout_stop(&callout);
}

static void
adaptives(void)
{
	mutex_enter(&adaptive);
	mutex_exit(&adaptive);
	if (mutex_tryenter(&adaptive))
		mutex_exit(&adaptive);
}

static void
spins(void)
{
	mutex_enter(&spin);
	mutex_exit(&spin);
	if (mutex_tryenter(&spin))
		mutex_exit(&spin);
	mtx_enter(&mtx);
	mtx_leave(&mtx);
	if (mtx_enter_try(&mtx))
		mtx_leave(&mtx);
}

static void
wakeups(void)
{
	cond = (struct cond)COND_INITIALIZER();
	cond_signal(&cond);
	wakeup(&ident);
	wakeup_one(&ident);
	wakeup_n(&ident, 7);
}

static void
condvars(void)
{
	mutex_enter(&adaptive);
	cv_signal(&cv);
	cv_broadcast(&cv);
	CHECK_EQ(cv_timedwait(&cv, &adaptive, 1), EWOULDBLOCK);
	mutex_exit(&adaptive);
}

static void
sleeps(void)
{
	CHECK_EQ(tsleep_nsec(&ident, PWAIT, "levels", 1), EWOULDBLOCK);
	kpause("levels", false, 1, NULL);
	yield();
}

static void
memory(void)
{
	kcpuset_t *set;

	kmem_free(kmem_alloc(64, KM_SLEEP), 64);
	kcpuset_create(&set, true);
	kcpuset_destroy(set);
	thread_join(thread_start(other(), call_nothing, NULL));
}

static void
levels(void)
{
	for (int ipl = IPL_NONE; ipl <= IPL_HIGH; ipl++)
		splx(splraise(ipl));
	kpreempt_disable();
	kpreempt_disable();
	kpreempt_enable();
	kpreempt_enable();
	intr_restore(intr_disable());
}

/* --- from where --- */

#define ANY	 0
#define PINNED_	 1 /* with preemption disabled only */
#define UNPINNED 2 /* with preemption allowed only */

static const struct {
	const char *name;
	void (*call)(void);
	int highest; /* level that it may be called at */
	u_int when;
} calls[] = {
    {"cpu_xcall() to another CPU", xcall_other, IPL_HIGH, ANY},
    {"cpu_xcall() to the own CPU", xcall_self, IPL_HIGH, ANY},
    {"cpu_xcall_sync()", xcall_sync, IPL_NONE, UNPINNED},
    {"xc_unicast(), xc_broadcast(), xc_barrier()", xc_calls, IPL_NONE,
	UNPINNED},
    {"ipi_trigger(), _multi(), _broadcast()", triggers, IPL_HIGH, PINNED_},
    {"ipi_unicast(), _multicast(), _broadcast(), _wait()", messages, IPL_HIGH,
	PINNED_},
    {"ipi_register(), ipi_unregister()", numbers, IPL_NONE, UNPINNED},
    {"softint_establish(), _disestablish()", softints, IPL_NONE, UNPINNED},
    {"softint_schedule()", softint_only, IPL_HIGH, ANY},
    {"callout_reset(), callout_stop()", callouts, IPL_SCHED, ANY},
    {"mutex_enter(), adaptive", adaptives, IPL_NONE, UNPINNED},
    {"mutex_enter(), spin; mtx_enter()", spins, IPL_HIGH, ANY},
    {"wakeup(), cond_signal()", wakeups, IPL_HIGH, ANY},
    {"cv_signal(), cv_broadcast(), cv_timedwait()", condvars, IPL_NONE,
	UNPINNED},
    {"tsleep(), kpause(), yield()", sleeps, IPL_NONE, UNPINNED},
    {"kmem_alloc(), kcpuset_create(), kthread_create()", memory, IPL_NONE,
	UNPINNED},
    {"splraise(), splx(), kpreempt_disable(), intr_disable()", levels, IPL_HIGH,
	ANY},
};

static void
call_at(u_int call, int ipl, bool pinned)
{
	int s, preempt;
	bool right;

	if (pinned)
		kpreempt_disable();
	s = splraise(ipl);
	preempt = curlwp->l_nopreempt;
	calls[call].call();
	right = cpu_ipl() == ipl && curlwp->l_nopreempt == preempt &&
		interrupts_are_on();
	if (!right)
		case_failed(__FILE__, __LINE__, calls[call].name,
		    "at level %d, preemption %s: afterwards at %d, %d more "
		    "times disabled, interrupts %s",
		    ipl, pinned ? "disabled" : "allowed", cpu_ipl(),
		    curlwp->l_nopreempt - preempt,
		    interrupts_are_on() ? "on" : "off");
	splx(s);
	if (pinned)
		kpreempt_enable();
	/* What it sent is done before its objects are used again. */
	ipi_settle_all();
	await_idle_others();
}

static void
call_all(u_int cpu __unused, void *arg __unused)
{
	for (u_int i = 0; i < nitems(calls); i++)
		for (int ipl = IPL_NONE; ipl <= calls[i].highest; ipl++) {
			if (ipl == IPL_PREEMPT)
				continue;
			if (calls[i].when != PINNED_)
				call_at(i, ipl, false);
			if (calls[i].when != UNPINNED)
				call_at(i, ipl, true);
		}
}

CASE(levels_around_calls, .api = XCVM_API_KERNEL,
    .doc = "Level, preemption and interrupts are after each call of the "
	   "kernel as they were before it, from each level it may be called "
	   "at.")
{
	softint =
	    softint_establish(SOFTINT_NET | SOFTINT_MPSAFE, call_nothing, NULL);
	number = ipi_number(call_nothing, NULL);
	callout_init(&callout, CALLOUT_MPSAFE);
	mutex_init(&adaptive, MUTEX_DEFAULT, IPL_NONE);
	mutex_init(&spin, MUTEX_DEFAULT, IPL_HIGH);
	mtx_init(&mtx, IPL_HIGH);
	cv_init(&cv, "levels");
	call_all(0, NULL);
}
