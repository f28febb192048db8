/* SPDX-License-Identifier: ISC */
/* Misuse in each of its ways: who calls, and what is wrong about it. */
#include <sys/callout.h>
#include <sys/condvar.h>
#include <sys/kmem.h>
#include <sys/kthread.h>
#include <sys/mutex.h>
#include "ground.h"

#define MISUSE(name, panic_, doc_)                                   \
	CASE(name, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE, \
	    .panic = (panic_), .doc = (doc_))

static struct cond cond = COND_INITIALIZER();
static kmutex_t mutex, spin;
static kcondvar_t cv;

/* --- who sleeps, and where nobody may --- */

static void
wait_on_cv(int ticks)
{
	cv_init(&cv, "case");
	mutex_init(&mutex, MUTEX_DEFAULT, IPL_NONE);
	mutex_enter(&mutex);
	if (ticks == 0)
		cv_wait(&cv, &mutex);
	else
		cv_timedwait(&cv, &mutex, ticks);
}

static void
disestablish(void)
{
	softint_disestablish(
	    softint_establish(SOFTINT_NET, set_flag, flag_arg(NULL)));
}

static void
hold_spin_mutex(void)
{
	/* It raises no level: what panics is that it is held. */
	mutex_init(&spin, MUTEX_SPIN, IPL_NONE);
	mutex_enter(&spin);
}

/* The function has its name in the panic, and sleeps if nothing stops it. */
#define NOWHERE(prefix, function, sleeps)                                     \
	MISUSE(prefix##_at_splsoftclock, function ": called at raised IPL 2", \
	    function "() at IPL_SOFTCLOCK panics.")                           \
	{                                                                     \
		(void)splsoftclock();                                         \
		sleeps;                                                       \
	}                                                                     \
	MISUSE(prefix##_without_preemption,                                   \
	    function ": called with preemption disabled",                     \
	    function "() with preemption disabled panics.")                   \
	{                                                                     \
		kpreempt_disable();                                           \
		sleeps;                                                       \
	}                                                                     \
	MISUSE(prefix##_with_a_spin_mutex,                                    \
	    function ": called with a spin mutex held",                       \
	    function "() with a spin mutex of IPL_NONE held panics.")         \
	{                                                                     \
		hold_spin_mutex();                                            \
		sleeps;                                                       \
	}

NOWHERE(sleep_cond_wait, "cond_wait", cond_wait(&cond, "case"))
NOWHERE(sleep_cv_wait, "cv_wait", wait_on_cv(0))
NOWHERE(sleep_cv_timedwait, "cv_wait", wait_on_cv(1))
NOWHERE(sleep_yield, "yield", yield())
NOWHERE(sleep_disestablish, "softint_disestablish", disestablish())

MISUSE(sleep_kpause_no_time, "timo > 0", "kpause() for no time panics.")
{
	kpause("case", false, 0, NULL);
}

MISUSE(sleep_kpause_with_mutex, "mtx == NULL",
    "kpause() panics with a mutex to release, which it does not do.")
{
	mutex_init(&mutex, MUTEX_DEFAULT, IPL_NONE);
	mutex_enter(&mutex);
	kpause("case", false, 1, &mutex);
}

/* --- threads --- */

MISUSE(thread_exit_at_raised_ipl, "ci_ilevel == IPL_NONE",
    "A thread that ends at a raised IPL panics.")
{
	(void)splraise(IPL_PREEMPT);
	kthread_exit(0);
}

MISUSE(thread_exit_with_spin_mutex, "curcpu()->ci_mtx_count == 0",
    "A thread that ends with a spin mutex held panics.")
{
	hold_spin_mutex();
	kthread_exit(0);
}

MISUSE(sched_preempted_with_spin_mutex, "\"ci->ci_mtx_count == 0",
    "A thread that is preempted with a spin mutex of IPL_NONE held panics.")
{
	hold_spin_mutex();
	(void)thread_start_pri(
	    curcpu(), PRI_KTHREAD + 1, set_flag, flag_arg(NULL));
}

MISUSE(thread_join_of_another, "LW_MUSTJOIN",
    "Joining a thread that was not made to be joined panics.")
{
	struct lwp *l = NULL;

	/* Below us: it has not run, and is not freed, when we join. */
	CHECK_EQ(kthread_create(1, KTHREAD_MPSAFE, NULL, set_flag,
		     flag_arg(NULL), &l, "free"),
	    0);
	kthread_join(l);
}

/* --- mutexes --- */

static void
exit_mutex(void *arg __unused)
{
	mutex_exit(&mutex);
}

static void
enter_mutex(void *arg __unused)
{
	mutex_enter(&mutex);
}

