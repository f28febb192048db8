/* SPDX-License-Identifier: ISC */
/*
 * Litmus tests: what loads may see of other CPUs' stores, by name as in the
 * literature (Owens, Sarkar, Sewell: A better x86 memory model: x86-TSO).  An
 * outcome is a number of which each bit is a final value that is 1, or as the
 * case says; the model machine counts the orders of each.
 */
#include "explore/explore.h"

#ifdef MULTIPROCESSOR

static struct {
	volatile u_int x __cacheline_aligned;
	volatile u_int y __cacheline_aligned;
	volatile u_int r[4] __cacheline_aligned;
} l;

#define LOAD(a)	    atomic_load_relaxed(&l.a)
#define STORE(a, v) atomic_store_relaxed(&l.a, v)

/* Is it one of the model machine's weak memory models? */
static bool
is_weak(void)
{
#ifdef XCVM_MODEL
	return (case_param("memory") >= 2);
#else
	return (false);
#endif
}

/* How the litmus test has ended; those of `forbidden` never, on x86. */
static void __dead
outcome(u_int number, uint64_t forbidden)
{
	cpu_explore_outcome(number);
	if (!is_weak())
		CHECK_EQ(forbidden >> number & 1, 0);
	case_done();
}

#define BITS(a, b) ((a) | (b) << 1)

#define LITMUS(name_, cpus_, doc_) \
	EXPLORE(litmus_##name_, KERNEL, "", cpus_, doc_)

static void
sb_1(void *arg __unused)
{
	STORE(y, 1);
	l.r[1] = LOAD(x);
}

LITMUS(sb, 2, "SB: two stores may both pass the load that follows.")
{
	explore_on(sb_1, NULL);
	explore_start();
	STORE(x, 1);
	l.r[0] = LOAD(y);
	explore_join();
	outcome(BITS(l.r[0], l.r[1]), 0);
}

static void
sb_fence_1(void *arg __unused)
{
	STORE(y, 1);
	membar_sync();
	l.r[1] = LOAD(x);
}

LITMUS(sb_fence, 2, "SB with full fences: one of the stores is seen.")
{
	explore_on(sb_fence_1, NULL);
	explore_start();
	STORE(x, 1);
	membar_sync();
	l.r[0] = LOAD(y);
	explore_join();
	outcome(BITS(l.r[0], l.r[1]), 1 << 0);
}

static void
mp_1(void *arg __unused)
{
	l.r[0] = LOAD(y);
	l.r[1] = LOAD(x);
}

LITMUS(mp, 2, "MP: stores are seen in their order.")
{
	explore_on(mp_1, NULL);
	explore_start();
	STORE(x, 1);
	STORE(y, 1);
	explore_join();
	outcome(BITS(l.r[0], l.r[1]), 1 << BITS(1, 0));
}

static void
lb_1(void *arg __unused)
{
	l.r[1] = LOAD(y);
	STORE(x, 1);
}

LITMUS(lb, 2, "LB: no load sees a store that follows it.")
{
	explore_on(lb_1, NULL);
	explore_start();
	l.r[0] = LOAD(x);
	STORE(y, 1);
	explore_join();
	outcome(BITS(l.r[0], l.r[1]), 1 << BITS(1, 1));
}

static void
w22_1(void *arg __unused)
{
	STORE(y, 1);
	STORE(x, 2);
}

LITMUS(2_2w, 2, "2+2W: both CPUs' first stores do not come last.")
{
	explore_on(w22_1, NULL);
	explore_start();
	STORE(x, 1);
	STORE(y, 2);
	explore_join();
	explore_settle();
	outcome(BITS(LOAD(x) == 1, LOAD(y) == 1), 1 << BITS(1, 1));
}

static void
r_1(void *arg __unused)
{
	STORE(y, 2);
	l.r[0] = LOAD(x);
}

LITMUS(r, 2, "R: the second store may be first, and its load see nothing.")
{
	explore_on(r_1, NULL);
	explore_start();
	STORE(x, 1);
	STORE(y, 1);
	explore_join();
	explore_settle();
	outcome(BITS(LOAD(y) == 2, l.r[0]), 0);
}

static void
s_1(void *arg __unused)
{
	l.r[0] = LOAD(y);
	STORE(x, 1);
}

LITMUS(s, 2, "S: a store is not overtaken by what a sight of it leads to.")
{
	explore_on(s_1, NULL);
	explore_start();
	STORE(x, 2);
	STORE(y, 1);
	explore_join();
	explore_settle();
	outcome(BITS(l.r[0], LOAD(x) == 2), 1 << BITS(1, 1));
}

static void
iriw_x(void *arg __unused)
{
	STORE(x, 1);
}

static void
iriw_xy(void *arg __unused)
{
	l.r[0] = LOAD(x);
	l.r[1] = LOAD(y);
}

static void
iriw_yx(void *arg __unused)
{
	l.r[2] = LOAD(y);
	l.r[3] = LOAD(x);
}

LITMUS(iriw, 4, "IRIW: two CPUs agree in which order two stores came.")
{
	explore_on(iriw_x, NULL);
	explore_on(iriw_xy, NULL);
	explore_on(iriw_yx, NULL);
	explore_start();
	STORE(y, 1);
	explore_join();
	outcome(BITS(l.r[0], l.r[1]) | BITS(l.r[2], l.r[3]) << 2,
	    1ULL << (BITS(1, 0) | BITS(1, 0) << 2));
}

#endif /* MULTIPROCESSOR */
