/* SPDX-License-Identifier: ISC */
/*
 * A fault plan at work: which of the interrupts that are sent it takes.
 */
#include <string.h>

#include "plan.h"

#define EVENTS_MAX 20000

static void
nothing_planned(void)
{
	plan_begin(PLAN_SEED, "kind=lost,probability=0", NULL);
	for (uint32_t i = 0; i < 1000; i++) {
		CHECK_EQ(plan_send(0, 1, 80), 1);
		plan_arrives(0, 0, 1, 80);
		CHECK(!injected);
		CHECK_EQ(arrivals[0].delay_us, 0);
	}
	CHECK_EQ(fault_count(fault, 0).eligible, 1000);
	CHECK_EQ(fault_count(fault, 0).injected, 0);
	CHECK(fault_spent(fault, 0));
	plan_end();
}

static void
the_nth_alone(void)
{
	plan_begin(PLAN_SEED, "kind=lost,nth=5", NULL);
	for (uint64_t i = 1; i <= 20; i++) {
		CHECK_EQ(fault_spent(fault, 0), i > 5);
		CHECK_EQ(plan_send(0, 1, 80), i == 5 ? 0 : 1);
		CHECK_EQ(injected, i == 5);
		if (injected) {
			CHECK_EQ(hit.nth, 5);
			CHECK_EQ(hit.entry, 0);
			CHECK_EQ(hit.src, 0);
			CHECK_EQ(hit.dst, 1);
			CHECK_EQ(hit.vector, 80);
			CHECK_EQ(hit.to, FAULT_CPU_NONE);
			CHECK(hit.spec == &plan[0]);
		}
	}
	CHECK_EQ(fault_count(fault, 0).eligible, 20);
	CHECK_EQ(fault_count(fault, 0).injected, 1);
	plan_end();
}

/* Linux's should_fail(), with its own counters, and space as we have it. */
struct naive {
	uint64_t interval, space, count;
	int64_t times;
};

static bool
naive_takes(struct naive *naive)
{
	if (naive->times == 0)
		return (false);
	if (naive->space > 0) {
		naive->space--;
		return (false);
	}
	if (naive->interval > 1) {
		naive->count++;
		if (naive->count % naive->interval != 0)
			return (false);
	}
	if (naive->times != -1)
		naive->times--;
	return (true);
}

static void
linux_attributes(void)
{
	static const struct {
		const char *spec;
		struct naive naive;
	} table[] = {
	    {"kind=lost", {1, 0, 0, -1}},
	    {"kind=lost,times=0", {1, 0, 0, 0}},
	    {"kind=lost,times=3", {1, 0, 0, 3}},
	    {"kind=lost,space=7", {1, 7, 0, -1}},
	    {"kind=lost,interval=4", {4, 0, 0, -1}},
	    {"kind=lost,interval=4,space=3,times=5", {4, 3, 0, 5}},
	    {"kind=lost,interval=1,space=1,times=1", {1, 1, 0, 1}},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct naive naive = table[i].naive;

		plan_begin(PLAN_SEED, table[i].spec, NULL);
		for (int event = 0; event < 100; event++)
			CHECK_EQ(
			    plan_send(0, 1, 80), naive_takes(&naive) ? 0 : 1);
		CHECK_EQ(fault_count(fault, 0).eligible, 100);
		CHECK_EQ(fault_spent(fault, 0), naive.times == 0);
	}
	plan_end();
}

/* Which of the events are lost, as bits. */
static void
run(uint8_t *lost, uint32_t events, uint32_t dsts)
{
	memset(lost, 0, events);
	for (uint32_t i = 0; i < events; i++)
		lost[i] = plan_send(0, 1 + i % dsts, 80) == 0;
}

static uint32_t
total(const uint8_t *lost, uint32_t events)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < events; i++)
		n += lost[i];
	return (n);
}

