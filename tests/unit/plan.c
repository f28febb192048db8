/* SPDX-License-Identifier: ISC */
/*
 * A fault plan, and interrupts sent through it.
 */
#include "plan.h"

struct fault_spec plan[2];
struct fault *fault;
struct fault_arrival arrivals[FAULT_ARRIVALS_MAX];
struct fault_hit hit;
bool injected;

static void
entry(size_t i, const char *text)
{
	struct refusal why;

	if (!CHECK(fault_spec_parse(&plan[i], "--fault", text, &why) == 0))
		CHECK_HAS(why.text, "no refusal");
}

void
plan_begin(uint64_t seed, const char *first, const char *second)
{
	fault_close(fault);
	entry(0, first);
	if (second != NULL)
		entry(1, second);
	fault = fault_open(plan, second != NULL ? 2 : 1, PLAN_NCPUS, seed);
	CHECK(fault != NULL);
}

void
plan_end(void)
{
	fault_close(fault);
	fault = NULL;
}

size_t
plan_send_at(uint64_t now_us, uint32_t src, uint32_t dst, uint32_t vector)
{
	const struct ipi ipi = {src, dst, vector};

	return (fault_delivery(fault, now_us, &ipi, arrivals, &hit, &injected));
}

size_t
plan_send(uint32_t src, uint32_t dst, uint32_t vector)
{
	return (plan_send_at(0, src, dst, vector));
}

bool
plan_arrives(size_t i, uint32_t src, uint32_t dst, uint32_t vector)
{
	const struct fault_arrival *a = &arrivals[i];

	return (CHECK_EQ(a->ipi.src, src) && CHECK_EQ(a->ipi.dst, dst) &&
		CHECK_EQ(a->ipi.vector, vector));
}
