/* SPDX-License-Identifier: ISC */
/* What a CPU wrote before it sent an interrupt is there when that arrives. */
#include <machine/lapic.h>
#include "ground.h"

#ifdef MULTIPROCESSOR

#define WORDS 8
static volatile u_int words[WORDS] __cacheline_aligned;
static volatile u_int seen, stale;

static void
read_words(void *arg __unused)
{
	u_int fresh = 0;

	CHECK_EQ(cpu_number(), 1);
	/* The last one written first. */
	for (u_int i = WORDS; i-- > 0;)
		fresh += words[i] == seen + 1;
	if (fresh == WORDS)
		seen++;
	else
		stale++;
}

CASE(x2apic_data_is_visible, .api = XCVM_API_X2APIC, .kind = XCVM_KIND_STRESS,
    .min_vcpus = 2,
    .doc = "What was written before the send is seen by the handler.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(100)))
{
	struct cpu_info *ci = cpu_lookup(1);
	struct budget b = budget_start();
	u_int n = 0;

	intr_test_establish(read_words, NULL);
	for (; budget_left(&b); n++) {
		for (u_int i = 0; i < WORDS; i++)
			words[i] = n + 1;
		lapic_ipi(ci->ci_cpuid, INTR_VECTOR(LIR_TEST));
		/* For ever, if they were not all to be seen. */
		SPIN_UNTIL(seen == n + 1);
	}
	/* The second delivery of one that came twice finds nothing new. */
	CHECK_LE(stale, 1 + n / 1000);
	case_metric("interrupts", "", n);
}

#endif
