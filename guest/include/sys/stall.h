/* SPDX-License-Identifier: ISC */
/*
 * The watch on a wait: past the stall limit one report says who waits, for
 * which CPU, in which primitive and function, how long, and what that CPU
 * does; the wait goes on (docs/contract.md, D5).
 *
 * With the boot parameter resend the waiter then sends its interrupt again,
 * once, to each CPU it waits for.  That makes good one that was lost, and does
 * no harm where it was only late: an interrupt says no more than "look", and
 * what there is to do stands in memory, once.
 */
#ifndef SYS_STALL_H
#define SYS_STALL_H

#include <sys/types.h>

struct lwp;

/*
 * The CPUs that a call (the watch's object) waits for, from *index on, one at
 * a time; then, or when there are none just now, NULL.
 */
typedef struct cpu_info *(*stall_next_t)(const void *object, u_int *index);

/* Send the interrupt of the call with that function to that CPU again. */
typedef void (*stall_resend_t)(struct cpu_info *, const void *func);

/*
 * A thread's watches are linked, the innermost first, from its l_stall, for
 * as long as the wait lasts: that is where the VMM finds them.
 */
struct stall_watch {
	struct stall_watch *sw_outer; /* the one it is inside */
	const char *sw_primitive;     /* "cpu_xcall" */
	const void *sw_func;	      /* the call's function */
	const void *sw_object;	      /* the call, or NULL */
	struct cpu_info *sw_target;   /* the CPU waited for, */
	stall_next_t sw_next;	      /* or who finds all of them */
	stall_resend_t sw_resend;     /* or NULL: no interrupt was sent */
	uint64_t sw_start;	      /* TSC */
	u_int sw_looks;		      /* at a sleeper, so far */
	bool sw_reported;
};

/*
 * stall_begin(): the caller starts to wait, for that call (object, unless it
 * is still to be queued) to run func on the target; _set(): on all the CPUs
 * that next finds.  stall_check(): call it as often as the wait spins;
 * reports once, and then sends again.  stall_end(): the wait is over.
 * => any context, any IPL; allocates nothing, takes no lock
 * => waits end in the reverse order of their beginnings, in each thread
 */
void stall_begin(struct stall_watch *, const char *primitive,
    struct cpu_info *target, const void *func, const void *object,
    stall_resend_t);
void stall_begin_set(struct stall_watch *, const char *primitive, stall_next_t,
    const void *func, const void *object, stall_resend_t);
void stall_check(struct stall_watch *);
void stall_end(struct stall_watch *);

/*
 * A wait that sleeps: the sleep queues keep the watch for their thread, by
 * its timeout, which this arms, if there is something to watch.  A thread that
 * has been woken and does not run is reported as waiting for its own CPU, and
 * sending again is there to act as if the reschedule interrupt had come.
 */
bool stall_sleep_begin(struct lwp *);

/* The limit, nanoseconds of guest time; boot parameter stall_limit_ms. */
extern uint64_t stall_limit_ns;
#define STALL_LIMIT_MS_DEFAULT 2000

#endif /* SYS_STALL_H */
