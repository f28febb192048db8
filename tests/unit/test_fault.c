/* SPDX-License-Identifier: ISC */
/*
 * A fault plan at work: which event gets which fault, and what becomes of it.
 */
#include <string.h>

#include "fault.h"
#include "unit.h"

#define NCPUS	   8
#define SEED	   42
#define EVENTS_MAX 20000

static struct fault_spec plan[2];
static struct fault *fault;
static struct fault_arrival arrivals[FAULT_ARRIVALS_MAX];
static struct fault_hit hit;
static bool injected;

static void
entry(size_t i, const char *text)
{
	struct refusal why;

	if (!CHECK(fault_spec_parse(&plan[i], "--fault", text, &why) == 0))
		CHECK_HAS(why.text, "no refusal");
}

/* Begin with a plan of one entry, or of two. */
static void
begin(uint64_t seed, const char *first, const char *second)
{
	fault_close(fault);
	entry(0, first);
	if (second != NULL)
		entry(1, second);
	fault = fault_open(plan, second != NULL ? 2 : 1, NCPUS, seed);
	CHECK(fault != NULL);
}

static void
end(void)
{
	fault_close(fault);
	fault = NULL;
}

static size_t
send_at(uint64_t now_us, uint32_t src, uint32_t dst, uint32_t vector)
{
	const struct fault_ipi ipi = {src, dst, vector};

	return (fault_delivery(fault, now_us, &ipi, arrivals, &hit, &injected));
}

static size_t
send(uint32_t src, uint32_t dst, uint32_t vector)
{
	return (send_at(0, src, dst, vector));
}

static bool
arrives(size_t i, uint32_t src, uint32_t dst, uint32_t vector)
{
	const struct fault_arrival *a = &arrivals[i];

	return (CHECK_EQ(a->ipi.src, src) && CHECK_EQ(a->ipi.dst, dst) &&
		CHECK_EQ(a->ipi.vector, vector));
}

static void
nothing_planned(void)
{
	begin(SEED, "kind=lost,probability=0", NULL);
	for (uint32_t i = 0; i < 1000; i++) {
		CHECK_EQ(send(0, 1, 80), 1);
		arrives(0, 0, 1, 80);
		CHECK(!injected);
		CHECK_EQ(arrivals[0].delay_us, 0);
	}
	CHECK_EQ(fault_count(fault, 0).eligible, 1000);
	CHECK_EQ(fault_count(fault, 0).injected, 0);
	CHECK(fault_spent(fault, 0));
	end();
}

static void
the_nth_alone(void)
{
	begin(SEED, "kind=lost,nth=5", NULL);
	for (uint64_t i = 1; i <= 20; i++) {
		CHECK_EQ(fault_spent(fault, 0), i > 5);
		CHECK_EQ(send(0, 1, 80), i == 5 ? 0 : 1);
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
	end();
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

		begin(SEED, table[i].spec, NULL);
		for (int event = 0; event < 100; event++)
			CHECK_EQ(send(0, 1, 80), naive_takes(&naive) ? 0 : 1);
		CHECK_EQ(fault_count(fault, 0).eligible, 100);
		CHECK_EQ(fault_spent(fault, 0), naive.times == 0);
	}
	end();
}

/* Which of the events are lost, as bits. */
static void
run(uint8_t *lost, uint32_t events, uint32_t dsts)
{
	memset(lost, 0, events);
	for (uint32_t i = 0; i < events; i++)
		lost[i] = send(0, 1 + i % dsts, 80) == 0;
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

	begin(SEED, "kind=lost,probability=30", NULL);
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

	begin(SEED, "kind=lost,probability=30", NULL);
	run(b, EVENTS_MAX, 1);
	CHECK(memcmp(a, b, sizeof(a)) == 0);
	begin(SEED + 1, "kind=lost,probability=30", NULL);
	run(b, EVENTS_MAX, 1);
	CHECK(memcmp(a, b, sizeof(a)) != 0);
	/* The same entry in another place draws other numbers. */
	begin(SEED, "kind=dup,probability=0", "kind=lost,probability=30");
	run(b, EVENTS_MAX, 1);
	CHECK(memcmp(a, b, sizeof(a)) != 0);
	end();
}

