/* SPDX-License-Identifier: ISC */
/* Callouts: two operations at once. */
#include <sys/callout.h>
#include "ground.h"
#include "pair.h"

#ifdef MULTIPROCESSOR

/* The callout of a side: each time that it was set ends in one of two ways. */
static struct setter {
	callout_t s_callout;
	u_int s_set;
	struct mark s_ran, s_stopped;
} setters[PAIR_SIDES];

static void
timed(void *arg)
{
	struct setter *s = arg;

	mark_add(&s->s_ran);
}

static void
stop(struct setter *s)
{
	if (callout_stop(&s->s_callout))
		mark_add(&s->s_stopped);
}

/* Another CPU may stop it before we set it again, and after. */
static void
set(struct pair_side *side, uint64_t nsecs)
{
	struct setter *s = &setters[side->s_number];

	stop(s);
	s->s_set++;
	callout_reset_nsec(&s->s_callout, nsecs, timed, s);
}

static void
op_set_soon(struct pair_side *side)
{
	set(side, rng_below(&side->s_rng, 20000));
}

static void
op_set_late(struct pair_side *side)
{
	set(side, 1000000000);
}

static void
op_stop(struct pair_side *side)
{
	stop(&setters[side->s_number]);
}

static void
op_stop_others(struct pair_side *side)
{
	stop(&setters[1 - side->s_number]);
}

static bool
all_have_ended(void)
{
	bool good = true;

	for (u_int i = 0; i < PAIR_SIDES; i++) {
		struct setter *s = &setters[i];

		stop(s);
		/* One that was taken out to run runs. */
		SPIN_UNTIL(mark_read(&s->s_ran) + mark_read(&s->s_stopped) >=
			   s->s_set);
		good &= CHECK_EQ(
		    mark_read(&s->s_ran) + mark_read(&s->s_stopped), s->s_set);
		good &= CHECK(!callout_pending(&s->s_callout));
	}
	return (good);
}

CASE(callout_pairs, .api = XCVM_API_KERNEL, PAIR,
    .doc = "Two of each pair of operations at once, on two CPUs: a callout "
	   "that is set runs once, or is stopped once.")
{
	static const struct pair_op ops[] = {
	    {"a callout set to soon", op_set_soon},
	    {"a callout set to late", op_set_late},
	    {"its own stopped", op_stop},
	    {"the other's stopped", op_stop_others},
	};

	for (u_int i = 0; i < PAIR_SIDES; i++)
		callout_init(&setters[i].s_callout, CALLOUT_MPSAFE);
	pairs_run(ops, nitems(ops), all_have_ended);
	take_interrupts_everywhere();
	CHECK(all_have_ended());
}

#endif /* MULTIPROCESSOR */
