/* SPDX-License-Identifier: ISC */
/* Threads for the operations that sleep: each does what it is told, and waits. */
#ifndef CASES_MODEL_ACTOR_H
#define CASES_MODEL_ACTOR_H

#include "model/model.h"

#define ACTORS		     6 /* three on a CPU: two equals, and one that is better */

/* What an actor notes when it has done what it was told, with the result. */
#define ACTOR_DID(a, result) (0x1000 + (a)*0x100 + (u_int)(result))

void actor_init(void);
void actor_fini(void);

u_int actor_cpu(u_int); /* of the model */
pri_t actor_priority(u_int);
/* It waits to be told, and can run at once. */
bool actor_is_ready(u_int);
/* The model: it is told something, and asleep until actor_wakes(). */
void actor_sleeps(u_int);

/*
 * Have it run func(s), whose result it notes: any context.  With NULL as the
 * channel it will not sleep; else wait until it does.
 */
void actor_tell(u_int, u_int (*func)(const struct step *), const struct step *);
void actor_await_asleep(u_int, const volatile void *wchan);
bool actor_is_on(u_int, const volatile void *wchan);

/*
 * The model: it wakes, and gives the result; as soon as its CPU runs threads,
 * after its betters and those that were woken before, unless a CPU other than
 * its own wakes it, and it may begin before its betters wake.  ACTOR_ANY_ORDER:
 * with others it may wait for a lock.
 */
#define ACTOR_ANY_ORDER MODEL_CPUS
void actor_wakes(u_int, int result, u_int from);

/* su_ran: it has done what it was told. */
void actor_ran(u_int cpu, u_int what);

/* The model: those that sleep on one channel, the first to come first. */
struct actor_queue {
	u_int q_actor[ACTORS], q_count;
};
/* It has been told something that sleeps: wait until it does. */
void actor_queue_enter(struct actor_queue *, u_int, const volatile void *wchan);
void actor_queue_leave(struct actor_queue *, u_int place);
/* The first `n` wake, with 0. */
void actor_queue_wake(struct actor_queue *, u_int n, u_int from);
/* Each is asleep there in truth. */
void actor_queue_check(const struct actor_queue *, const volatile void *wchan);

#endif /* CASES_MODEL_ACTOR_H */
