/* SPDX-License-Identifier: ISC */
/*
 * A mutex whose use is checked: clang's -Wthread-safety holds the source to
 * what is declared of the mutex, and a checked build (base/assert.h) knows
 * which thread holds it.
 *
 * LOCK_NEEDS(l)	a function whose caller holds l
 * LOCK_AVOIDS(l)	a function whose caller does not hold l
 * LOCK_OBSCURE		a function that the analysis does not look into
 */
#ifndef VMM_BASE_LOCK_H
#define VMM_BASE_LOCK_H

#include <pthread.h>
#include <stdbool.h>
#include <time.h>

#include "base/assert.h"

#ifdef __clang__
#define LOCK_ATTRIBUTE(a) __attribute__((a))
#else
#define LOCK_ATTRIBUTE(a)
#endif
#define LOCK_NEEDS(l)  LOCK_ATTRIBUTE(requires_capability(l))
#define LOCK_AVOIDS(l) LOCK_ATTRIBUTE(locks_excluded(l))
#define LOCK_OBSCURE   LOCK_ATTRIBUTE(no_thread_safety_analysis)

struct LOCK_ATTRIBUTE(capability("mutex")) lock {
	pthread_mutex_t mutex;
#ifdef XCVM_CHECKED
	_Atomic(const void *) owner; /* mark of the holding thread, or NULL */
#endif
};

void lock_init(struct lock *lock);
void lock_destroy(struct lock *lock);

void lock_take(struct lock *lock) LOCK_ATTRIBUTE(acquire_capability(*lock));
void lock_drop(struct lock *lock) LOCK_ATTRIBUTE(release_capability(*lock));

/* pthread_cond_wait() and pthread_cond_timedwait(). */
void lock_wait(struct lock *lock, pthread_cond_t *cond) LOCK_NEEDS(*lock);
int lock_wait_until(struct lock *lock, pthread_cond_t *cond,
    const struct timespec *until) LOCK_NEEDS(*lock);

/*
 * lock_held() says that this thread holds the lock, lock_not_held() that it
 * does not: for the analysis a fact from here on, in a checked build an
 * assertion.
 */
void lock_held(const struct lock *lock)
    LOCK_ATTRIBUTE(assert_capability(*lock));
void lock_not_held(const struct lock *lock) LOCK_AVOIDS(*lock);

#endif /* VMM_BASE_LOCK_H */
