/* SPDX-License-Identifier: ISC */
/* Threads for the operations that sleep. */
#include "model/actor.h"

static struct actor {
	struct lwp *a_lwp;
	u_int a_cpu;
	pri_t a_pri;
	struct cond a_go;
	u_int (*volatile a_func)(const struct step *);
	struct step a_step;
	volatile bool a_over;
	/* The model: */
	bool a_busy;
} actors[ACTORS];

static uint32_t woken; /* so far: who is woken first runs first */

static void
actor(void *arg)
{
	struct actor *a = arg;
	u_int (*func)(const struct step *), result;

	for (;;) {
		model_expect_signal(&a->a_go);
		while ((func = atomic_load_acquire(&a->a_func)) == NULL) {
			if (a->a_over)
				return;
			cond_wait(&a->a_go, "actor");
			model_expect_signal(&a->a_go);
		}
		a->a_func = NULL;
		result = func(&a->a_step);
		model_ran(ACTOR_DID((u_int)(a - actors), result));
	}
}

void
actor_init(void)
{
	for (u_int i = 0; i < ACTORS; i++) {
		struct actor *a = &actors[i];

		*a = (struct actor){.a_cpu = i / 3 % model_ncpus(),
		    .a_pri = PRI_KTHREAD + 1 + i % 3 / 2};
		a->a_lwp =
		    thread_start_pri(model_cpu(a->a_cpu), a->a_pri, actor, a);
	}
}

void
actor_fini(void)
{
	for (u_int i = 0; i < ACTORS; i++) {
		actors[i].a_over = true;
		cond_signal(&actors[i].a_go);
		thread_join(actors[i].a_lwp);
	}
}

u_int
actor_cpu(u_int i)
{
	return (actors[i].a_cpu);
}

pri_t
actor_priority(u_int i)
{
	return (actors[i].a_pri);
}

bool
actor_is_ready(u_int i)
{
	return (!actors[i].a_busy && model_is_open(actors[i].a_cpu));
}

void
actor_sleeps(u_int i)
{
	actors[i].a_busy = true;
}

void
actor_tell(u_int i, u_int (*func)(const struct step *), const struct step *s)
{
	struct actor *a = &actors[i];

	a->a_step = *s;
	atomic_store_release(&a->a_func, func);
	cond_signal(&a->a_go);
}

void
actor_await_asleep(u_int i, const volatile void *wchan)
{
	SPIN_UNTIL(actor_is_on(i, wchan));
}

bool
actor_is_on(u_int i, const volatile void *wchan)
{
	return (actors[i].a_lwp->l_wchan == wchan);
}

void
actor_wakes(u_int i, int result, u_int from)
{
	struct actor *a = &actors[i];
	const bool in_order = from != ACTOR_ANY_ORDER &&
			      (from == a->a_cpu || !model_is_open(a->a_cpu));

	a->a_busy = true;
	model_due(a->a_cpu, ACTOR_DID(i, result), IPL_PREEMPT, IPL_NONE,
	    in_order ? (u_int)(PRI_XCALL - a->a_pri) << 24 | ++woken
		     : MODEL_ANY_RANK);
}

void
actor_ran(u_int cpu __unused, u_int what)
{
	actors[(what - ACTOR_DID(0, 0)) / 0x100].a_busy = false;
}

void
actor_queue_enter(struct actor_queue *q, u_int i, const volatile void *wchan)
{
	actor_await_asleep(i, wchan);
	actor_sleeps(i);
	q->q_actor[q->q_count++] = i;
}

void
actor_queue_leave(struct actor_queue *q, u_int place)
{
	q->q_count--;
	for (u_int i = place; i < q->q_count; i++)
		q->q_actor[i] = q->q_actor[i + 1];
}

void
actor_queue_wake(struct actor_queue *q, u_int n, u_int from)
{
	while (n-- > 0) {
		actor_wakes(q->q_actor[0], 0, from);
		actor_queue_leave(q, 0);
	}
}

void
actor_queue_check(const struct actor_queue *q, const volatile void *wchan)
{
	for (u_int i = 0; i < q->q_count; i++)
		MODEL_EQ(actor_is_on(q->q_actor[i], wchan), true);
}
