/* SPDX-License-Identifier: ISC */
/* kthread(9): kernel threads, each bound to one CPU. */
#ifndef SYS_KTHREAD_H
#define SYS_KTHREAD_H

#include <sys/proc.h>

#define KTHREAD_IDLE	 0x01
#define KTHREAD_MPSAFE	 0x02 /* accepted: all are */
#define KTHREAD_INTR	 0x04 /* refused */
#define KTHREAD_MUSTJOIN 0x10

/*
 * Create a thread bound to ci (NULL: this CPU) and make it runnable.  pri
 * PRI_NONE means PRI_KTHREAD.  Returns 0, or ENOMEM when no stack is left.
 * => thread context, IPL_NONE
 */
int kthread_create(pri_t pri, int flags, struct cpu_info *ci,
    void (*func)(void *), void *arg, struct lwp **newlp, const char *fmt, ...)
    __printflike(7, 8);

/* End the calling thread.  A thread function that returns ends as well. */
void kthread_exit(int) __dead;

/* Wait for a KTHREAD_MUSTJOIN thread to end, and free it.  Sleeps. */
int kthread_join(struct lwp *);

#endif /* SYS_KTHREAD_H */