static void
probability(void)
{
	static uint8_t a[EVENTS_MAX], b[EVENTS_MAX];
	uint32_t n, pairs = 0;

	plan_begin(PLAN_SEED, "kind=lost,probability=30", NULL);
	run(a, EVENTS_MAX, 1);
	n = total(a, EVENTS_MAX);
	/* Six standard deviations; the seed is fixed. */
	CHECK(n > EVENTS_MAX * 30 / 100 - 390);
	CHECK(n < EVENTS_MAX * 30 / 100 + 390);
	/* Neighbours do not hang together. */
	for (uint32_t i = 1; i < EVENTS_MAX; i++)
		pairs += a[i - 1] && a[i];
	CHECK(pairs > EVENTS_MAX * 9 / 100 - 300);
	CHECK(pairs < EVENTS_MAX * 9 / 100 + 300);
	CHECK_EQ(fault_count(fault, 0).injected, n);

	plan_begin(PLAN_SEED, "kind=lost,probability=30", NULL);
	run(b, EVENTS_MAX, 1);
	CHECK(memcmp(a, b, sizeof(a)) == 0);
	plan_begin(PLAN_SEED + 1, "kind=lost,probability=30", NULL);
	run(b, EVENTS_MAX, 1);
	CHECK(memcmp(a, b, sizeof(a)) != 0);
	/* An entry draws other numbers in another place of the plan. */
	plan_begin(
	    PLAN_SEED, "kind=dup,probability=0", "kind=lost,probability=30");
	run(b, EVENTS_MAX, 1);
	CHECK(memcmp(a, b, sizeof(a)) != 0);
	plan_end();
}

/* What others send does not change which of mine are taken. */
static void
events_of_others(void)
{
	static uint8_t a[1000], b[1000];

	plan_begin(PLAN_SEED, "kind=lost,src=0,probability=50", NULL);
	for (uint32_t i = 0; i < 1000; i++)
		a[i] = plan_send(0, 1, 80) == 0;
	plan_begin(
	    PLAN_SEED, "kind=lost,src=0,probability=50", "kind=dup,src=3");
	for (uint32_t i = 0; i < 1000; i++) {
		for (uint32_t other = 0; other < i % 5; other++)
			CHECK_EQ(plan_send(3, 1, 80), 2);
		b[i] = plan_send(0, 1, 80) == 0;
	}
	CHECK(memcmp(a, b, sizeof(a)) == 0);
	CHECK_EQ(fault_count(fault, 0).eligible, 1000);
	plan_end();
}

static void
selectors(void)
{
	plan_begin(
	    PLAN_SEED, "kind=lost,src=2,dst=3,vector=80,after=100", NULL);
	CHECK_EQ(plan_send_at(100, 2, 3, 80), 0);
	CHECK_EQ(plan_send_at(99, 2, 3, 80), 1);
	CHECK_EQ(plan_send_at(100, 1, 3, 80), 1);
	CHECK_EQ(plan_send_at(100, 2, 2, 80), 1);
	CHECK_EQ(plan_send_at(100, 2, 3, 81), 1);
	CHECK_EQ(plan_send_at(100, 2, 3, FAULT_VECTOR_NMI), 1);
	CHECK_EQ(fault_count(fault, 0).eligible, 1);
	/* An NMI only when named. */
	plan_begin(PLAN_SEED, "kind=lost", "kind=lost,vector=nmi");
	CHECK_EQ(plan_send(0, 1, FAULT_VECTOR_NMI), 0);
	CHECK_EQ(hit.entry, 1);
	CHECK_EQ(plan_send(0, 1, 80), 0);
	CHECK_EQ(hit.entry, 0);
	CHECK_EQ(fault_count(fault, 0).eligible, 1);
	CHECK_EQ(fault_count(fault, 1).eligible, 1);
	/* What is at points of time does not meet a delivery. */
	plan_begin(
	    PLAN_SEED, "kind=spurious,vector=80", "kind=nmi,every_us=100");
	CHECK_EQ(plan_send(0, 1, 80), 1);
	CHECK(!injected);
	CHECK_EQ(fault_count(fault, 0).eligible, 0);
	CHECK_EQ(fault_count(fault, 1).eligible, 0);
	plan_end();
}

static void
one_fault_at_most(void)
{
	plan_begin(PLAN_SEED, "kind=lost,nth=2", "kind=dup,interval=2");
	CHECK_EQ(plan_send(0, 1, 80), 1);
	CHECK_EQ(plan_send(0, 1, 80), 0); /* both would take it */
	CHECK_EQ(plan_send(0, 1, 80), 1);
	CHECK_EQ(plan_send(0, 1, 80), 2);
	CHECK_EQ(fault_count(fault, 0).eligible, 4);
	CHECK_EQ(fault_count(fault, 1).eligible, 4);
	CHECK_EQ(fault_count(fault, 1).injected, 1);
	plan_end();
}

UNIT_MAIN(TEST(nothing_planned), TEST(the_nth_alone), TEST(linux_attributes),
    TEST(probability), TEST(events_of_others), TEST(selectors),
    TEST(one_fault_at_most))
