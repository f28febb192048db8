/* SPDX-License-Identifier: ISC */
/* The fence before an interrupt command, left out: what comes of it. */
#include <machine/lapic.h>
#include "ground.h"

#ifdef MULTIPROCESSOR

/*
 * A word is written just before the interrupt that announces it.  Without the
 * fence the handler may still read the one before.  An emulated host was seen
 * to deliver an interrupt twice, about once in 20000, which looks the same.
 */
static volatile u_int word __cacheline_aligned, padding __cacheline_aligned;
static struct {
	volatile u_int arrivals, seen, old;
} reader __cacheline_aligned;

static void
read_word(void *arg __unused)
{
	u_int w = word;

	if (w == reader.seen)
		reader.old++;
	reader.seen = w;
	atomic_store_release(&reader.arrivals, reader.arrivals + 1);
}

CASE(wrmsr_not_serialising, .api = XCVM_API_X2APIC, .kind = XCVM_KIND_FAULT,
    .min_vcpus = 2,
    .doc = "WRMSR to the ICR is not serialising (Linux 25a068b8e9a4): without "
	   "the fence an interrupt may overtake the data it announces.  How "
	   "often it did is reported; with icr_fence=1 it must not.",
    PARAMS(PARAM_ICR_FENCE(0), PARAM_STALL_LIMIT(2000), PARAM_TRACE(1),
	PARAM_BUDGET(200)))
{
	struct cpu_info *ci = cpu_lookup(1);
	struct budget b = budget_start();
	u_int n = 0;

	CHECK_EQ(lapic_icr_fence, case_param("icr_fence"));
	intr_test_establish(read_word, NULL);
	while (budget_left(&b)) {
		u_int arrivals = reader.arrivals;

		/* A store that misses stands before it in the buffer. */
		padding = n;
		word = ++n;
		lapic_ipi(ci->ci_cpuid, INTR_VECTOR(LIR_TEST));
		SPIN_UNTIL(atomic_load_acquire(&reader.arrivals) != arrivals);
	}
	case_metric("interrupts", "", n);
	case_metric("interrupts before their data", "", reader.old);
	if (lapic_icr_fence)
		CHECK_LE(reader.old, 1 + n / 1000);
}

#endif /* MULTIPROCESSOR */
