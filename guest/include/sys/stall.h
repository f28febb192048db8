/* SPDX-License-Identifier: ISC */
/*
 * The watch on a wait: past the stall limit one report says who waits, for
 * which CPU, in which primitive and function, how long, and what that CPU
 * does; the wait goes on.  Contract section 5, decision 5.
 */
#ifndef SYS_STALL_H
#define SYS_STALL_H

#include <sys/types.h>

struct stall_watch {
	const char *sw_primitive;		    /* "cpu_xcall" */
	const void *sw_func;			    /* the call's function */
	struct cpu_info *sw_target;		    /* the CPU waited for, */
	struct cpu_info *(*sw_blame)(const void *); /* or who finds it: NULL */
	const void *sw_blame_arg;		    /* from it means not now */
	uint64_t sw_start;			    /* TSC */
	bool sw_reported;
};

/*
 * stall_begin(): the caller starts to wait.  stall_check(): call it as often
 * as the wait spins; reports once.  stall_end(): the wait is over.
 * => any context, any IPL; allocates nothing, takes no lock
 */
void stall_begin(struct stall_watch *, const char *primitive,
    struct cpu_info *target, const void *func);
void stall_begin_blame(struct stall_watch *, const char *primitive,
    struct cpu_info *(*blame)(const void *), const void *arg, const void *func);
void stall_check(struct stall_watch *);
void stall_end(struct stall_watch *);

/*
 * A wait that sleeps: between attach and detach the sleep queues keep the
 * watch for this thread, by a timeout at stall_remaining() nanoseconds that
 * calls stall_sleeper() with it.
 */
void stall_attach(struct stall_watch *);
void stall_detach(void);
uint64_t stall_remaining(const struct stall_watch *);
void stall_sleeper(void *);

/* The limit, nanoseconds of guest time; boot parameter stall_limit_ms. */
extern uint64_t stall_limit_ns;
#define STALL_LIMIT_MS_DEFAULT 2000

#endif /* SYS_STALL_H */
