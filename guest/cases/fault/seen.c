/* SPDX-License-Identifier: ISC */
/*
 * Every kind of fault takes effect.  Whatever has to come is waited for
 * without a limit; what must not come is given a while.
 */
#include <machine/lapic.h>
#include "fault/probe.h"

#ifdef MULTIPROCESSOR

#define A_WHILE	     (50 * NS_PER_MS)
#define FOR_EVER     (UINT64_MAX / 2)

/* The VMM's clock is not the TSC. */
#define AT_LEAST(ms) ns_to_tsc((ms)*NS_PER_MS * 99 / 100)

#define SEEN                                                             \
	.api = XCVM_API_X2APIC, .kind = XCVM_KIND_FAULT, .min_vcpus = 2, \
	PARAMS(PARAM_ICR_FENCE(1), PARAM_TRACE(1), PARAM_STALL_LIMIT(2000))

CASE(fault_seen_lost, SEEN, .fault = "kind=lost,vector=test,dst=1,nth=1",
    .doc = "An interrupt is lost, and the next one arrives.")
{
	probe_start();
	probe_send(1);
	CHECK(!probe_wait(1, 1, A_WHILE));
	probe_send(1);
	probe_wait(1, 1, FOR_EVER);
	CHECK_EQ(probes[1].p_arrived, 1);
	probe_stop();
}

CASE(fault_seen_dup, SEEN,
    .fault = "kind=dup,vector=test,dst=1,delay_us=100000",
    .doc = "An interrupt arrives twice.")
{
	u_int sent = 0;

	probe_start();
	/* Where the CPU has not taken the first of two they are one. */
	do {
		probe_send(1);
		sent++;
		probe_wait(1, sent, FOR_EVER);
	} while (!probe_wait(1, sent + 1, 3 * A_WHILE));
	probe_stop();
}

CASE(fault_seen_delay, SEEN,
    .fault = "kind=delay,vector=test,dst=1,delay_us=100000",
    .doc = "An interrupt arrives late.")
{
	uint64_t sent;

	probe_start();
	sent = cpu_counter();
	probe_send(1);
	probe_wait(1, 1, FOR_EVER);
	CHECK_GE(probes[1].p_at - sent, AT_LEAST(100));
	probe_stop();
}

CASE(fault_seen_reorder, SEEN,
    .fault = "kind=reorder,vector=test,dst=1,delay_us=3600000000",
    .doc = "An interrupt waits until another has gone ahead of it.")
{
	probe_start();
	probe_send(1);
	CHECK(!probe_wait(1, 1, A_WHILE));
	lapic_ipi(cpu_lookup(1)->ci_cpuid, INTR_VECTOR(LIR_RESCHED));
	probe_wait(1, 1, FOR_EVER);
	probe_stop();
}

CASE(fault_seen_misroute, SEEN, .fault = "kind=misroute,vector=test,dst=1,to=0",
    .doc = "An interrupt arrives at another CPU.")
{
	probe_start();
	probe_send(1);
	probe_wait(0, 1, FOR_EVER);
	probe_stop();
	CHECK_EQ(probes[1].p_arrived, 0);
}

CASE(fault_seen_nmi_instead, SEEN, .fault = "kind=nmi,vector=test,dst=1",
    .doc = "An NMI arrives instead of an interrupt.")
{
	probe_start();
	probe_send(1);
	SPIN_UNTIL(probes[1].p_nmis == 1);
	probe_stop();
	CHECK_EQ(probes[1].p_arrived, 0);
}

CASE(fault_seen_spurious, SEEN,
    .fault = "kind=spurious,vector=test,to=1,every_us=20000",
    .doc = "Interrupts arrive that nobody has sent.")
{
	probe_start();
	probe_wait(1, 2, FOR_EVER);
	probe_stop();
	CHECK_EQ(probes[0].p_arrived, 0);
}

CASE(fault_seen_nmi, SEEN, .fault = "kind=nmi,dst=1,every_us=20000",
    .doc = "NMIs arrive out of nothing.")
{
	probe_start();
	SPIN_UNTIL(probes[1].p_nmis >= 2);
	probe_stop();
	CHECK_EQ(probes[0].p_nmis, 0);
}

CASE(fault_seen_stall, SEEN,
    .fault = "kind=stall,dst=1,stall_us=200000,every_us=20000",
    .doc = "A CPU stands still for a while.")
{
	probe_start();
	SPIN_UNTIL(probes[1].p_gap >= AT_LEAST(200));
	probe_stop();
}

CASE(fault_seen_slow, SEEN, .fault = "kind=slow,dst=1,duty=20,every_us=250000",
    .doc = "A CPU stands still for most of the time.")
{
	probe_start();
	SPIN_UNTIL(probes[1].p_gap >= AT_LEAST(200));
	probe_stop();
}

CASE(fault_seen_preempt, SEEN,
    .fault = "kind=preempt,function=fault_probe_step,dst=1,for_us=200000,space="
	     "10,times=2",
    .doc = "A CPU stands still when it enters a function.")
{
	probe_start();
	SPIN_UNTIL(probes[1].p_entry >= AT_LEAST(200));
	probe_stop();
}

#endif /* MULTIPROCESSOR */
