/* SPDX-License-Identifier: ISC */
/*
 * The interrupt alone, by the machine's shortest way: from one ICR write to
 * an interrupt that notes the time.
 */
#include <machine/lapic.h>
#include "bench/bench.h"

#define RAW	 (ICR_FIXED | ICR_ASSERT | INTR_VECTOR_RAW)
#define ORDINARY (ICR_FIXED | ICR_ASSERT | INTR_VECTOR(LIR_TEST))
#define RAW_PHASES                                         \
	(BENCH_BIT(ICR_HANDLER) | BENCH_BIT(HANDLER_ACK) | \
	    BENCH_BIT(ROUND_TRIP))

static void
raw_record(struct bench *b, const struct cpu_info *ci, uint64_t icr,
    uint64_t handler, uint64_t ack)
{
	if (ci != b->b_self)
		handler = bench_local(ci, handler);
	bench_record(b, BENCH_ICR_HANDLER, handler - icr);
	bench_record(b, BENCH_HANDLER_ACK, ack - handler);
}

/* Send it by that command, and wait for the target to have taken it. */
static void
raw_send(struct bench *b, uint64_t command)
{
	const struct cpu_info *ci = b->b_target;
	uint64_t old = ci->ci_raw_tsc, icr, ack;

	icr = lapic_icr_clocked(command);
	SPIN_UNTIL(ci->ci_raw_tsc != old);
	ack = cpu_counter();
	raw_record(b, ci, icr, ci->ci_raw_tsc, ack);
	bench_record(b, BENCH_ROUND_TRIP, ack - icr);
}

static void
self(struct bench *b)
{
	raw_send(b, ICR_SELF | RAW);
}

CASE(bench_ipi_self, BENCH, .api = XCVM_API_X2APIC,
    .doc = "An interrupt to the own CPU, which spins.", PARAMS(PARAM_BENCH))
{
	bench_run(self, curcpu(), RAW_PHASES);
}

#ifdef MULTIPROCESSOR

static void
unicast(struct bench *b)
{
	raw_send(b, ICR_DEST(b->b_target->ci_cpuid) | RAW);
}

static void
unicast_halted(struct bench *b)
{
	bench_settle(b);
	unicast(b);
}

CASE(bench_ipi_unicast_halted, BENCH, .api = XCVM_API_X2APIC, .min_vcpus = 2,
    .doc = "An interrupt to a CPU that has halted, and its acknowledgement.",
    PARAMS(PARAM_BENCH))
{
	bench_run(unicast_halted, bench_other(), RAW_PHASES);
}

CASE(bench_ipi_unicast_spinning, BENCH, .api = XCVM_API_X2APIC, .min_vcpus = 2,
    .doc = "An interrupt to a CPU that spins, and its acknowledgement.",
    PARAMS(PARAM_BENCH))
{
	struct hold h;

	bench_begin();
	hold_cpu(&h, bench_other(), IPL_NONE);
	bench_run(unicast, bench_other(), RAW_PHASES);
	hold_release(&h);
}

static volatile bool stop;

#define RAISED 50 /* turns of a loop */

/* At a raised level most of the time. */
static void
raise_and_lower(void *arg __unused)
{
	while (!stop) {
		int s = splhigh();

		for (u_int i = 0; i < RAISED; i++)
			CPU_BUSY_CYCLE();
		splx(s);
	}
}

static void
raised(struct bench *b)
{
	const volatile uint64_t *stamps = b->b_target->ci_stamps;
	u_int done = mark_read(&b->b_done);
	uint64_t icr, back, handler, function;

	intr_test_establish(bench_function_done, b);
	icr = lapic_icr_clocked(ICR_DEST(b->b_target->ci_cpuid) | ORDINARY);
	mark_wait(&b->b_done, done + 1);
	back = cpu_counter();
	handler = stamps[XCTRACE_HANDLER];
	function = stamps[XCTRACE_FUNCTION];
	bench_record(
	    b, BENCH_ICR_HANDLER, bench_local(b->b_target, handler) - icr);
	bench_record(b, BENCH_HANDLER_FUNCTION, function - handler);
	bench_record(b, BENCH_FUNCTION_WAITER,
	    back - bench_local(b->b_target, stamps[XCTRACE_DONE]));
	bench_record(b, BENCH_ROUND_TRIP, back - icr);
}

CASE(bench_ipi_unicast_raised, BENCH, .api = XCVM_API_X2APIC, .min_vcpus = 2,
    .doc = "An interrupt to a CPU that spins at a level that holds it up.",
    PARAMS(PARAM_BENCH))
{
	struct lwp *l;

	bench_begin();
	l = thread_start(bench_other(), raise_and_lower, NULL);
	bench_run(raised, bench_other(),
	    BENCH_BIT(ICR_HANDLER) | BENCH_BIT(HANDLER_FUNCTION) |
		BENCH_BIT(FUNCTION_WAITER) | BENCH_BIT(ROUND_TRIP));
	stop = true;
	thread_join(l);
}

static void
ping(struct bench *b)
{
	uint64_t old = b->b_self->ci_raw_tsc, icr;

	bench_settle(b);
	icr = lapic_icr_clocked(ICR_DEST(b->b_target->ci_cpuid) | ORDINARY);
	SPIN_UNTIL(b->b_self->ci_raw_tsc != old);
	bench_record(b, BENCH_ROUND_TRIP, b->b_self->ci_raw_tsc - icr);
}

static void
pong(void *arg)
{
	const struct cpu_info *ci = arg;

	lapic_icr_clocked(ICR_DEST(ci->ci_cpuid) | RAW);
}

CASE(bench_ipi_ping_pong, BENCH, .api = XCVM_API_X2APIC, .min_vcpus = 2,
    .doc = "An interrupt to a CPU that has halted, whose handler sends one "
	   "back.",
    PARAMS(PARAM_BENCH))
{
	intr_test_establish(pong, curcpu());
	bench_run(ping, bench_other(), BENCH_BIT(ROUND_TRIP));
}

#endif /* MULTIPROCESSOR */
