/* SPDX-License-Identifier: ISC */
/* cpu_xcall(9) and xcall(9), small. */
#include "explore/explore.h"

#ifdef MULTIPROCESSOR

struct seen {
	volatile u_int s_stored, s_seen, s_begun, s_runs, s_dead;
};

static struct seen seen, other;

static void
see(void *arg)
{
	struct seen *s = arg;

	CHECK_EQ(s->s_dead, 0);
	s->s_begun = s->s_stored;
	s->s_seen = s->s_stored;
	atomic_inc_uint(&s->s_runs);
}

static void
wrong_function(void *arg __unused)
{
	case_failed(__FILE__, __LINE__,
	    "an xcall is its owner's once its function runs", NULL);
}

EXPLORE(cpu_xcall, CPU_XCALL, "O1,O16", 2,
    "What is stored before a call is seen; the object is its owner's again as "
    "soon as the function runs, and may be called again.")
{
	static struct xcall xc;

	explore_start();
	for (u_int i = 1; i <= 2; i++) {
		seen.s_stored = i;
		cpu_xcall_set(&xc, see, &seen);
		cpu_xcall(cpu_lookup(1), &xc);
		SPIN_UNTIL(seen.s_begun == i);
		xc.xc_func = wrong_function;
	}
	SPIN_UNTIL(seen.s_runs == 2);
	CHECK_EQ(seen.s_seen, 2);
	explore_end();
}

static void
sync_to(struct seen *s, u_int value, struct cpu_info *ci)
{
	s->s_stored = value;
	cpu_xcall_sync(ci, see, s, "explore");
	CHECK_EQ(s->s_seen, value);
	CHECK_EQ(s->s_runs, value);
}

EXPLORE(cpu_xcall_sync, CPU_XCALL, "O17", 2,
    "cpu_xcall_sync() returns after the function, and what that wrote is "
    "seen; a second one right after.")
{
	explore_start();
	sync_to(&seen, 1, cpu_lookup(1));
	sync_to(&seen, 2, cpu_lookup(1));
	seen.s_dead = 1;
	explore_end();
}

static void
sync_back(void *arg __unused)
{
	sync_to(&other, 1, cpu_lookup(0));
}

EXPLORE(cpu_xcall_both, CPU_XCALL, "O17,O20", 2,
    "Two threads on two CPUs make sync calls to each other's: both return.")
{
	explore_on(sync_back, NULL);
	explore_start();
	sync_to(&seen, 1, cpu_lookup(1));
	explore_end();
}

#define CALLS (XCALL_CPU_SLOTS + 1)

EXPLORE(cpu_xcall_full, CPU_XCALL, "O10", 2,
    "One call more than there are slots: each runs once.")
{
	static struct xcall xcs[CALLS];

	seen.s_stored = 1;
	explore_start();
	for (u_int i = 0; i < CALLS; i++) {
		cpu_xcall_set(&xcs[i], see, &seen);
		cpu_xcall(cpu_lookup(1), &xcs[i]);
	}
	SPIN_UNTIL(seen.s_runs == CALLS);
	explore_end();
}

static void
call_too(void *arg)
{
	cpu_xcall(cpu_lookup(2), arg);
}

EXPLORE(cpu_xcall_two, CPU_XCALL, "O11", 3,
    "Two CPUs call a third at once: both calls run once.")
{
	static struct xcall xcs[2] = {
	    XCALL_INITIALIZER(see, &seen), XCALL_INITIALIZER(see, &other)};

	seen.s_stored = other.s_stored = 1;
	explore_on(call_too, &xcs[1]);
	explore_start();
	call_too(&xcs[0]);
	SPIN_UNTIL(seen.s_seen == 1 && other.s_seen == 1);
	explore_end();
}

EXPLORE(cpu_xcall_same_object, CPU_XCALL, "O7", 3,
    "One object queued on two CPUs runs once on each.")
{
	static struct xcall xc = XCALL_INITIALIZER(see, &seen);

	seen.s_stored = 1;
	explore_start();
	cpu_xcall(cpu_lookup(1), &xc);
	cpu_xcall(cpu_lookup(2), &xc);
	SPIN_UNTIL(seen.s_runs == 2);
	explore_end();
}

static void
call_from_interrupt(void *arg)
{
	cpu_xcall(cpu_lookup(0), arg);
}

