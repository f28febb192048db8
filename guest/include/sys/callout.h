/* SPDX-License-Identifier: ISC */
/* callout(9): call a function once, at IPL_SOFTCLOCK, after some time. */
#ifndef SYS_CALLOUT_H
#define SYS_CALLOUT_H

#include <sys/types.h>

typedef struct callout {
	struct callout *c_next;
	struct cpu_info *volatile c_cpu; /* pending there, or NULL */
	uint64_t c_deadline;		 /* TSC */
	void (*c_func)(void *);
	void *c_arg;
} callout_t;

#define CALLOUT_MPSAFE 0x0100

void callout_init(callout_t *, u_int);

/*
 * Run func(arg) on this CPU after that many ticks (or nanoseconds); a
 * callout already pending is moved.  Any context up to IPL_SCHED; of several
 * CPUs that reset or stop it at once, one comes last.
 */
void callout_reset(callout_t *, int, void (*)(void *), void *);
void callout_reset_nsec(callout_t *, uint64_t, void (*)(void *), void *);

/*
 * Cancel.  Returns true when it was pending and will not run; else its
 * function has been taken out to run, or ran.  Does not wait for it.
 */
bool callout_stop(callout_t *);
bool callout_pending(const callout_t *);

#endif /* SYS_CALLOUT_H */
