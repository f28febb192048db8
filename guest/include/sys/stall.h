/* SPDX-License-Identifier: ISC */
/*
 * The watch on a wait: past the stall limit one report says who waits, for
 * which CPU, in which primitive and function, how long, and what that CPU
 * does; the wait goes on.  Contract section 5, decision 5.
 */
#ifndef SYS_STALL_H
#define SYS_STALL_H

#include <sys/types.h>

/*
 * A thread's watches are linked, the innermost first, from its l_stall, for
 * as long as the wait lasts: that is where the VMM finds them.
 */
struct stall_watch {
	struct stall_watch *sw_outer;		    /* the one it is inside */
	const char *sw_primitive;		    /* "cpu_xcall" */
	const void *sw_func;			    /* the call's function */
	const void *sw_object;			    /* the call, or NULL */
	struct cpu_info *sw_target;		    /* the CPU waited for, */
	struct cpu_info *(*sw_blame)(const void *); /* or who finds it, from
						       the call: NULL from it
						       means not now */
	uint64_t sw_start;			    /* TSC */
	bool sw_reported;
};

/*
 * stall_begin(): the caller starts to wait, for that call (object, unless it
 * is still to be queued) to run func there.  stall_check(): call it as often
 * as the wait spins; reports once.  stall_end(): the wait is over.
 * => any context, any IPL; allocates nothing, takes no lock
 * => waits end in the reverse order of their beginnings, in each thread
 */
void stall_begin(struct stall_watch *, const char *primitive,
    struct cpu_info *target, const void *func, const void *object);
void stall_begin_blame(struct stall_watch *, const char *primitive,
    struct cpu_info *(*blame)(const void *), const void *object,
    const void *func);
void stall_check(struct stall_watch *);
void stall_end(struct stall_watch *);

/*
 * A wait that sleeps: the sleep queues keep the watch for the thread, by a
 * timeout at stall_remaining() nanoseconds that calls stall_sleeper() with it.
 */
uint64_t stall_remaining(const struct stall_watch *);
void stall_sleeper(void *);

/* The limit, nanoseconds of guest time; boot parameter stall_limit_ms. */
extern uint64_t stall_limit_ns;
#define STALL_LIMIT_MS_DEFAULT 2000

#endif /* SYS_STALL_H */