EXPLORE(cpu_xcall_from_call, CPU_XCALL, "O1", 2,
    "A call's function makes a call back: both run.")
{
	static struct xcall back = XCALL_INITIALIZER(see, &seen);
	static struct xcall there =
	    XCALL_INITIALIZER(call_from_interrupt, &back);

	seen.s_stored = 1;
	explore_start();
	cpu_xcall(cpu_lookup(1), &there);
	SPIN_UNTIL(seen.s_seen == 1);
	explore_end();
}

/* --- xcall(9) --- */

static void
see_2(void *arg, void *value)
{
	struct seen *s = arg;

	CHECK_EQ(s->s_stored, (uintptr_t)value);
	CHECK_EQ(s->s_dead, 0);
	s->s_seen = s->s_stored;
	atomic_inc_uint(&s->s_runs);
}

static void
call_wait(u_int flags, struct cpu_info *ci, struct seen *s, u_int value)
{
	u_int runs = s->s_runs;

	s->s_stored = value;
	nx_call(flags, ci, see_2, s, (void *)(uintptr_t)value);
	CHECK_EQ(s->s_seen, value);
	CHECK_EQ(s->s_runs, runs + (ci != NULL ? 1 : ncpu));
}

#define UNICAST(name_, flags_, what_)                                         \
	EXPLORE(name_, XCALL, "N20,N21", 2,                                   \
	    "A " what_ " call to another CPU has run when the wait is over, " \
	    "and so has the next.")                                           \
	{                                                                     \
		explore_start();                                              \
		call_wait(flags_, cpu_lookup(1), &seen, 1);                   \
		call_wait(flags_, cpu_lookup(1), &seen, 2);                   \
		seen.s_dead = 1;                                              \
		explore_end();                                                \
	}

UNICAST(xcall_low, 0, "LOW")
UNICAST(xcall_high, XC_HIGHPRI, "HIGH")

EXPLORE(xcall_low_broadcast, XCALL, "N1", 2,
    "A LOW broadcast has run on each CPU when the wait is over.")
{
	explore_start();
	call_wait(0, NULL, &seen, 1);
	explore_end();
}

EXPLORE(xcall_high_broadcast, XCALL, "N2", 2,
    "A HIGH broadcast has run on each CPU when the wait is over.")
{
	explore_start();
	call_wait(XC_HIGHPRI, NULL, &seen, 1);
	explore_end();
}

static void
submit_too(void *arg __unused)
{
	call_wait(0, cpu_lookup(0), &other, 1);
}

EXPLORE(xcall_two, XCALL, "N17", 2,
    "Two LOW calls from two CPUs to each other: one after the other, both "
    "done.")
{
	explore_on(submit_too, NULL);
	explore_start();
	call_wait(0, cpu_lookup(1), &seen, 1);
	explore_end();
}

static void
submit_high(void *arg __unused)
{
	call_wait(XC_HIGHPRI, cpu_lookup(0), &other, 1);
}

EXPLORE(xcall_high_two, XCALL, "N19", 2,
    "Two HIGH calls from two CPUs to each other: one after the other, both "
    "done.")
{
	explore_on(submit_high, NULL);
	explore_start();
	call_wait(XC_HIGHPRI, cpu_lookup(1), &seen, 1);
	explore_end();
}

static volatile uint64_t ticket;

static void
wait_too(void *arg __unused)
{
	uint64_t t;

	SPIN_UNTIL((t = atomic_load_acquire(&ticket)) != 0);
	xc_wait(t);
	CHECK_EQ(seen.s_runs, 2);
}

EXPLORE(xcall_ticket, XCALL, "N10", 2,
    "A ticket that another CPU waits for: its call, and the one before, are "
    "done.")
{
	explore_on(wait_too, NULL);
	seen.s_stored = 1;
	explore_start();
	(void)xc_unicast(0, see_2, &seen, (void *)1, cpu_lookup(1));
	atomic_store_release(
	    &ticket, xc_unicast(0, see_2, &seen, (void *)1, cpu_lookup(0)));
	explore_join();
	explore_end();
}

static volatile u_int inside;

static void
section(void *arg __unused)
{
	kpreempt_disable();
	atomic_store_release(&inside, 1);
	CPU_BUSY_CYCLE();
	atomic_store_release(&inside, 2);
	kpreempt_enable();
}

EXPLORE(xcall_barrier, XCALL, "N23", 2,
    "xc_barrier() returns after a section that preemption held off.")
{
	explore_on(section, NULL);
	explore_start();
	if (atomic_load_acquire(&inside) == 1) {
		xc_barrier(0);
		CHECK_EQ(inside, 2);
	}
	explore_end();
}

#endif /* MULTIPROCESSOR */