/* What others send does not change which of mine are taken. */
static void
events_of_others(void)
{
	static uint8_t a[1000], b[1000];

	begin(SEED, "kind=lost,src=0,probability=50", NULL);
	for (uint32_t i = 0; i < 1000; i++)
		a[i] = send(0, 1, 80) == 0;
	begin(SEED, "kind=lost,src=0,probability=50", "kind=dup,src=3");
	for (uint32_t i = 0; i < 1000; i++) {
		for (uint32_t other = 0; other < i % 5; other++)
			CHECK_EQ(send(3, 1, 80), 2);
		b[i] = send(0, 1, 80) == 0;
	}
	CHECK(memcmp(a, b, sizeof(a)) == 0);
	CHECK_EQ(fault_count(fault, 0).eligible, 1000);
	end();
}

static void
selectors(void)
{
	begin(SEED, "kind=lost,src=2,dst=3,vector=80,after=100", NULL);
	CHECK_EQ(send_at(100, 2, 3, 80), 0);
	CHECK_EQ(send_at(99, 2, 3, 80), 1);
	CHECK_EQ(send_at(100, 1, 3, 80), 1);
	CHECK_EQ(send_at(100, 2, 2, 80), 1);
	CHECK_EQ(send_at(100, 2, 3, 81), 1);
	CHECK_EQ(send_at(100, 2, 3, FAULT_VECTOR_NMI), 1);
	CHECK_EQ(fault_count(fault, 0).eligible, 1);
	/* An NMI only when named. */
	begin(SEED, "kind=lost", "kind=lost,vector=nmi");
	CHECK_EQ(send(0, 1, FAULT_VECTOR_NMI), 0);
	CHECK_EQ(hit.entry, 1);
	CHECK_EQ(send(0, 1, 80), 0);
	CHECK_EQ(hit.entry, 0);
	CHECK_EQ(fault_count(fault, 0).eligible, 1);
	CHECK_EQ(fault_count(fault, 1).eligible, 1);
	/* What is at points of time does not meet a delivery. */
	begin(SEED, "kind=spurious,vector=80", "kind=nmi,every_us=100");
	CHECK_EQ(send(0, 1, 80), 1);
	CHECK(!injected);
	CHECK_EQ(fault_count(fault, 0).eligible, 0);
	CHECK_EQ(fault_count(fault, 1).eligible, 0);
	end();
}

static void
one_fault_at_most(void)
{
	begin(SEED, "kind=lost,nth=2", "kind=dup,interval=2");
	CHECK_EQ(send(0, 1, 80), 1);
	CHECK_EQ(send(0, 1, 80), 0); /* both would take it */
	CHECK_EQ(send(0, 1, 80), 1);
	CHECK_EQ(send(0, 1, 80), 2);
	CHECK_EQ(fault_count(fault, 0).eligible, 4);
	CHECK_EQ(fault_count(fault, 1).eligible, 4);
	CHECK_EQ(fault_count(fault, 1).injected, 1);
	end();
}

static void
each_kind(void)
{
	begin(SEED, "kind=dup", NULL);
	CHECK_EQ(send(0, 1, 80), 2);
	arrives(0, 0, 1, 80);
	arrives(1, 0, 1, 80);
	CHECK_EQ(arrivals[0].delay_us + arrivals[1].delay_us, 0);
	begin(SEED, "kind=dup,delay_us=60", NULL);
	CHECK_EQ(send(0, 1, 80), 2);
	CHECK_EQ(arrivals[0].delay_us, 0);
	CHECK_EQ(arrivals[1].delay_us, 60);
	begin(SEED, "kind=delay,delay_us=70", NULL);
	CHECK_EQ(send(0, 1, 80), 1);
	arrives(0, 0, 1, 80);
	CHECK_EQ(arrivals[0].delay_us, 70);
	CHECK_EQ(arrivals[0].ticket, 0);
	begin(SEED, "kind=misroute,to=5", NULL);
	CHECK_EQ(send(0, 1, 80), 1);
	arrives(0, 0, 5, 80);
	CHECK_EQ(hit.dst, 1);
	CHECK_EQ(hit.to, 5);
	begin(SEED, "kind=nmi", NULL);
	CHECK_EQ(send(0, 1, 80), 1);
	arrives(0, 0, 1, FAULT_VECTOR_NMI);
	CHECK_EQ(hit.vector, 80);
	end();
}

