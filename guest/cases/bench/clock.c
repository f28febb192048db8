/* SPDX-License-Identifier: ISC */
/*
 * The clocks of the CPUs, compared: a CPU reads its clock between two readings
 * of ours, so the difference is known to within what passed between these.
 */
#include <sys/kmem.h>
#include "bench/bench.h"

#define ROUNDS 64

struct clock {
	int64_t c_low, c_high; /* its clock is ahead of ours by that */
};
static struct clock *clocks;

/* Each in a line of its own: this is about how fast one sees the other's. */
static struct {
	volatile uint32_t asked __cacheline_aligned;
	volatile uint32_t answered __cacheline_aligned;
	volatile uint32_t told __cacheline_aligned;
	volatile uint64_t tsc; /* the answer, when it is told */
} ping;

/*
 * Read the clock, and tell; be told, and read the clock, not before.  In as
 * few instructions as there can be, for that is how well we know the clocks.
 */
static inline uint64_t
clock_tell(volatile uint32_t *word)
{
	uint32_t lo, hi;

	__asm volatile("rdtsc; incl %2"
		       : "=&a"(lo), "=&d"(hi), "+m"(*word)
		       :
		       : "memory");
	return ((uint64_t)hi << 32 | lo);
}

static inline uint64_t
clock_await(const volatile uint32_t *word, uint32_t until)
{
	__asm volatile("1: cmpl %1, %0; jne 1b; lfence"
		       :
		       : "m"(*word), "r"(until)
		       : "memory");
	return (cpu_counter());
}

static void
clock_answer(void *arg __unused)
{
	for (u_int round = 1; round <= ROUNDS; round++) {
		uint64_t tsc;

		tsc = clock_await(&ping.asked, round);
		ping.answered = round;
		ping.tsc = tsc;
		ping.told = round;
	}
}

static void
clock_compare(struct cpu_info *ci, struct clock *c)
{
	struct lwp *l;

	ping.asked = ping.answered = ping.told = 0;
	*c = (struct clock){INT64_MIN, INT64_MAX};
	l = thread_start(ci, clock_answer, NULL);
	for (u_int round = 1; round <= ROUNDS; round++) {
		uint64_t before, after;

		before = clock_tell(&ping.asked);
		after = clock_await(&ping.answered, round);
		SPIN_UNTIL(ping.told == round);
		c->c_low = MAX(c->c_low, (int64_t)(ping.tsc - after));
		c->c_high = MIN(c->c_high, (int64_t)(ping.tsc - before));
	}
	thread_join(l);
}

static int64_t
clock_offset(const struct clock *c)
{
	if (c->c_low <= 0 && c->c_high >= 0)
		return (0);
	return (c->c_low + (c->c_high - c->c_low) / 2);
}

static uint64_t
clock_bound(const struct clock *c)
{
	int64_t offset = clock_offset(c);

	return ((uint64_t)MAX(c->c_high - offset, offset - c->c_low));
}

void
bench_clock_compare(void)
{
	char name[48];

	clocks = kmem_zalloc(ncpu * sizeof(*clocks), KM_SLEEP);
	for (u_int i = 0; i < ncpu; i++) {
		struct cpu_info *ci = cpu_lookup(i);
		int64_t offset;

		if (ci == curcpu() || !cpu_is_running(ci))
			continue;
		clock_compare(ci, &clocks[i]);
		offset = clock_offset(&clocks[i]);
		snprintf(name, sizeof(name), "tsc offset of cpu%u", i);
		case_metric(
		    name, "cycles", (uint64_t)(offset < 0 ? -offset : offset));
		snprintf(name, sizeof(name), "tsc offset bound of cpu%u", i);
		case_metric(name, "cycles", clock_bound(&clocks[i]));
	}
}

uint64_t
bench_local(const struct cpu_info *ci, uint64_t tsc)
{
	return (tsc - (uint64_t)clock_offset(&clocks[cpu_index(ci)]));
}

uint64_t
bench_clock_bound(const struct cpu_info *ci)
{
	uint64_t bound = 0;

	if (ci != NULL)
		return (clock_bound(&clocks[cpu_index(ci)]));
	for (u_int i = 0; i < ncpu; i++)
		bound = MAX(bound, clock_bound(&clocks[i]));
	return (bound);
}