MISUSE(mutex_exit_of_another_thread, "OWNER(mtx->mtx_owner)",
    "Leaving an adaptive mutex that another thread holds panics.")
{
	mutex_init(&mutex, MUTEX_DEFAULT, IPL_NONE);
	mutex_enter(&mutex);
	thread_join(thread_start(curcpu(), exit_mutex, NULL));
}

MISUSE(mutex_against_myself_with_waiters, "mutex_enter: locking against myself",
    "Entering an adaptive mutex twice panics while another waits for it.")
{
	struct lwp *l;

	mutex_init(&mutex, MUTEX_DEFAULT, IPL_NONE);
	mutex_enter(&mutex);
	l = thread_start(curcpu(), enter_mutex, NULL);
	wait_asleep(l, &mutex);
	mutex_enter(&mutex);
}

#ifdef MULTIPROCESSOR

static struct mutex mtx = MUTEX_INITIALIZER(IPL_VM);

static void
exit_spin(void *arg __unused)
{
	mutex_spin_exit(&spin);
}

static void
leave_mtx(void *arg __unused)
{
	mtx_leave(&mtx);
}

/* On CPU 1, while this one holds what it gives back. */
static void __dead
elsewhere(void (*func)(void *))
{
	(void)thread_start(cpu_lookup(1), func, NULL);
	wait_for_panic();
}

CASE(mutex_spin_exit_of_another_cpu, .api = XCVM_API_KERNEL,
    .kind = XCVM_KIND_MISUSE, .min_vcpus = 2,
    .panic = "mtx->mtx_owner == (uintptr_t)ci", .panic_cpu = 1,
    .doc = "Leaving a spin mutex that another CPU holds panics.")
{
	hold_spin_mutex();
	elsewhere(exit_spin);
}

CASE(mtx_leave_of_another_cpu, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .min_vcpus = 2, .panic = "mtx_owner == curcpu()", .panic_cpu = 1,
    .doc = "Leaving OpenBSD's mutex when another CPU holds it panics.")
{
	mtx_enter(&mtx);
	elsewhere(leave_mtx);
}

#endif

/* --- condition variables --- */

static void
wait_thread(void *arg __unused)
{
	wait_on_cv(0);
}

MISUSE(cv_destroy_with_waiters, "cv->cv_waiters == 0",
    "Destroying a condition variable that a thread waits on panics.")
{
	struct lwp *l = thread_start(curcpu(), wait_thread, NULL);

	wait_asleep(l, &cv);
	cv_destroy(&cv);
}

MISUSE(cv_wait_with_two_spin_mutexes, "ci_mtx_count == 1",
    "cv_wait() with a second spin mutex held panics.")
{
	kmutex_t second;

	cv_init(&cv, "case");
	hold_spin_mutex();
	mutex_init(&second, MUTEX_SPIN, IPL_NONE);
	mutex_enter(&second);
	cv_wait(&cv, &second);
}

/* --- soft interrupts --- */

static void
leave_level(void *arg __unused)
{
	(void)splhigh();
}

static void
keep_mutex(void *arg __unused)
{
	hold_spin_mutex();
}

static void
run_softint(void (*func)(void *))
{
	softint_schedule(softint_establish(SOFTINT_NET, func, NULL));
	take_interrupts();
}

MISUSE(softint_leaves_a_level, "left IPL 8",
    "A soft interrupt that returns at another level panics.")
{
	run_softint(leave_level);
}

MISUSE(softint_keeps_a_mutex, "ci->ci_mtx_count == 0",
    "A soft interrupt that returns with a spin mutex held panics.")
{
	run_softint(keep_mutex);
}

MISUSE(softint_without_function, "func != NULL",
    "softint_establish() without a function panics.")
{
	(void)softint_establish(SOFTINT_NET, NULL, NULL);
}

MISUSE(softint_no_such_level, "SOFTINT_COUNT",
    "softint_establish() at a level that there is not panics.")
{
	(void)softint_establish(SOFTINT_COUNT, set_flag, flag_arg(NULL));
}

MISUSE(softint_disestablished_twice, "si->si_used",
    "softint_disestablish() of a handle that is gone panics.")
{
	void *handle = softint_establish(SOFTINT_NET, set_flag, flag_arg(NULL));

	softint_disestablish(handle);
	softint_disestablish(handle);
}

/* --- what is small --- */

MISUSE(timer_callout_without_function, "func != NULL",
    "callout_reset() without a function panics.")
{
	callout_t c;

	callout_init(&c, CALLOUT_MPSAFE);
	callout_reset(&c, 1, NULL, NULL);
}

MISUSE(kmem_of_no_size, "size != 0", "kmem_alloc() of nothing panics.")
{
	(void)kmem_alloc(0, KM_SLEEP);
}
