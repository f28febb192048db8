/* SPDX-License-Identifier: ISC */
/* System-wide constants and the macros kernel sources take for granted. */
#ifndef SYS_PARAM_H
#define SYS_PARAM_H

#include <sys/types.h>

#define MAXCPUS		    1024 /* most CPUs one image supports */
#define CACHE_LINE_SIZE	    64
#define COHERENCY_UNIT	    CACHE_LINE_SIZE
#define PAGE_SIZE	    4096

#define __cacheline_aligned __aligned(CACHE_LINE_SIZE)
#define __read_mostly

#define nitems(a)      __arraycount(a)
#define howmany(x, y)  (((x) + ((y)-1)) / (y))
#define roundup(x, y)  (howmany(x, y) * (y))
#define roundup2(x, m) (((x) + ((m)-1)) & ~((m)-1))
#ifndef MIN
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#endif

/*
 * Thread priorities, NetBSD's bands: kernel threads above users', the
 * cross-call threads on top of them, soft interrupts above all.
 */
#define PRI_IDLE	     (-1)
#define PRI_USER	     0
#define PRI_KERNEL	     64
#define PRI_KTHREAD	     96
#define PRI_XCALL	     127
#define PRI_SOFTCLOCK	     160
#define PRI_SOFTBIO	     161
#define PRI_SOFTNET	     162
#define PRI_SOFTSERIAL	     163
#define PRI_NONE	     PRI_USER

/* tsleep(9) priorities; accepted, and of no effect on bound kernel threads. */
#define PZERO		     22
#define PWAIT		     32
#define PSWP		     0
#define PRIMASK		     0x0ff
#define PCATCH		     0x100

/* Exponential back-off of a spinning CPU: n is the caller's count. */
#define SPINLOCK_BACKOFF_MIN 4
#define SPINLOCK_BACKOFF_MAX 128
#define SPINLOCK_BACKOFF(n)                                  \
	do {                                                 \
		for (u_int spin_ = (n); spin_ != 0; spin_--) \
			CPU_BUSY_CYCLE();                    \
		if ((n) < SPINLOCK_BACKOFF_MAX)              \
			(n) += (n);                          \
	} while (0)

#include <sys/cpu.h>

#endif /* SYS_PARAM_H */
