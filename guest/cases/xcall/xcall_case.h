/* SPDX-License-Identifier: ISC */
/* What the xcall(9) cases share: functions to call, gates, threads. */
#ifndef CASES_XCALL_CASE_H
#define CASES_XCALL_CASE_H

#include <sys/mutex.h>
#include "call.h"

/* The four soft levels, highest first: that of code i. */
#define NX_LEVELS 4
extern const int nx_levels[NX_LEVELS];

/* The interrupt source of a soft level. */
#define NX_SOURCE(ipl) (SIR_CLOCK + ((u_int)(ipl)-IPL_SOFTCLOCK))

/* The last CPU that runs. */
struct cpu_info *nx_last_cpu(void);

/* --- functions to call; each with the type of its first argument --- */

/*
 * struct nx_view: notes where and how it ran, one place for each CPU; the
 * second argument must be v_arg2.
 */
struct nx_seen {
	u_int s_runs;
	int s_ipl;
	bool s_softintr, s_intr, s_nopreempt, s_args;
	struct lwp *s_lwp;
};
struct nx_view {
	struct mark v_runs;
	void *v_arg2;
	struct nx_seen v_cpu[MAXCPUS];
};
void nx_see(void *, void *);
void nx_view_clear(struct nx_view *, void *arg2);

/*
 * Check a view whose call is done: it ran runs times on that CPU; if at all,
 * the last time as a LOW function must, or as a HIGH function at that level.
 */
void nx_check_low(const struct nx_view *, struct cpu_info *, u_int runs);
void nx_check_high(
    const struct nx_view *, struct cpu_info *, u_int runs, int ipl);
/* Nowhere else has it run. */
void nx_check_only(const struct nx_view *, struct cpu_info *);

/*
 * struct nx_gate: waits inside until the gate opens; in any number of
 * threads and soft interrupts, which give their CPU away meanwhile.  It is a
 * mutex whose owner, a thread on this CPU, is asleep while the gate is closed.
 * Both: thread context.
 */
struct nx_gate {
	kmutex_t g_mutex;
	struct cond g_open;
	struct lwp *g_keeper;
	struct mark g_entered, g_left;
};
void nx_gate_close(struct nx_gate *);
void nx_gate_open(struct nx_gate *);
void nx_pass(void *, void *);

/* --- a call made by a thread of its own --- */

struct nx_caller {
	u_int c_flags;
	struct cpu_info *c_target; /* NULL: all */
	xcfunc_t c_func;	   /* NULL: only wait for c_ticket */
	void *c_arg1, *c_arg2;
	uint64_t c_ticket;
	struct mark c_submitted, c_returned; /* from the two functions */
	struct lwp *c_lwp;
};

/* Start it on that CPU; thread_join(c_lwp) must follow. */
void nx_caller_start(struct nx_caller *, struct cpu_info *);

/*
 * Yield until the thread is asleep, or, which is an error the caller will
 * find, has come to the mark it must not reach.
 */
void nx_wait_asleep(const struct lwp *, const struct mark *);

/* Some time for what must not happen: until the mark is reached, or a while. */
void nx_grace(const struct mark *);

/*
 * Functions and sections of random length, most of them short, some about as
 * long as a call takes here from end to end: who is told too early that one
 * is over then finds it going on.  The time of a call: measured, nanoseconds.
 */
uint64_t nx_call_time(void);
uint64_t nx_random_length(struct rng *, uint64_t call_time);
void nx_spend(uint64_t nsecs);

/* Time enough for an interrupt, also where it comes late; nanoseconds. */
#define NX_LATE 1500000

#endif /* CASES_XCALL_CASE_H */
