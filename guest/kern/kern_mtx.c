/* SPDX-License-Identifier: ISC */
/* OpenBSD's mutex(9), for files that come from there. */
#include <sys/systm.h>
#include <sys/mutex.h>
#include <machine/intr.h>

void
mtx_init(struct mutex *mtx, int ipl)
{
	*mtx = (struct mutex)MUTEX_INITIALIZER(ipl);
}

int
mtx_enter_try(struct mutex *mtx)
{
	int s = splraise(mtx->mtx_wantipl);

	if (mtx->mtx_owner == curcpu())
		panic("mtx_enter: locking against myself");
	if (!__cpu_simple_lock_try(&mtx->mtx_lock)) {
		splx(s);
		return (0);
	}
	mtx->mtx_oldipl = s;
	mtx->mtx_owner = curcpu();
	return (1);
}

void
mtx_enter(struct mutex *mtx)
{
	while (!mtx_enter_try(mtx))
		CPU_BUSY_CYCLE();
}

void
mtx_leave(struct mutex *mtx)
{
	int s = mtx->mtx_oldipl;

	MUTEX_ASSERT_LOCKED(mtx);
	mtx->mtx_owner = NULL;
	__cpu_simple_unlock(&mtx->mtx_lock);
	splx(s);
}
