/* SPDX-License-Identifier: ISC */
/* condvar(9): sleep queues with a mutex released on the way. */
#include <sys/systm.h>
#include <sys/condvar.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <machine/intr.h>
#include <kern/kern.h>

void
cv_init(kcondvar_t *cv, const char *wmesg)
{
	cv->cv_wmesg = wmesg;
	cv->cv_waiters = 0;
}

void
cv_destroy(kcondvar_t *cv)
{
	KASSERT(cv->cv_waiters == 0);
}

static int
cv_sleep(kcondvar_t *cv, kmutex_t *mtx, uint64_t nsecs)
{
	struct sleepq *sq;
	int error, s;

	KASSERT(mutex_owned(mtx));
	if (!mtx->mtx_spin)
		assert_sleepable("cv_wait");
	s = splhigh();
	sq = sleepq_lock(cv);
	cv->cv_waiters++;
	sleepq_enter(sq, cv, cv->cv_wmesg);
	sleepq_unlock(sq);
	/*
	 * On the queue, so no signal is missed from here on.  The level must
	 * not drop before sleepq_block(): we no longer count as running.
	 */
	if (mtx->mtx_spin) {
		KASSERT(curcpu()->ci_mtx_count == 1);
		s = curcpu()->ci_mtx_oldspl;
		curcpu()->ci_mtx_oldspl = IPL_HIGH;
	}
	mutex_exit(mtx);
	error = sleepq_block(nsecs);
	/* Who wakes us has counted us out, and may have destroyed cv since. */
	if (error != 0) {
		sq = sleepq_lock(cv);
		cv->cv_waiters--;
		sleepq_unlock(sq);
	}
	splx(s);
	mutex_enter(mtx);
	return (error);
}

void
cv_wait(kcondvar_t *cv, kmutex_t *mtx)
{
	(void)cv_sleep(cv, mtx, INFSLP);
}

int
cv_timedwait(kcondvar_t *cv, kmutex_t *mtx, int ticks)
{
	return (cv_sleep(cv, mtx,
	    ticks == 0 ? INFSLP : (uint64_t)ticks * (1000000000U / (u_int)hz)));
}

static void
cv_wake(kcondvar_t *cv, u_int n)
{
	int s = splhigh();
	struct sleepq *sq = sleepq_lock(cv);

	if (cv->cv_waiters != 0)
		cv->cv_waiters -= sleepq_wake(sq, cv, n);
	sleepq_unlock(sq);
	splx(s);
}

void
cv_signal(kcondvar_t *cv)
{
	cv_wake(cv, 1);
}

void
cv_broadcast(kcondvar_t *cv)
{
	cv_wake(cv, -1U);
}

bool
cv_has_waiters(kcondvar_t *cv)
{
	return (cv->cv_waiters != 0);
}
