/* SPDX-License-Identifier: ISC */
/*
 * What the measurements share.  docs/measuring.md says what is measured, and
 * what each phase is.
 *
 * A case describes its operation, a function that does it once and then, when
 * nothing is measured any more, records how long its phases took.  The frame
 * compares the CPUs' clocks, warms up, repeats the operation until the time is
 * up inside a section that the VMM counts exits for, and hands over the
 * histograms.
 */
#ifndef CASES_BENCH_H
#define CASES_BENCH_H

#include <sys/xctrace.h>
#include "case.h"
#include "bench/hist.h"

#define PARAM_WARMUP PARAM("warmup", 20, "operations before the measuring")
#define PARAM_BENCH                                                         \
	PARAM_ICR_FENCE(1), PARAM_STALL_LIMIT(2000), PARAM_RESEND(0),       \
	    PARAM_TRACE(0),                                                 \
	    PARAM("stamps", 1,                                              \
		"note the phases; 0: only the whole, without what that "    \
		"costs"),                                                   \
	    PARAM("idle_us", 0,                                             \
		"how long the target has halted before each operation, at " \
		"least, microseconds"),                                     \
	    PARAM_BUDGET_MS(200), PARAM_WARMUP

/* Many CPUs on a small host take long to compare their clocks. */
#define BENCH_LIMIT_MS 120000

/* CASE(bench_it, BENCH, ..., PARAMS(its own, PARAM_BENCH)) { body } */
#define BENCH	       .kind = XCVM_KIND_BENCH, .limit_ms = BENCH_LIMIT_MS

enum bench_phase {
	BENCH_CALL,		/* the whole of it, for its caller */
	BENCH_CALL_ICR,		/* from the call to the ICR write */
	BENCH_ICR_HANDLER,	/* from there to the interrupt's first C */
	BENCH_HANDLER_ACK,	/* raw: from there to the sender's seeing it */
	BENCH_HANDLER_SOFTINT,	/* to the soft interrupt's thread */
	BENCH_SOFTINT_FUNCTION, /* from there to the function */
	BENCH_HANDLER_FUNCTION, /* the same without a soft interrupt */
	BENCH_FUNCTION,		/* the function, which does nothing */
	BENCH_FUNCTION_WAITER,	/* from its end until the caller goes on */
	BENCH_ROUND_TRIP,	/* from the ICR write to the sender */
	BENCH_CLOCK,		/* two readings of the clock */
	BENCH_RECORD,		/* one value recorded */
	BENCH_PHASES
};
#define BENCH_BIT(phase) (1U << BENCH_##phase)
/*
 * With bench_run_all() and BENCH_CALL: for each target by itself, as long as
 * there are so few CPUs that the histograms of all pairs fit the memory.
 */
#define BENCH_BY_TARGET	 (1U << BENCH_PHASES)
#define BENCH_PAIRS_CPUS 16

/* One that measures. */
struct bench {
	struct hist *b_phases[BENCH_PHASES]; /* NULL: there is none */
	struct hist **b_calls;		     /* by target; or NULL */
	struct cpu_info *b_self, *b_target;  /* NULL: all others */
	uint64_t b_operations;
	uint64_t b_handler; /* the target's stamp of the last operation */
	bool b_recording;
	/* What the function of the call tells, and its caller waits for. */
	struct mark b_done __cacheline_aligned;
} __cacheline_aligned;

/*
 * Compare the clocks, which needs all CPUs; for a case that keeps one busy
 * from then on.  bench_run() does so as well.
 */
void bench_begin(void);

/*
 * Measure from this CPU: the operation, towards that target or all others,
 * with these phases.  Thread context, CPU 0; once in a case.
 */
void bench_run(void (*operation)(struct bench *), struct cpu_info *target,
    uint32_t phases);

/*
 * The same from each CPU at once that `sends` says, each with a struct bench
 * of its own, by CPU; those must be zero.  `report` tells what they measured.
 */
void bench_run_all(struct bench *, bool (*sends)(u_int cpu),
    void (*operation)(struct bench *), uint32_t phases);

/* An empty one, for this CPU. */
void bench_init(struct bench *, struct cpu_info *target, uint32_t phases);

/*
 * Count one value, if that phase is measured, and we are measuring; _to: of
 * BENCH_CALL, with that target.
 */
void bench_record(struct bench *, enum bench_phase, uint64_t cycles);
void bench_record_to(
    struct bench *, const struct cpu_info *target, uint64_t cycles);

/*
 * What the phases of a call took: made at `call`, returned at `back`, and
 * waited for until `waited`, by this CPU's clock; of a call to one CPU.
 */
void bench_record_call(
    struct bench *, uint64_t call, uint64_t back, uint64_t waited);

/* The same of one to all others, of which the last is what counts. */
#define BENCH_BROADCAST \
	(BENCH_BIT(CALL) | BENCH_BIT(CALL_ICR) | BENCH_BIT(FUNCTION_WAITER))
void bench_record_broadcast(struct bench *, uint64_t call, uint64_t back);

/* Wait until the target, or each other CPU, is idle, and has halted. */
void bench_settle(const struct bench *);

/*
 * Functions for calls, with the struct bench as their argument: do nothing,
 * between two stamps; _done: and tell.
 */
void bench_function(void *);
void bench_function_done(void *);

/* Another CPU, for cases that call one. */
#define bench_other() cpu_lookup(1)

/* --- clock.c --- */

/*
 * Compare the clock of each other CPU with ours.  bench_local(): a time of
 * that CPU's by our clock; it is right to within bench_clock_bound() cycles.
 * Clocks that may be equal are taken to be.
 */
void bench_clock_compare(void);
uint64_t bench_local(const struct cpu_info *, uint64_t tsc);
uint64_t bench_clock_bound(const struct cpu_info *); /* NULL: of all */

#endif /* CASES_BENCH_H */