static void
misroute_drawn(void)
{
	uint32_t seen[NCPUS] = {0};

	begin(SEED, "kind=misroute", NULL);
	for (int i = 0; i < 1000; i++) {
		CHECK_EQ(send(0, 3, 80), 1);
		CHECK_EQ(hit.to, arrivals[0].ipi.dst);
		if (CHECK(hit.to < NCPUS))
			seen[hit.to]++;
	}
	for (uint32_t cpu = 0; cpu < NCPUS; cpu++)
		CHECK(cpu == 3 ? seen[cpu] == 0 : seen[cpu] > 70);
	/* With one CPU there is nowhere else. */
	fault_close(fault);
	fault = fault_open(plan, 1, 1, SEED);
	CHECK_EQ(send(0, 0, 80), 1);
	CHECK(!injected);
	CHECK_EQ(arrivals[0].ipi.dst, 0);
	end();
}

static void
reorder(void)
{
	struct fault_ipi ipi;
	uint64_t ticket;

	begin(SEED, "kind=reorder,times=1,delay_us=30", NULL);
	CHECK_EQ(send(0, 1, 80), 1);
	CHECK_EQ(arrivals[0].delay_us, 30);
	ticket = arrivals[0].ticket;
	CHECK(ticket != 0);
	CHECK(fault_holds(fault));
	/* One to another CPU does not overtake it, one to the same does. */
	CHECK_EQ(send(0, 2, 81), 1);
	CHECK_EQ(send(2, 1, 82), 2);
	arrives(0, 2, 1, 82);
	arrives(1, 0, 1, 80);
	CHECK_EQ(arrivals[1].delay_us, 0);
	CHECK(!fault_holds(fault));
	CHECK(!fault_release(fault, ticket, &ipi));
	CHECK_EQ(send(0, 1, 83), 1);

	/* Nothing comes: it is given when its time is over, once. */
	begin(SEED, "kind=reorder,times=1", NULL);
	send(0, 1, 80);
	ticket = arrivals[0].ticket;
	CHECK(fault_release(fault, ticket, &ipi));
	CHECK_EQ(ipi.dst, 1);
	CHECK_EQ(ipi.vector, 80);
	CHECK(!fault_release(fault, ticket, &ipi));
	CHECK(!fault_holds(fault));

	/* All of them: they change places two by two. */
	begin(SEED, "kind=reorder", NULL);
	CHECK_EQ(send(0, 1, 80), 1);
	CHECK(arrivals[0].ticket != 0);
	CHECK_EQ(send(0, 1, 81), 2);
	arrives(0, 0, 1, 81);
	arrives(1, 0, 1, 80);
	CHECK_EQ(send(0, 1, 82), 1);
	CHECK(arrivals[0].ticket != 0);
	CHECK_EQ(fault_count(fault, 0).injected, 3);
	end();
}

