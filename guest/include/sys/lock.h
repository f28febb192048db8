/* SPDX-License-Identifier: ISC */
/* The spinning lock under everything else; it does not touch the IPL. */
#ifndef SYS_LOCK_H
#define SYS_LOCK_H

#include <sys/param.h>
#include <sys/atomic.h>

typedef volatile u_int __cpu_simple_lock_t;
#define __SIMPLELOCK_UNLOCKED 0
#define __SIMPLELOCK_LOCKED   1

static inline bool
__cpu_simple_lock_try(__cpu_simple_lock_t *lock)
{
	return (atomic_swap_uint(lock, __SIMPLELOCK_LOCKED) ==
		__SIMPLELOCK_UNLOCKED);
}

/*
 * Take the lock.  The caller has raised the IPL to the level of every
 * context that takes it, or the CPU can deadlock with itself.
 */
static inline void
__cpu_simple_lock(__cpu_simple_lock_t *lock)
{
	while (!__cpu_simple_lock_try(lock)) {
		/* Read until it looks free: a failing swap owns the line. */
		while (atomic_load_relaxed(lock) == __SIMPLELOCK_LOCKED)
			CPU_BUSY_CYCLE();
	}
}

static inline void
__cpu_simple_unlock(__cpu_simple_lock_t *lock)
{
	/* Release: what the holder wrote is seen by the next one to take it. */
	atomic_store_release(lock, __SIMPLELOCK_UNLOCKED);
}

#endif /* SYS_LOCK_H */
