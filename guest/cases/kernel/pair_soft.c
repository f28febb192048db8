/* SPDX-License-Identifier: ISC */
/* Soft interrupts: two operations at once. */
#include <sys/mutex.h>
#include <sys/xcall.h>
#include "ground.h"
#include "pair.h"

#ifdef MULTIPROCESSOR

#define LEVELS (SOFTINT_SERIAL + 1)

/* The handlers of a side: each runs after it was scheduled the last time. */
static struct scheduler {
	struct handler {
		void *h_softint;
		volatile u_int h_asked, h_seen;
	} s_plain[LEVELS], s_locking[LEVELS], s_called[LEVELS];
	struct xcall s_xc[PAIR_BURST]; /* that schedule the last, elsewhere */
	u_int s_calls;
	struct mark s_ran;
} schedulers[PAIR_SIDES];

/* Handlers wait for it, and are woken from another CPU. */
static kmutex_t shared_lock;
static volatile u_int inside;

static void
enter_shared(struct rng *r)
{
	mutex_enter(&shared_lock);
	CHECK_EQ(atomic_inc_uint_nv(&inside), 1);
	if (r != NULL)
		spin_randomly(r, 512);
	CHECK_EQ(atomic_dec_uint_nv(&inside), 0);
	mutex_exit(&shared_lock);
}

static void
plain_handler(void *arg)
{
	struct handler *h = arg;

	h->h_seen = h->h_asked;
}

static void
locking_handler(void *arg)
{
	enter_shared(NULL);
	plain_handler(arg);
}

static void
schedule(struct handler *h)
{
	h->h_asked++;
	softint_schedule(h->h_softint);
}

static void
op_schedule(struct pair_side *side)
{
	struct scheduler *s = &schedulers[side->s_number];

	schedule(&s->s_plain[rng_below(&side->s_rng, LEVELS)]);
}

static void
op_schedule_all(struct pair_side *side)
{
	struct scheduler *s = &schedulers[side->s_number];
	int level = splsoftserial();

	for (u_int i = 0; i < LEVELS; i++) {
		schedule(&s->s_plain[i]);
		schedule(&s->s_locking[i]);
	}
	splx(level);
}

static void
op_schedule_locking(struct pair_side *side)
{
	struct scheduler *s = &schedulers[side->s_number];

	schedule(&s->s_locking[rng_below(&side->s_rng, LEVELS)]);
}

static void
op_schedule_all_locking(struct pair_side *side)
{
	struct scheduler *s = &schedulers[side->s_number];

	for (u_int i = 0; i < LEVELS; i++)
		schedule(&s->s_locking[i]);
}

static void
op_enter(struct pair_side *side)
{
	enter_shared(&side->s_rng);
}

static void
schedule_locking(void *arg)
{
	struct scheduler *s = arg;

	for (u_int i = 0; i < LEVELS; i++)
		schedule(&s->s_called[i]);
	mark_add(&s->s_ran);
}

/*
 * Handlers of the other wait for it.  The holder does not sleep for a time:
 * that would end at IPL_SOFTCLOCK, where a handler may wait for the holder.
 */
static void
op_enter_and_call(struct pair_side *side)
{
	struct scheduler *s = &schedulers[side->s_number];
	struct xcall *xc = &s->s_xc[side->s_time];

	mutex_enter(&shared_lock);
	cpu_xcall_set(xc, schedule_locking, s);
	cpu_xcall(side->s_other, xc);
	s->s_calls++;
	spin_randomly(&side->s_rng, 512);
	mutex_exit(&shared_lock);
}

/* Nobody else has got the same. */
static void
op_establish(struct pair_side *side)
{
	struct handler h = {.h_asked = 0};
	u_int level = rng_below(&side->s_rng, LEVELS);

	h.h_softint = softint_establish(level, plain_handler, &h);
	if (!CHECK(h.h_softint != NULL))
		return;
	schedule(&h);
	softint_disestablish(h.h_softint);
	CHECK_EQ(h.h_seen, h.h_asked);
}

static bool
all_were_handled(void)
{
	for (u_int side = 0; side < PAIR_SIDES; side++) {
		struct scheduler *s = &schedulers[side];

		mark_wait(&s->s_ran, s->s_calls);
		for (u_int i = 0; i < LEVELS; i++) {
			SPIN_UNTIL(
			    s->s_called[i].h_seen == s->s_called[i].h_asked);
			SPIN_UNTIL(
			    s->s_plain[i].h_seen == s->s_plain[i].h_asked);
			SPIN_UNTIL(
			    s->s_locking[i].h_seen == s->s_locking[i].h_asked);
		}
	}
	return (CHECK_EQ(inside, 0));
}

CASE(softint_pairs, .api = XCVM_API_KERNEL, PAIR,
    .doc = "Two of each pair of operations at once, on two CPUs: a soft "
	   "interrupt runs after it was scheduled the last time, also if it "
	   "waited for a mutex.")
{
	static const struct pair_op ops[] = {
	    {"a handler scheduled", op_schedule},
	    {"handlers of all levels scheduled", op_schedule_all},
	    {"one that takes the mutex scheduled", op_schedule_locking},
	    {"all that take the mutex scheduled", op_schedule_all_locking},
	    {"the mutex", op_enter},
	    {"the mutex, and a call meanwhile", op_enter_and_call},
	    {"a handler of its own", op_establish},
	};

	mutex_init(&shared_lock, MUTEX_DEFAULT, IPL_SOFTSERIAL);
	for (u_int side = 0; side < PAIR_SIDES; side++)
		for (u_int i = 0; i < LEVELS; i++) {
			struct scheduler *s = &schedulers[side];

			s->s_plain[i].h_softint =
			    softint_establish(i, plain_handler, &s->s_plain[i]);
			s->s_locking[i].h_softint = softint_establish(
			    i, locking_handler, &s->s_locking[i]);
			s->s_called[i].h_softint = softint_establish(
			    i, locking_handler, &s->s_called[i]);
		}
	pairs_run(ops, nitems(ops), all_were_handled);
	for (u_int side = 0; side < PAIR_SIDES; side++)
		for (u_int i = 0; i < LEVELS; i++) {
			softint_disestablish(
			    schedulers[side].s_plain[i].h_softint);
			softint_disestablish(
			    schedulers[side].s_locking[i].h_softint);
			softint_disestablish(
			    schedulers[side].s_called[i].h_softint);
		}
	mutex_destroy(&shared_lock);
}

#endif /* MULTIPROCESSOR */