/* What does not go ahead itself does not let go what is held back. */
static void
reorder_and_others(void)
{
	begin(SEED, "kind=reorder,nth=1", "kind=lost,nth=2");
	CHECK_EQ(send(0, 1, 80), 1);
	CHECK_EQ(send(0, 1, 81), 0);
	CHECK(fault_holds(fault));
	begin(SEED, "kind=reorder,nth=1", "kind=delay,delay_us=5,nth=2");
	CHECK_EQ(send(0, 1, 80), 1);
	CHECK_EQ(send(0, 1, 81), 1);
	CHECK_EQ(arrivals[0].delay_us, 5);
	CHECK(fault_holds(fault));
	begin(SEED, "kind=reorder,nth=1", "kind=dup,nth=2");
	CHECK_EQ(send(0, 1, 80), 1);
	CHECK_EQ(send(0, 1, 81), 3);
	arrives(1, 0, 1, 81);
	arrives(2, 0, 1, 80);
	/* A misrouted one overtakes where it arrives. */
	begin(SEED, "kind=reorder,nth=1", "kind=misroute,nth=2,to=1");
	CHECK_EQ(send(0, 1, 80), 1);
	CHECK_EQ(send(0, 2, 81), 2);
	arrives(0, 0, 1, 81);
	arrives(1, 0, 1, 80);
	end();
}

static void
ticks(void)
{
	uint32_t seen[NCPUS] = {0}, slow;

	begin(SEED, "kind=stall,stall_us=5,interval=2", NULL);
	for (int i = 1; i <= 2000; i++) {
		CHECK_EQ(fault_tick(fault, 0, &hit), i % 2 == 0);
		if (i % 2 == 0 && CHECK(hit.dst < NCPUS))
			seen[hit.dst]++;
	}
	for (uint32_t cpu = 0; cpu < NCPUS; cpu++)
		CHECK(seen[cpu] > 70);
	CHECK_EQ(hit.nth, 2000);
	CHECK_EQ(hit.src, FAULT_CPU_NONE);
	CHECK_EQ(hit.vector, FAULT_VECTOR_NONE);

	begin(SEED, "kind=slow,duty=10", NULL);
	CHECK(fault_tick(fault, 0, &hit));
	slow = hit.dst;
	for (int i = 0; i < 100; i++) {
		CHECK(fault_tick(fault, 0, &hit));
		CHECK_EQ(hit.dst, slow);
	}
	begin(
	    SEED, "kind=spurious,vector=99,to=6", "kind=nmi,every_us=50,dst=2");
	CHECK(fault_tick(fault, 0, &hit));
	CHECK_EQ(hit.dst, 6);
	CHECK_EQ(hit.vector, 99);
	CHECK(fault_tick(fault, 1, &hit));
	CHECK_EQ(hit.entry, 1);
	CHECK_EQ(hit.dst, 2);
	CHECK_EQ(hit.vector, FAULT_VECTOR_NMI);
	begin(SEED, "kind=spurious,vector=99,times=2", NULL);
	CHECK(fault_tick(fault, 0, &hit));
	CHECK(!fault_spent(fault, 0));
	CHECK(fault_tick(fault, 0, &hit));
	CHECK(fault_spent(fault, 0));
	CHECK(!fault_tick(fault, 0, &hit));
	end();
}

static void
entries(void)
{
	begin(SEED, "kind=preempt,function=f,for_us=9,dst=1,nth=2",
	    "kind=preempt,function=g,for_us=8,after=50");
	CHECK(!fault_entered(fault, 0, "f", 1, &hit));
	CHECK(!fault_entered(fault, 0, "f", 0, &hit));
	CHECK(!fault_entered(fault, 0, "g", 1, &hit));
	CHECK(fault_entered(fault, 0, "f", 1, &hit));
	CHECK_EQ(hit.entry, 0);
	CHECK_EQ(hit.dst, 1);
	CHECK_EQ(hit.nth, 2);
	CHECK(fault_entered(fault, 50, "g", 3, &hit));
	CHECK_EQ(hit.entry, 1);
	CHECK_EQ(hit.dst, 3);
	CHECK_EQ(fault_count(fault, 0).eligible, 2);
	CHECK_EQ(fault_count(fault, 1).eligible, 1);
	end();
}

UNIT_MAIN(TEST(nothing_planned), TEST(the_nth_alone), TEST(linux_attributes),
    TEST(probability), TEST(events_of_others), TEST(selectors),
    TEST(one_fault_at_most), TEST(each_kind), TEST(misroute_drawn),
    TEST(reorder), TEST(reorder_and_others), TEST(ticks), TEST(entries))
