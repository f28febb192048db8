/* SPDX-License-Identifier: ISC */
/*
 * A fault plan at work: what each kind makes of an interrupt that it takes,
 * and the faults that come of themselves.
 */
#include "plan.h"

static void
each_kind(void)
{
	plan_begin(PLAN_SEED, "kind=dup", NULL);
	CHECK_EQ(plan_send(0, 1, 80), 2);
	plan_arrives(0, 0, 1, 80);
	plan_arrives(1, 0, 1, 80);
	CHECK_EQ(arrivals[0].delay_us + arrivals[1].delay_us, 0);
	plan_begin(PLAN_SEED, "kind=dup,delay_us=60", NULL);
	CHECK_EQ(plan_send(0, 1, 80), 2);
	CHECK_EQ(arrivals[0].delay_us, 0);
	CHECK_EQ(arrivals[1].delay_us, 60);
	plan_begin(PLAN_SEED, "kind=delay,delay_us=70", NULL);
	CHECK_EQ(plan_send(0, 1, 80), 1);
	plan_arrives(0, 0, 1, 80);
	CHECK_EQ(arrivals[0].delay_us, 70);
	CHECK_EQ(arrivals[0].ticket, 0);
	plan_begin(PLAN_SEED, "kind=misroute,to=5", NULL);
	CHECK_EQ(plan_send(0, 1, 80), 1);
	plan_arrives(0, 0, 5, 80);
	CHECK_EQ(hit.dst, 1);
	CHECK_EQ(hit.to, 5);
	plan_begin(PLAN_SEED, "kind=nmi", NULL);
	CHECK_EQ(plan_send(0, 1, 80), 1);
	plan_arrives(0, 0, 1, FAULT_VECTOR_NMI);
	CHECK_EQ(hit.vector, 80);
	plan_end();
}

static void
misroute_drawn(void)
{
	uint32_t seen[PLAN_NCPUS] = {0};

	plan_begin(PLAN_SEED, "kind=misroute", NULL);
	for (int i = 0; i < 1000; i++) {
		CHECK_EQ(plan_send(0, 3, 80), 1);
		CHECK_EQ(hit.to, arrivals[0].ipi.dst);
		if (CHECK(hit.to < PLAN_NCPUS))
			seen[hit.to]++;
	}
	for (uint32_t cpu = 0; cpu < PLAN_NCPUS; cpu++)
		CHECK(cpu == 3 ? seen[cpu] == 0 : seen[cpu] > 70);
	/* With one CPU there is nowhere else. */
	fault_close(fault);
	fault = fault_open(plan, 1, 1, PLAN_SEED);
	CHECK_EQ(plan_send(0, 0, 80), 1);
	CHECK(!injected);
	CHECK_EQ(arrivals[0].ipi.dst, 0);
	plan_end();
}

static void
reorder(void)
{
	struct ipi ipi;
	uint64_t ticket;

	plan_begin(PLAN_SEED, "kind=reorder,times=1,delay_us=30", NULL);
	CHECK_EQ(plan_send(0, 1, 80), 1);
	CHECK_EQ(arrivals[0].delay_us, 30);
	ticket = arrivals[0].ticket;
	CHECK(ticket != 0);
	CHECK(fault_holds(fault));
	/* One to another CPU does not overtake it, one to the same does. */
	CHECK_EQ(plan_send(0, 2, 81), 1);
	CHECK_EQ(plan_send(2, 1, 82), 2);
	plan_arrives(0, 2, 1, 82);
	plan_arrives(1, 0, 1, 80);
	CHECK_EQ(arrivals[1].delay_us, 0);
	CHECK(!fault_holds(fault));
	CHECK(!fault_release(fault, ticket, &ipi));
	CHECK_EQ(plan_send(0, 1, 83), 1);

	/* Nothing comes: it is given when its time is over, once. */
	plan_begin(PLAN_SEED, "kind=reorder,times=1", NULL);
	plan_send(0, 1, 80);
	ticket = arrivals[0].ticket;
	CHECK(fault_release(fault, ticket, &ipi));
	CHECK_EQ(ipi.dst, 1);
	CHECK_EQ(ipi.vector, 80);
	CHECK(!fault_release(fault, ticket, &ipi));
	CHECK(!fault_holds(fault));

	/* All of them: they change places two by two. */
	plan_begin(PLAN_SEED, "kind=reorder", NULL);
	CHECK_EQ(plan_send(0, 1, 80), 1);
	CHECK(arrivals[0].ticket != 0);
	CHECK_EQ(plan_send(0, 1, 81), 2);
	plan_arrives(0, 0, 1, 81);
	plan_arrives(1, 0, 1, 80);
	CHECK_EQ(plan_send(0, 1, 82), 1);
	CHECK(arrivals[0].ticket != 0);
	CHECK_EQ(fault_count(fault, 0).injected, 3);
	plan_end();
}

/* What does not go ahead itself does not let go what is held back. */
static void
reorder_and_others(void)
{
	plan_begin(PLAN_SEED, "kind=reorder,nth=1", "kind=lost,nth=2");
	CHECK_EQ(plan_send(0, 1, 80), 1);
	CHECK_EQ(plan_send(0, 1, 81), 0);
	CHECK(fault_holds(fault));
	plan_begin(
	    PLAN_SEED, "kind=reorder,nth=1", "kind=delay,delay_us=5,nth=2");
	CHECK_EQ(plan_send(0, 1, 80), 1);
	CHECK_EQ(plan_send(0, 1, 81), 1);
	CHECK_EQ(arrivals[0].delay_us, 5);
	CHECK(fault_holds(fault));
	plan_begin(PLAN_SEED, "kind=reorder,nth=1", "kind=dup,nth=2");
	CHECK_EQ(plan_send(0, 1, 80), 1);
	CHECK_EQ(plan_send(0, 1, 81), 3);
	plan_arrives(1, 0, 1, 81);
	plan_arrives(2, 0, 1, 80);
	/* A misrouted one overtakes where it arrives. */
	plan_begin(PLAN_SEED, "kind=reorder,nth=1", "kind=misroute,nth=2,to=1");
	CHECK_EQ(plan_send(0, 1, 80), 1);
	CHECK_EQ(plan_send(0, 2, 81), 2);
	plan_arrives(0, 0, 1, 81);
	plan_arrives(1, 0, 1, 80);
	plan_end();
}

