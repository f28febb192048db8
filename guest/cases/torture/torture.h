/* SPDX-License-Identifier: ISC */
/*
 * The torture case: what its workers, the functions they have called, and
 * the account at the end share.
 */
#ifndef CASES_TORTURE_H
#define CASES_TORTURE_H

#include <sys/ipi.h>
#include <sys/xcall.h>
#include "ground.h"

enum primitive {
	P_CPU_XCALL,
	P_CPU_XCALL_SYNC,
	P_LOW_UNICAST,
	P_LOW_BROADCAST,
	P_HIGH_UNICAST,
	P_HIGH_BROADCAST,
	P_TRIGGER,
	P_TRIGGER_MULTI,
	P_TRIGGER_BROADCAST,
	P_UNICAST,
	P_MULTICAST,
	P_BROADCAST,
	P_CHURN,
	PRIMITIVES
};

/* What can be wrong, and how often it was. */
enum fault {
	F_WRONG_CPU,
	F_WRONG_CONTEXT,
	F_ORDER_IN,  /* the function missed what was written before */
	F_ORDER_OUT, /* the waiter missed what the function wrote */
	F_LOST,
	F_DUPLICATE,
	F_STRAY, /* ran after its call was over, or its number gone */
	FAULTS
};
extern volatile u_int torture_faults[FAULTS];
void fault(enum fault);

/* --- shot.c: one call, and the function that runs --- */

/* What a shot is for one CPU. */
struct hit {
	bool h_wanted;
	volatile u_int h_runs;
	u_long h_out; /* written by the function, for the waiter */
};

#define SHOT_WORDS 4
struct shot {
	enum primitive s_what;
	int s_ipl;    /* the function's, or ANY_IPL */
	u_int s_from; /* the caller's CPU */
	u_long s_key;
	u_long s_in[SHOT_WORDS]; /* written by the caller, for the function */
	volatile bool s_live;	 /* the call is not over */
	struct mark s_done;
	struct hit *s_hits; /* of each CPU */
	struct xcall s_xcall;
	ipi_msg_t s_msg;
};
#define ANY_IPL (-1)

void shot_init(struct shot *, u_int from);
void shot_load(struct shot *, enum primitive, int ipl, u_long key);
void shot_aim(struct shot *, u_int cpu);
void shot_aim_set(struct shot *, const kcpuset_t *);

/* The functions to call: for cpu_xcall(9) and ipi(9), and for xcall(9). */
void shot_run(void *);
void shot_run_2(void *, void *);

/* The call is over: was it run where it was aimed at, and nowhere else? */
void shot_check(struct shot *, u_int cpu);
void shot_check_set(struct shot *, const kcpuset_t *);

/* --- bell.c: numbers --- */

void bells_init(void);
u_int bell_choose(struct rng *);
/* This CPU is about to trigger the bell on that one. */
void bell_announce(u_int bell, u_int target);
u_int bell_number(u_int bell);
/* At rest: did every CPU hear the last of every other? */
void bells_check(void);

/* A number of the worker's own, registered, triggered, unregistered. */
#define LIVES 8
struct life {
	volatile bool l_alive;
	volatile u_int l_triggered;
	struct mark l_runs;
	u_int l_runs_at_end;
};
struct lives {
	struct life l_lives[LIVES];
	u_int l_next;
};
/* Returns false if too many CPUs do so now. */
bool churn(struct lives *, struct rng *);
void lives_check(const struct lives *);

/* --- torture.c --- */

/* A CPU that runs and is not this one. */
u_int other_cpu(struct rng *);

#endif /* CASES_TORTURE_H */
