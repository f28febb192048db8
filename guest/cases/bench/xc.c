/* SPDX-License-Identifier: ISC */
/* xcall(9): a call and the wait for its ticket. */
#include <sys/xcall.h>
#include "bench/bench.h"

#ifdef MULTIPROCESSOR

#define LOW_PHASES                                                        \
	(BENCH_BIT(CALL) | BENCH_BIT(CALL_ICR) | BENCH_BIT(ICR_HANDLER) | \
	    BENCH_BIT(HANDLER_FUNCTION) | BENCH_BIT(FUNCTION) |           \
	    BENCH_BIT(FUNCTION_WAITER))
#define HIGH_PHASES                                    \
	((LOW_PHASES & ~BENCH_BIT(HANDLER_FUNCTION)) | \
	    BENCH_BIT(HANDLER_SOFTINT) | BENCH_BIT(SOFTINT_FUNCTION))

static void
function(void *arg1, void *arg2 __unused)
{
	bench_function(arg1);
}

static __always_inline void
unicast(struct bench *b, u_int flags)
{
	uint64_t call, back;

	bench_settle(b);
	call = cpu_counter();
	xc_wait(xc_unicast(flags, function, NULL, NULL, b->b_target));
	back = cpu_counter();
	bench_record_call(b, call, back, back);
}

static void
unicast_low(struct bench *b)
{
	unicast(b, 0);
}

static void
unicast_high(struct bench *b)
{
	unicast(b, XC_HIGHPRI);
}

CASE(bench_xc_unicast_low, BENCH, .api = XCVM_API_XCALL, .min_vcpus = 2,
    .doc = "xc_unicast() LOW and xc_wait() to a CPU that has halted.",
    PARAMS(PARAM_BENCH))
{
	bench_run(unicast_low, bench_other(), LOW_PHASES);
}

CASE(bench_xc_unicast_high, BENCH, .api = XCVM_API_XCALL, .min_vcpus = 2,
    .doc = "xc_unicast() HIGH and xc_wait() to a CPU that has halted.",
    PARAMS(PARAM_BENCH))
{
	bench_run(unicast_high, bench_other(), HIGH_PHASES);
}

static __always_inline void
broadcast(struct bench *b, u_int flags)
{
	uint64_t call, back;

	bench_settle(b);
	call = cpu_counter();
	xc_wait(xc_broadcast(flags, function, NULL, NULL));
	back = cpu_counter();
	bench_record_broadcast(b, call, back);
}

static void
broadcast_low(struct bench *b)
{
	broadcast(b, 0);
}

static void
broadcast_high(struct bench *b)
{
	broadcast(b, XC_HIGHPRI);
}

CASE(bench_xc_broadcast_low, BENCH, .api = XCVM_API_XCALL, .min_vcpus = 2,
    .doc = "xc_broadcast() LOW and xc_wait(); the other CPUs have halted.",
    PARAMS(PARAM_BENCH))
{
	bench_run(broadcast_low, NULL, BENCH_BROADCAST);
}

CASE(bench_xc_broadcast_high, BENCH, .api = XCVM_API_XCALL, .min_vcpus = 2,
    .doc = "xc_broadcast() HIGH and xc_wait(); the other CPUs have halted.",
    PARAMS(PARAM_BENCH))
{
	bench_run(broadcast_high, NULL, BENCH_BROADCAST);
}

static void
barrier(struct bench *b)
{
	uint64_t call, back;

	bench_settle(b);
	call = cpu_counter();
	xc_barrier(0);
	back = cpu_counter();
	bench_record(b, BENCH_CALL, back - call);
}

CASE(bench_xc_barrier, BENCH, .api = XCVM_API_XCALL, .min_vcpus = 2,
    .doc = "xc_barrier() of threads; the other CPUs have halted.",
    PARAMS(PARAM_BENCH))
{
	bench_run(barrier, NULL, BENCH_BIT(CALL));
}

#endif /* MULTIPROCESSOR */
