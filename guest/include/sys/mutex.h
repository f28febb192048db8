/* SPDX-License-Identifier: ISC */
/* mutex(9): adaptive and spin mutexes. */
#ifndef SYS_MUTEX_H
#define SYS_MUTEX_H

#include <sys/param.h>
#include <sys/lock.h>
#include <machine/intr.h>

typedef enum kmutex_type {
	MUTEX_SPIN = 0,
	MUTEX_ADAPTIVE = 1,
	MUTEX_DEFAULT = 2,
	MUTEX_NODEBUG = 4
} kmutex_type_t;

typedef struct kmutex {
	volatile uintptr_t mtx_owner; /* lwp | MUTEX_WAITERS, or 0 */
	__cpu_simple_lock_t mtx_lock; /* spin: the lock itself */
	int mtx_ipl;		      /* spin: level while held */
	bool mtx_spin;
} kmutex_t;

/*
 * mutex_init(): a mutex taken by code up to the given level.  IPL_NONE and
 * the soft levels make it adaptive, IPL_VM and above a spin mutex.
 *
 * Adaptive: enter() spins while the owner is on a CPU and sleeps otherwise;
 * thread or soft interrupt context.  Spin: enter() raises the IPL, and the
 * exit() of the last spin mutex this CPU holds restores it; any context up
 * to that level.  Neither may be entered twice by its owner: panics.
 */
void mutex_init(kmutex_t *, kmutex_type_t, int);
void mutex_destroy(kmutex_t *);
void mutex_enter(kmutex_t *);
void mutex_exit(kmutex_t *);
int mutex_tryenter(kmutex_t *);

/* Spin mutexes only: the same, with the caller already at the level. */
void mutex_spin_enter(kmutex_t *);
void mutex_spin_exit(kmutex_t *);

/* Does the caller hold it?  For assertions, never for decisions. */
int mutex_owned(const kmutex_t *);

/*
 * OpenBSD's mutexes, which spin: enter() raises the IPL to the mutex's, and
 * leave() restores it.  Any context up to that level.
 */
struct mutex {
	__cpu_simple_lock_t mtx_lock;
	int mtx_wantipl;
	int mtx_oldipl;
	struct cpu_info *volatile mtx_owner;
};
#define MUTEX_INITIALIZER(ipl)       \
	{                            \
		.mtx_wantipl = (ipl) \
	}
void mtx_init(struct mutex *, int ipl);
void mtx_enter(struct mutex *);
int mtx_enter_try(struct mutex *);
void mtx_leave(struct mutex *);
#define MUTEX_ASSERT_LOCKED(mtx)   KASSERT((mtx)->mtx_owner == curcpu())
#define MUTEX_ASSERT_UNLOCKED(mtx) KASSERT((mtx)->mtx_owner != curcpu())

#endif /* SYS_MUTEX_H */
