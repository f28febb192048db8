/* SPDX-License-Identifier: ISC */
/* What small cases share: threads that stand at the line. */
#include "explore/explore.h"

#define OTHERS 3

static struct other {
	void (*o_func)(void *);
	void *o_arg;
	struct mark o_ready;
} others[OTHERS];
static u_int nothers;
static volatile bool started;
static struct mark over;

static void
other_thread(void *arg)
{
	struct other *o = arg;

	mark_add(&o->o_ready);
	SPIN_UNTIL(started);
	o->o_func(o->o_arg);
	mark_add(&over);
}

void
explore_on(void (*func)(void *), void *arg)
{
	struct other *o = &others[nothers++];

	o->o_func = func;
	o->o_arg = arg;
	thread_start(cpu_lookup(nothers), other_thread, o);
	mark_wait(&o->o_ready, 1);
}

void
explore_start(void)
{
	cpu_explore_begin();
	started = true;
}

void
explore_join(void)
{
	mark_wait(&over, nothers);
}

static void
settle_thread(void *arg __unused)
{
	membar_sync();
}

void
explore_settle(void)
{
	membar_sync();
	for (u_int i = 1; i <= nothers; i++)
		thread_join(thread_start(cpu_lookup(i), settle_thread, NULL));
}

void
explore_end(void)
{
	explore_join();
	case_done();
}
