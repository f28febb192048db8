/* SPDX-License-Identifier: ISC */
/* condvar(9): condition variables. */
#ifndef SYS_CONDVAR_H
#define SYS_CONDVAR_H

#include <sys/types.h>

struct kmutex;

typedef struct kcondvar {
	const char *cv_wmesg;
	volatile u_int cv_waiters; /* hint; exact under the mutex */
} kcondvar_t;

void cv_init(kcondvar_t *, const char *);
void cv_destroy(kcondvar_t *);

/*
 * Release the mutex, sleep until signalled, take the mutex again.
 * cv_timedwait() returns EWOULDBLOCK after that many ticks.
 * => thread context; the mutex is the one the signaller holds
 */
void cv_wait(kcondvar_t *, struct kmutex *);
int cv_timedwait(kcondvar_t *, struct kmutex *, int);

/*
 * Wake the one that has waited longest, or all.  The mutex need not be held,
 * but should be.
 */
void cv_signal(kcondvar_t *);
void cv_broadcast(kcondvar_t *);
bool cv_has_waiters(kcondvar_t *);

#endif /* SYS_CONDVAR_H */
