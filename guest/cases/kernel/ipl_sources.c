/* SPDX-License-Identifier: ISC */
/* Each source of interrupts at each level: whether it comes, or is recorded. */
#include <machine/lapic.h>
#include "ground.h"

static const struct {
	u_int source;
	int ipl; /* the level that it is of */
} sources[] = {
    {LIR_TIMER, IPL_SCHED},
    {LIR_RESCHED, IPL_SCHED},
    {LIR_XCALL, IPL_HIGH},
    {LIR_IPI, IPL_HIGH},
    {LIR_TEST, IPL_HIGH},
};

/* Interrupt this CPU, with nothing to be done, and wait until it has come. */
static void
interrupt_self(u_int source)
{
	uint64_t before = intr_arrived(curcpu(), source);

	lapic_self_ipi(INTR_VECTOR(source));
	SPIN_UNTIL(intr_arrived(curcpu(), source) != before);
}

static void
each_level(u_int cpu __unused, void *arg __unused)
{
	for (u_int i = 0; i < nitems(sources); i++)
		for (int ipl = IPL_NONE; ipl < IPL_COUNT; ipl++) {
			int s = splraise(ipl);
			bool held = ipl >= sources[i].ipl;

			interrupt_self(sources[i].source);
			if (intr_is_pending(sources[i].source) != held)
				case_failed(__FILE__, __LINE__, "the level",
				    "source %u is %s at level %d",
				    sources[i].source,
				    held ? "not held off" : "held off", ipl);
			CHECK_EQ(cpu_ipl(), ipl);
			splx(s);
			CHECK(!intr_is_pending(sources[i].source));
		}
}

CASE(ipl_each_source, .api = XCVM_API_KERNEL,
    .doc = "An interrupt of each source comes at once below its level, and is "
	   "recorded at it and above, on each CPU.")
{
	on_each_cpu(each_level, NULL);
}

static volatile uint32_t
    left; /* recorded as the test interrupt's handler runs */

static void
note_left(void *arg __unused)
{
	left = curcpu()->ci_ipending;
}

CASE(ipl_most_urgent_first, .api = XCVM_API_KERNEL,
    .doc = "Of the interrupts recorded at splhigh() the most urgent is handled "
	   "while all others wait.")
{
	int s = splhigh();

	intr_test_establish(note_left, NULL);
	for (u_int i = 0; i < nitems(sources); i++)
		interrupt_self(sources[i].source);
	splx(s);
	for (u_int i = 0; i < nitems(sources); i++)
		CHECK_EQ(left >> sources[i].source & 1,
		    sources[i].source != LIR_TEST);
	CHECK_EQ(curcpu()->ci_ipending >> LIR_TIMER, 0);
}