static void
ticks(void)
{
	uint32_t seen[PLAN_NCPUS] = {0}, slow;

	plan_begin(PLAN_SEED, "kind=stall,stall_us=5,interval=2", NULL);
	for (int i = 1; i <= 2000; i++) {
		CHECK_EQ(fault_tick(fault, 0, &hit), i % 2 == 0);
		if (i % 2 == 0 && CHECK(hit.dst < PLAN_NCPUS))
			seen[hit.dst]++;
	}
	for (uint32_t cpu = 0; cpu < PLAN_NCPUS; cpu++)
		CHECK(seen[cpu] > 70);
	CHECK_EQ(hit.nth, 2000);
	CHECK_EQ(hit.src, FAULT_CPU_NONE);
	CHECK_EQ(hit.vector, FAULT_VECTOR_NONE);

	plan_begin(PLAN_SEED, "kind=slow,duty=10", NULL);
	CHECK(fault_tick(fault, 0, &hit));
	slow = hit.dst;
	for (int i = 0; i < 100; i++) {
		CHECK(fault_tick(fault, 0, &hit));
		CHECK_EQ(hit.dst, slow);
	}
	plan_begin(PLAN_SEED, "kind=spurious,vector=99,to=6",
	    "kind=nmi,every_us=50,dst=2");
	CHECK(fault_tick(fault, 0, &hit));
	CHECK_EQ(hit.dst, 6);
	CHECK_EQ(hit.vector, 99);
	CHECK(fault_tick(fault, 1, &hit));
	CHECK_EQ(hit.entry, 1);
	CHECK_EQ(hit.dst, 2);
	CHECK_EQ(hit.vector, FAULT_VECTOR_NMI);
	plan_begin(PLAN_SEED, "kind=spurious,vector=99,times=2", NULL);
	CHECK(fault_tick(fault, 0, &hit));
	CHECK(!fault_spent(fault, 0));
	CHECK(fault_tick(fault, 0, &hit));
	CHECK(fault_spent(fault, 0));
	CHECK(!fault_tick(fault, 0, &hit));
	plan_end();
}

static void
entries(void)
{
	plan_begin(PLAN_SEED, "kind=preempt,function=f,for_us=9,dst=1,nth=2",
	    "kind=preempt,function=g,for_us=8,after=50");
	CHECK(!fault_entered(fault, 0, "f", 0, 1, &hit));
	CHECK(!fault_entered(fault, 0, "f", 0, 0, &hit));
	CHECK(!fault_entered(fault, 0, "g", 0, 1, &hit));
	CHECK(fault_entered(fault, 0, "f", 0, 1, &hit));
	CHECK_EQ(hit.entry, 0);
	CHECK_EQ(hit.dst, 1);
	CHECK_EQ(hit.nth, 2);
	CHECK(fault_entered(fault, 50, "g", 0, 3, &hit));
	CHECK_EQ(hit.entry, 1);
	CHECK_EQ(hit.dst, 3);
	CHECK_EQ(fault_count(fault, 0).eligible, 2);
	CHECK_EQ(fault_count(fault, 1).eligible, 1);
	plan_end();
}

/* Each time one instruction further, and again from the entry. */
static void
walks(void)
{
	plan_begin(PLAN_SEED,
	    "kind=spurious,vector=80,function=f,walk=3,space=2",
	    "kind=preempt,function=g,for_us=8");
	for (unsigned i = 0; i < 9; i++) {
		CHECK_EQ(fault_entered(fault, 0, "f", 0, 2, &hit), i >= 2);
		if (i < 2)
			continue;
		CHECK_EQ(hit.after, (i - 2) % 3);
		CHECK_EQ(hit.dst, 2);
		CHECK_EQ(hit.vector, 80);
	}
	CHECK(fault_entered(fault, 0, "g", 0, 2, &hit));
	CHECK_EQ(hit.after, 0);
	CHECK_EQ(hit.vector, FAULT_VECTOR_NONE);
	plan_end();
}

/* The places of a function have nothing to do with each other. */
static void
places(void)
{
	plan_begin(PLAN_SEED, "kind=preempt,function=f,for_us=9",
	    "kind=preempt,function=f+0x10,for_us=8");
	CHECK(fault_entered(fault, 0, "f", 0x10, 1, &hit));
	CHECK_EQ(hit.entry, 1);
	CHECK(fault_entered(fault, 0, "f", 0, 1, &hit));
	CHECK_EQ(hit.entry, 0);
	CHECK(!fault_entered(fault, 0, "f", 0x11, 1, &hit));
	CHECK(!fault_entered(fault, 0, "g", 0x10, 1, &hit));
	CHECK_EQ(fault_count(fault, 0).eligible, 1);
	CHECK_EQ(fault_count(fault, 1).eligible, 1);
	plan_end();
}

UNIT_MAIN(TEST(each_kind), TEST(misroute_drawn), TEST(reorder),
    TEST(reorder_and_others), TEST(ticks), TEST(entries), TEST(walks),
    TEST(places))
