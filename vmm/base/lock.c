/* SPDX-License-Identifier: ISC */
/*
 * A mutex whose use is checked.
 */
#include "base/lock.h"

#ifdef XCVM_CHECKED
static _Thread_local const char mark; /* its address is the thread's own */

#define TAKEN(lock)   ((lock)->owner = &mark)
#define DROPPED(lock) ((lock)->owner = NULL)
#define MINE(lock)    ((lock)->owner == &mark)
#else
#define TAKEN(lock)   ((void)0)
#define DROPPED(lock) ((void)0)
#define MINE(lock)    ((lock) != NULL)
#endif

void
lock_init(struct lock *lock)
{
	pthread_mutex_init(&lock->mutex, NULL);
	DROPPED(lock);
}

void
lock_destroy(struct lock *lock)
{
	pthread_mutex_destroy(&lock->mutex);
}

/*
 * The analysis ends at the functions below: it does not know pthread's mutex.
 */
LOCK_OBSCURE void
lock_take(struct lock *lock)
{
	XCVM_ASSERT(!MINE(lock));
	pthread_mutex_lock(&lock->mutex);
	TAKEN(lock);
}

LOCK_OBSCURE void
lock_drop(struct lock *lock)
{
	XCVM_ASSERT(MINE(lock));
	DROPPED(lock);
	pthread_mutex_unlock(&lock->mutex);
}

LOCK_OBSCURE void
lock_wait(struct lock *lock, pthread_cond_t *cond)
{
	XCVM_ASSERT(MINE(lock));
	DROPPED(lock);
	pthread_cond_wait(cond, &lock->mutex);
	TAKEN(lock);
}

LOCK_OBSCURE int
lock_wait_until(
    struct lock *lock, pthread_cond_t *cond, const struct timespec *until)
{
	int error;

	XCVM_ASSERT(MINE(lock));
	DROPPED(lock);
	error = pthread_cond_timedwait(cond, &lock->mutex, until);
	TAKEN(lock);
	return (error);
}

LOCK_OBSCURE void
lock_held(const struct lock *lock)
{
	XCVM_ASSERT(MINE(lock));
}

LOCK_OBSCURE void
lock_not_held(const struct lock *lock)
{
	XCVM_ASSERT(!MINE(lock));
}
