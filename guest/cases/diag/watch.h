/* SPDX-License-Identifier: ISC */
/* Waits that last, and the check of what the watch on each says. */
#ifndef CASES_DIAG_WATCH_H
#define CASES_DIAG_WATCH_H

#include "call.h"

/* The CPUs that are held; who waits, and who looks, are on others. */
#define HELD 2
extern struct cpu_info *held[HELD];

struct wait {
	const char *w_primitive;
	void (*w_fill)(void); /* what it is to wait for, or NULL */
	void (*w_wait)(void);
	const void *w_func;
	u_int w_for; /* held CPUs: the second, or both */
};

/* On the last two CPUs. */
void check_waits(const struct wait *, u_int n);

/* On the first two CPUs, of which one is the caller's. */
void check_first_wait(const struct wait *);

/* The watch of a thread that waits, or is about to. */
void check_watch(const struct wait *, const struct lwp *);

#endif /* CASES_DIAG_WATCH_H */
