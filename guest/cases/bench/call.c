/* SPDX-License-Identifier: ISC */
/* cpu_xcall(9) and ipi(9), to a CPU that has halted, or to all others. */
#include <sys/ipi.h>
#include <sys/xcall.h>
#include "bench/bench.h"

#ifdef MULTIPROCESSOR

#define PHASES                                                            \
	(BENCH_BIT(CALL) | BENCH_BIT(CALL_ICR) | BENCH_BIT(ICR_HANDLER) | \
	    BENCH_BIT(FUNCTION) | BENCH_BIT(FUNCTION_WAITER))
#define SOFT_PHASES \
	(PHASES | BENCH_BIT(HANDLER_SOFTINT) | BENCH_BIT(SOFTINT_FUNCTION))
#define HARD_PHASES (PHASES | BENCH_BIT(HANDLER_FUNCTION))

static void
xcall_async(struct bench *b)
{
	struct xcall xc = XCALL_INITIALIZER(bench_function_done, b);
	u_int done = mark_read(&b->b_done);
	uint64_t call, back;

	bench_settle(b);
	call = cpu_counter();
	cpu_xcall(b->b_target, &xc);
	back = cpu_counter();
	mark_wait(&b->b_done, done + 1);
	bench_record_call(b, call, back, cpu_counter());
}

CASE(bench_cpu_xcall_async, BENCH, .api = XCVM_API_CPU_XCALL, .min_vcpus = 2,
    .doc = "cpu_xcall() to a CPU that has halted, and a wait for what it ran.",
    PARAMS(PARAM_BENCH))
{
	bench_run(xcall_async, bench_other(), SOFT_PHASES);
}

static void
xcall_sync(struct bench *b)
{
	uint64_t call, back;

	bench_settle(b);
	call = cpu_counter();
	cpu_xcall_sync(b->b_target, bench_function, b, "bench");
	back = cpu_counter();
	bench_record_call(b, call, back, back);
}

CASE(bench_cpu_xcall_sync, BENCH, .api = XCVM_API_CPU_XCALL, .min_vcpus = 2,
    .doc = "cpu_xcall_sync() to a CPU that has halted.", PARAMS(PARAM_BENCH))
{
	bench_run(xcall_sync, bench_other(), SOFT_PHASES);
}

static u_int number;
static struct bench *number_bench;

static void
number_handler(void *arg __unused)
{
	bench_function_done(number_bench);
}

static void
trigger(struct bench *b)
{
	u_int done = mark_read(&b->b_done);
	uint64_t call, back;

	number_bench = b;
	bench_settle(b);
	kpreempt_disable();
	call = cpu_counter();
	ipi_trigger(number, b->b_target);
	back = cpu_counter();
	mark_wait(&b->b_done, done + 1);
	bench_record_call(b, call, back, cpu_counter());
	kpreempt_enable();
}

CASE(bench_ipi_trigger, BENCH, .api = XCVM_API_IPI, .min_vcpus = 2,
    .doc = "ipi_trigger() to a CPU that has halted, and a wait for its "
	   "handler.",
    PARAMS(PARAM_BENCH))
{
	number = ipi_register(number_handler, NULL);
	bench_run(trigger, bench_other(), HARD_PHASES);
	ipi_unregister(number);
}

static void
message(struct bench *b)
{
	ipi_msg_t msg = {.func = bench_function, .arg = b};
	uint64_t call, back;

	bench_settle(b);
	kpreempt_disable();
	call = cpu_counter();
	ipi_unicast(&msg, b->b_target);
	ipi_wait(&msg);
	back = cpu_counter();
	kpreempt_enable();
	bench_record_call(b, call, back, back);
}

CASE(bench_ipi_message, BENCH, .api = XCVM_API_IPI, .min_vcpus = 2,
    .doc = "ipi_unicast() and ipi_wait() to a CPU that has halted.",
    PARAMS(PARAM_BENCH))
{
	bench_run(message, bench_other(), HARD_PHASES);
}

static void
message_broadcast(struct bench *b)
{
	ipi_msg_t msg = {.func = bench_function, .arg = b};
	uint64_t call, back;

	bench_settle(b);
	kpreempt_disable();
	call = cpu_counter();
	ipi_broadcast(&msg, true);
	ipi_wait(&msg);
	back = cpu_counter();
	kpreempt_enable();
	bench_record_broadcast(b, call, back);
}

CASE(bench_ipi_message_broadcast, BENCH, .api = XCVM_API_IPI, .min_vcpus = 2,
    .doc = "ipi_broadcast() and ipi_wait() to all other CPUs, which have "
	   "halted.",
    PARAMS(PARAM_BENCH))
{
	bench_run(message_broadcast, NULL, BENCH_BROADCAST);
}

#endif /* MULTIPROCESSOR */
