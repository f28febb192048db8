/* SPDX-License-Identifier: ISC */
/*
 * Sleep queues, hashed by address: the one place where a thread waits.
 *
 * A sleeper puts itself on the queue before it tests its condition for the
 * last time; a waker changes the condition before it takes the queue's lock.
 * So either the sleeper sees the change, or the waker sees the sleeper.
 */
#include <sys/systm.h>
#include <sys/intr.h>
#include <sys/stall.h>
#include <machine/intr.h>
#include <kern/kern.h>

#define SLEEPQ_COUNT 64 /* a power of two */

static struct {
	struct sleepq q __cacheline_aligned;
} sleepqs[SLEEPQ_COUNT];

struct sleepq *
sleepq_lock(const volatile void *wchan)
{
	uintptr_t a = (uintptr_t)wchan;
	struct sleepq *sq = &sleepqs[(a >> 4 ^ a >> 10) % SLEEPQ_COUNT].q;

	KASSERT(curcpu()->ci_ilevel == IPL_HIGH);
	__cpu_simple_lock(&sq->sq_lock);
	return (sq);
}

void
sleepq_unlock(struct sleepq *sq)
{
	__cpu_simple_unlock(&sq->sq_lock);
}

void
sleepq_enter(struct sleepq *sq, const volatile void *wchan, const char *wmesg)
{
	struct lwp *l = curlwp, **lp = &sq->sq_first;

	while (*lp != NULL)
		lp = &(*lp)->l_sleepq_next;
	*lp = l;
	l->l_sleepq_next = NULL;
	l->l_wchan = wchan;
	l->l_wmesg = wmesg;
	l->l_stat = LSSLEEP;
}

/* Take the thread *lp off the locked queue and make it runnable. */
static void
sleepq_remove(struct lwp **lp)
{
	struct lwp *l = *lp;

	*lp = l->l_sleepq_next;
	l->l_wchan = NULL;
	sched_wake(l);
}

u_int
sleepq_wake(struct sleepq *sq, const volatile void *wchan, u_int n)
{
	struct lwp **lp = &sq->sq_first;
	u_int woken = 0;

	while (*lp != NULL && woken < n) {
		if ((*lp)->l_wchan != wchan) {
			lp = &(*lp)->l_sleepq_next;
			continue;
		}
		sleepq_remove(lp);
		woken++;
	}
	return (woken);
}

/* The sleeper's time is up: wake it, unless somebody just did. */
static void
sleepq_timeout(void *arg)
{
	struct lwp *l = arg, **lp;
	const volatile void *wchan;
	struct sleepq *sq;
	int s = splhigh();

	if ((wchan = l->l_wchan) != NULL) {
		sq = sleepq_lock(wchan);
		for (lp = &sq->sq_first; *lp != NULL;
		     lp = &(*lp)->l_sleepq_next) {
			if (*lp == l && l->l_wchan == wchan) {
				l->l_timedout = 1;
				sleepq_remove(lp);
				break;
			}
		}
		sleepq_unlock(sq);
	}
	splx(s);
}

int
sleepq_block(uint64_t nsecs)
{
	struct lwp *l = curlwp;
	bool timed = true;

	l->l_timedout = 0;
	if (nsecs != INFSLP)
		callout_reset_nsec(
		    &l->l_sleep_callout, nsecs, sleepq_timeout, l);
	else
		timed = stall_sleep_begin(l);

	/* A wake-up since sleepq_enter() made it runnable: it comes back. */
	if (l->l_flag & LW_SOFTINT)
		softint_block();
	else
		sched_switch(SCHED_BLOCK);
	if (timed)
		callout_stop(&l->l_sleep_callout);
	return (l->l_timedout ? EWOULDBLOCK : 0);
}

void
assert_thread(const char *function)
{
	if (cpu_intr_p())
		panic("%s: called in interrupt context", function);
	if (cpu_softintr_p())
		panic("%s: called in soft interrupt context", function);
	if (curlwp->l_flag & LW_IDLE)
		panic("%s: called by the idle thread", function);
}

void
assert_thread_unlocked(const char *function)
{
	assert_thread(function);
	if (curcpu()->ci_mtx_count != 0)
		panic("%s: called with a spin mutex held", function);
}

void
assert_sleepable(const char *function)
{
	struct cpu_info *ci = curcpu();

	assert_thread_unlocked(function);
	if (ci->ci_ilevel != IPL_NONE)
		panic("%s: called at raised IPL %d", function, ci->ci_ilevel);
	if (ci->ci_curlwp->l_nopreempt != 0)
		panic("%s: called with preemption disabled", function);
}

int
tsleep_nsec(const volatile void *wchan, int pri __unused, const char *wmesg,
    uint64_t nsecs)
{
	struct sleepq *sq;
	int error, s;

	assert_sleepable("tsleep");
	s = splhigh();
	sq = sleepq_lock(wchan);
	sleepq_enter(sq, wchan, wmesg);
	sleepq_unlock(sq);
	error = sleepq_block(nsecs);
	splx(s);
	return (error);
}

int
tsleep(const volatile void *wchan, int pri, const char *wmesg, int timo)
{
	return (tsleep_nsec(wchan, pri, wmesg,
	    timo == 0 ? INFSLP : (uint64_t)timo * (1000000000U / (u_int)hz)));
}

int
kpause(const char *wmesg, bool intr __unused, int timo, void *mtx)
{
	KASSERT(mtx == NULL && timo > 0);
	/*
	 * An address that nobody wakes.  One on the stack would not do: a
	 * cond_signal() may still be on its way to what stood there before.
	 */
	return (tsleep(curlwp, PWAIT, wmesg, timo));
}

void
wakeup_n(const volatile void *wchan, int n)
{
	int s = splhigh();
	struct sleepq *sq = sleepq_lock(wchan);

	sleepq_wake(sq, wchan, (u_int)n);
	sleepq_unlock(sq);
	splx(s);
}

void
wakeup(const volatile void *wchan)
{
	wakeup_n(wchan, -1);
}

void
cond_init(struct cond *c)
{
	c->c_wait = 1;
}

void
cond_wait(struct cond *c, const char *wmesg)
{
	struct sleepq *sq;
	int s;

	assert_sleepable("cond_wait");
	/* Acquire: with the signal we see what was written before it. */
	while (atomic_load_acquire(&c->c_wait)) {
		s = splhigh();
		sq = sleepq_lock(c);
		if (atomic_load_relaxed(&c->c_wait)) {
			sleepq_enter(sq, c, wmesg);
			sleepq_unlock(sq);
			sleepq_block(INFSLP);
		} else
			sleepq_unlock(sq);
		splx(s);
	}
}

void
cond_signal(struct cond *c)
{
	/*
	 * Release: what came before is visible to the waiter.  From here on
	 * the waiter may return and its stack be reused, so only the address
	 * is used; at worst it wakes a later sleeper there, which looks again.
	 */
	atomic_store_release(&c->c_wait, 0);
	wakeup_one(c);
}
