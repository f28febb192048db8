/* SPDX-License-Identifier: ISC */
/* mutex(9): adaptive mutexes sleep on the mutex's own address. */
#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/intr.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <machine/intr.h>
#include <kern/kern.h>

#define MUTEX_WAITERS ((uintptr_t)1) /* in mtx_owner: exit must wake */

#define OWNER(word)   ((struct lwp *)((word) & ~MUTEX_WAITERS))

void
mutex_init(kmutex_t *mtx, kmutex_type_t type, int ipl)
{
	mtx->mtx_owner = 0;
	mtx->mtx_lock = __SIMPLELOCK_UNLOCKED;
	mtx->mtx_ipl = ipl;
	mtx->mtx_spin =
	    type == MUTEX_SPIN || (type != MUTEX_ADAPTIVE && ipl >= IPL_VM);
}

void
mutex_destroy(kmutex_t *mtx)
{
	KASSERT(mtx->mtx_owner == 0);
	KASSERT(mtx->mtx_lock == __SIMPLELOCK_UNLOCKED);
}

static bool
mutex_cas(kmutex_t *mtx, uintptr_t old, uintptr_t new)
{
	return (atomic_cas_ulong(&mtx->mtx_owner, old, new) == old);
}

/* Is the owner on another CPU now, and so about to release it? */
static bool
owner_runs(const struct lwp *owner)
{
	return (owner->l_cpu != curcpu() && owner->l_cpu->ci_curlwp == owner);
}

/* Sleep until an exit, if the owner word is still what the caller saw. */
static void
mutex_sleep(kmutex_t *mtx, uintptr_t seen)
{
	int s = splhigh();
	struct sleepq *sq = sleepq_lock(mtx);

	/* An exit that comes later finds the bit, and waits for our lock. */
	if (mutex_cas(mtx, seen, seen | MUTEX_WAITERS)) {
		sleepq_enter(sq, mtx, "mutex");
		sleepq_unlock(sq);
		sleepq_block(INFSLP);
	} else
		sleepq_unlock(sq);
	splx(s);
}

static void
mutex_enter_adaptive(kmutex_t *mtx)
{
	uintptr_t self = (uintptr_t)curlwp, word;

	if (__predict_true(mutex_cas(mtx, 0, self)))
		return;
	if (cpu_intr_p())
		panic("mutex_enter: adaptive mutex in interrupt context");
	if (curcpu()->ci_mtx_count != 0)
		panic("mutex_enter: adaptive mutex with a spin mutex held");
	while (!mutex_cas(mtx, 0, self)) {
		word = atomic_load_relaxed(&mtx->mtx_owner);
		if (OWNER(word) == NULL)
			continue;
		if (OWNER(word) == (struct lwp *)self)
			panic("mutex_enter: locking against myself");
		if (owner_runs(OWNER(word)))
			CPU_BUSY_CYCLE();
		else
			mutex_sleep(mtx, word);
	}
}

static void
mutex_exit_adaptive(kmutex_t *mtx)
{
	uintptr_t self = (uintptr_t)curlwp;
	struct sleepq *sq;
	int s;

	KASSERT(OWNER(mtx->mtx_owner) == (struct lwp *)self);
	if (__predict_true(mutex_cas(mtx, self, 0)))
		return;
	s = splhigh();
	sq = sleepq_lock(mtx);
	/* Release: what we wrote is seen by the next to take it. */
	atomic_store_release(&mtx->mtx_owner, 0);
	sleepq_wake(sq, mtx, -1U);
	sleepq_unlock(sq);
	splx(s);
}

/* One more spin mutex; the first keeps the level to go back to. */
static void
spin_count_up(struct cpu_info *ci, int s)
{
	int held = ci->ci_mtx_count++;

	/*
	 * Count first: an interrupt in between that takes and leaves a mutex
	 * of its own then finds that it is not the first.
	 */
	__insn_barrier();
	if (held == 0)
		ci->ci_mtx_oldspl = s;
}

void
mutex_spin_enter(kmutex_t *mtx)
{
	struct cpu_info *ci;
	int s = splraise(mtx->mtx_ipl);

	ci = curcpu();
	if (mtx->mtx_owner == (uintptr_t)ci)
		panic("mutex_spin_enter: locking against myself");
	spin_count_up(ci, s);
	__cpu_simple_lock(&mtx->mtx_lock);
	mtx->mtx_owner = (uintptr_t)ci;
}

void
mutex_spin_exit(kmutex_t *mtx)
{
	struct cpu_info *ci = curcpu();
	int s = ci->ci_mtx_oldspl;

	KASSERT(mtx->mtx_owner == (uintptr_t)ci);
	mtx->mtx_owner = 0;
	__cpu_simple_unlock(&mtx->mtx_lock);
	if (--ci->ci_mtx_count == 0)
		splx(s);
}

void
mutex_enter(kmutex_t *mtx)
{
	if (mtx->mtx_spin)
		mutex_spin_enter(mtx);
	else
		mutex_enter_adaptive(mtx);
}

void
mutex_exit(kmutex_t *mtx)
{
	if (mtx->mtx_spin)
		mutex_spin_exit(mtx);
	else
		mutex_exit_adaptive(mtx);
}

int
mutex_tryenter(kmutex_t *mtx)
{
	struct cpu_info *ci;
	int s;

	if (!mtx->mtx_spin)
		return (mutex_cas(mtx, 0, (uintptr_t)curlwp));
	s = splraise(mtx->mtx_ipl);
	if (!__cpu_simple_lock_try(&mtx->mtx_lock)) {
		splx(s);
		return (0);
	}
	ci = curcpu();
	spin_count_up(ci, s);
	mtx->mtx_owner = (uintptr_t)ci;
	return (1);
}

int
mutex_owned(const kmutex_t *mtx)
{
	if (mtx->mtx_spin)
		return (mtx->mtx_owner == (uintptr_t)curcpu());
	return (OWNER(mtx->mtx_owner) == curlwp);
}
