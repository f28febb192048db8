/* SPDX-License-Identifier: ISC */
/* The interrupt alone, to several CPUs at once. */
#include <sys/kmem.h>
#include <machine/lapic.h>
#include "bench/bench.h"

#ifdef MULTIPROCESSOR

#define RAW (ICR_FIXED | ICR_ASSERT | INTR_VECTOR_RAW)

/* The targets are CPUs 1 to ntargets. */
static u_int ntargets;
static uint64_t *before;

static void
raw_prepare(struct bench *b)
{
	bench_settle(b);
	for (u_int i = 1; i <= ntargets; i++)
		before[i] = cpu_lookup(i)->ci_raw_tsc;
}

static void
raw_finish(struct bench *b, uint64_t icr)
{
	uint64_t ack;

	for (u_int i = 1; i <= ntargets; i++)
		SPIN_UNTIL(cpu_lookup(i)->ci_raw_tsc != before[i]);
	ack = cpu_counter();
	bench_record(b, BENCH_ROUND_TRIP, ack - icr);
	for (u_int i = 1; i <= ntargets; i++) {
		const struct cpu_info *ci = cpu_lookup(i);

		bench_record(b, BENCH_ICR_HANDLER,
		    bench_local(ci, ci->ci_raw_tsc) - icr);
	}
}

static void
broadcast(struct bench *b)
{
	raw_prepare(b);
	raw_finish(b, lapic_icr_clocked(ICR_OTHERS | RAW));
}

static void
multicast(struct bench *b)
{
	uint64_t first;

	raw_prepare(b);
	first = lapic_icr_clocked(ICR_DEST(cpu_lookup(1)->ci_cpuid) | RAW);
	for (u_int i = 2; i <= ntargets; i++)
		lapic_icr_clocked(ICR_DEST(cpu_lookup(i)->ci_cpuid) | RAW);
	raw_finish(b, first);
}

static void
run(void (*operation)(struct bench *), u_int n)
{
	ntargets = n;
	before = kmem_zalloc(ncpu * sizeof(*before), KM_SLEEP);
	case_metric("targets", "", n);
	bench_run(
	    operation, NULL, BENCH_BIT(ICR_HANDLER) | BENCH_BIT(ROUND_TRIP));
}

CASE(bench_ipi_broadcast, BENCH, .api = XCVM_API_X2APIC, .min_vcpus = 2,
    .doc = "One ICR write that interrupts all other CPUs, until all have "
	   "taken it.",
    PARAMS(PARAM_BENCH))
{
	run(broadcast, ncpu - 1);
}

CASE(bench_ipi_multicast, BENCH, .api = XCVM_API_X2APIC, .min_vcpus = 2,
    .doc = "An interrupt to each of k other CPUs, one by one, until all have "
	   "it.",
    PARAMS(PARAM("k", 2, "CPUs to interrupt, at most all others"), PARAM_BENCH))
{
	run(multicast, (u_int)MAX(1, MIN(case_param("k"), ncpu - 1)));
}

#endif /* MULTIPROCESSOR */
