/* SPDX-License-Identifier: ISC */
/*
 * What all cases share: how a case is declared, checked, reported; and the
 * building blocks most of them need (CPUs held in place, marks, random
 * numbers, time budgets).  Cases use public interfaces only.
 */
#ifndef CASES_CASE_H
#define CASES_CASE_H

#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/cpu.h>
#include <sys/intr.h>
#include <sys/proc.h>
#include <machine/clock.h>
#include <machine/intr.h>
#include <xcvm/abi.h>

/* --- declaring a case --- */

#define PARAM(name_, value_, doc_)                                \
	{                                                         \
		.name = (name_), .doc = (doc_), .value = (value_) \
	}

/* What the kernel itself takes; CASE() and MISUSE() include them. */
#define PARAM_ICR_FENCE \
	PARAM("icr_fence", 1, "full fence before each ICR write: 0 or 1")
#define PARAM_STALL_LIMIT             \
	PARAM("stall_limit_ms", 2000, \
	    "wait that is reported as a stall, milliseconds")
#define PARAM_TRACE PARAM("trace", 1, "keep the trace rings: 0 or 1")
#define PARAM_RESEND       \
	PARAM("resend", 0, \
	    "a stalled wait sends its interrupt again, once: 0 or 1")
#define PARAM_KERNEL \
	PARAM_ICR_FENCE, PARAM_STALL_LIMIT, PARAM_RESEND, PARAM_TRACE
#define PARAM_BUDGET(ms) PARAM("budget_ms", ms, "time to spend, milliseconds")

/*
 * CASE(name, api, kind, contract ids, fewest vCPUs, doc, params...) { body }
 * with api and kind without their XCVM_ prefixes, as in
 *	CASE(smoke, KERNEL, CONFORMANCE, "", 1, "All CPUs come up.",
 *	    PARAM_KERNEL)
 * The body runs in thread context on CPU 0, at IPL_NONE, with all CPUs up.
 */
#define CASE(id, api_, kind_, contract_, min_, doc_, ...) \
	CASE_FULL(                                        \
	    id, api_, kind_, contract_, min_, 0, NULL, 0, doc_, __VA_ARGS__)

/*
 * The same for a case that checks one of our decisions (contract, section 5)
 * rather than the API: with somebody else's implementation in the image, not
 * passing is "differs by decision", not a failure.  The contract ids name it
 * as well: CASE_DECISION(d9_counters, IPI, CONFORMANCE, "D9", 9, 2, ...).
 */
#define CASE_DECISION(id, api_, kind_, contract_, decision_, min_, doc_, ...) \
	CASE_ALL(id, api_, kind_, contract_, decision_, min_, 0, NULL, 0,     \
	    doc_, __VA_ARGS__)

/* A case that makes sense on so many vCPUs only. */
#define CASE_MAX(id, api_, kind_, contract_, min_, max_, doc_, ...)      \
	CASE_FULL(id, api_, kind_, contract_, min_, max_, NULL, 0, doc_, \
	    __VA_ARGS__)

/* A case that must panic, on that CPU, with a message containing text. */
#define MISUSE(id, api_, contract_, min_, cpu_, text_, doc_, ...)          \
	CASE_FULL(id, api_, MISUSE, contract_, min_, 0, text_, cpu_, doc_, \
	    __VA_ARGS__)

/* A panic that is our decision: most of decision 8. */
#define MISUSE_DECISION(                                                       \
    id, api_, contract_, decision_, min_, cpu_, text_, doc_, ...)              \
	CASE_ALL(id, api_, MISUSE, contract_, decision_, min_, 0, text_, cpu_, \
	    doc_, __VA_ARGS__)

/*
 * A case that runs under a fault plan of its own (NULL: the fault is in the
 * case), as --fault takes it, several separated by blanks.  FAULT must pass
 * all the same; HANG must hang, and the diagnosis must give that verdict.
 */
#define FAULT(id, api_, contract_, min_, plan_, doc_, ...)                 \
	CASE_TABLE(id, api_, FAULT, contract_, 0, min_, 0, NULL, 0, plan_, \
	    NULL, 0, doc_, __VA_ARGS__)
#define HANG(                                                              \
    id, api_, contract_, min_, plan_, diagnosis_, limit_ms_, doc_, ...)    \
	CASE_TABLE(id, api_, FAULT, contract_, 0, min_, 0, NULL, 0, plan_, \
	    diagnosis_, limit_ms_, doc_, __VA_ARGS__)

#define CASE_FULL(                                                        \
    id, api_, kind_, contract_, min_, max_, panic_, cpu_, doc_, ...)      \
	CASE_ALL(id, api_, kind_, contract_, 0, min_, max_, panic_, cpu_, \
	    doc_, __VA_ARGS__)

#define CASE_ALL(id, api_, kind_, contract_, decision_, min_, max_, panic_,   \
    cpu_, doc_, ...)                                                          \
	CASE_TABLE(id, api_, kind_, contract_, decision_, min_, max_, panic_, \
	    cpu_, NULL, NULL, 0, doc_, __VA_ARGS__)

#define CASE_TABLE(id, api_, kind_, contract_, decision_, min_, max_, panic_, \
    cpu_, fault_, diagnosis_, limit_ms_, doc_, ...)                           \
	static void case_##id(void);                                          \
	static const struct xcvm_param params_##id[] = {__VA_ARGS__};         \
	__section(XCVM_CASE_SECTION)                                          \
	    __used __aligned(8) static const struct xcvm_case desc_##id = {   \
		.name = #id,                                                  \
		.doc = (doc_),                                                \
		.contract = (contract_),                                      \
		.panic = (panic_),                                            \
		.fault = (fault_),                                            \
		.diagnosis = (diagnosis_),                                    \
		.params = params_##id,                                        \
		.run = (void *)case_##id,                                     \
		.nparams = nitems(params_##id),                               \
		.api = XCVM_API_##api_,                                       \
		.kind = XCVM_KIND_##kind_,                                    \
		.min_vcpus = (min_),                                          \
		.max_vcpus = (max_),                                          \
		.panic_cpu = (cpu_),                                          \
		.decision = (decision_),                                      \
		.limit_ms = (limit_ms_),                                      \
	};                                                                    \
	static void case_##id(void)

/* --- checking and reporting; any context, any CPU --- */

/* The case fails, and goes on. */
#define CHECK(e) \
	(__predict_true(e) ? true : case_failed(__FILE__, __LINE__, #e, NULL))

/* The same, with the values compared, as unsigned 64-bit numbers. */
#define CHECK_EQ(a, b) CHECK_OP(a, ==, b, #a " == " #b)
#define CHECK_NE(a, b) CHECK_OP(a, !=, b, #a " != " #b)
#define CHECK_LE(a, b) CHECK_OP(a, <=, b, #a " <= " #b)
#define CHECK_GE(a, b) CHECK_OP(a, >=, b, #a " >= " #b)
#define CHECK_OP(a, op, b, text)                                           \
	({                                                                 \
		uint64_t a_ = (uint64_t)(a), b_ = (uint64_t)(b);           \
		bool ok_ = a_ op b_;                                       \
		if (__predict_false(!ok_))                                 \
			case_failed(                                       \
			    __FILE__, __LINE__, text, "%lu, %lu", a_, b_); \
		ok_;                                                       \
	})

/* Run the case of the boot block, and end the run; the kernel calls it. */
void case_main(void) __dead;

/* Returns false. */
bool case_failed(const char *file, u_int line, const char *expr,
    const char *fmt, ...) __printflike(4, 5);

/* End the run here: the case cannot run on this host or configuration. */
void case_skip(const char *why) __dead;

/* A figure for the report; unit "" for a count. */
void case_metric(const char *name, const char *unit, uint64_t value);

/*
 * Is the API implemented by somebody else's file?  For a case of which one
 * part checks a decision of ours, and the rest the API.
 */
bool case_foreign(enum xcvm_api);

/* A parameter of this case; it must be declared. */
uint64_t case_param(const char *name);

/* --- time and chance --- */

/*
 * A budget: while (budget_left(&b)) ...; looks at the clock each time.
 * budget_start() takes the parameter budget_ms.
 */
struct budget {
	uint64_t b_end; /* nsecuptime() */
};
struct budget budget_start(void);
bool budget_left(const struct budget *);

/* Random numbers from the run's seed: one stream for each index. */
struct rng {
	uint64_t r_state;
};
struct rng rng_init(u_int stream);
uint64_t rng_next(struct rng *);
u_int rng_below(struct rng *, u_int bound);

/* --- meeting points --- */

/*
 * Wait until the CPU has nothing to run, or each running CPU but the caller's:
 * it halts, or is about to, and may yet find by itself a thread that wakes.
 */
void await_idle(const struct cpu_info *);
void await_idle_others(void);

/*
 * Wait until the condition holds: spinning, at the caller's IPL.  There is
 * no limit of its own: the run's is the VMM's, which then shows who waits.
 */
#define SPIN_UNTIL(e)                     \
	do {                              \
		while (!(e))              \
			CPU_BUSY_CYCLE(); \
	} while (0)

/*
 * Another CPU is to panic: spin until its NMI comes.  A case that returned
 * as soon as it saw the panic could report before the panic does.
 */
void wait_for_panic(void) __dead;

/* A counter that other CPUs wait for.  All: any context, any IPL. */
struct mark {
	volatile u_int m_count;
};
void mark_add(struct mark *);
u_int mark_read(const struct mark *);
void mark_wait(const struct mark *, u_int at_least); /* spins */

/* --- threads on CPUs --- */

/* Start func(arg) in a thread on that CPU; panics when it cannot. */
struct lwp *thread_start(struct cpu_info *, void (*func)(void *), void *arg);
struct lwp *thread_start_pri(
    struct cpu_info *, pri_t, void (*func)(void *), void *arg);
void thread_join(struct lwp *);

/* Run func on every CPU at once, arg with the CPU's index; wait for all. */
void on_each_cpu(void (*func)(u_int cpu, void *arg), void *arg);

/*
 * Hold a CPU: a thread there raises the IPL (HOLD_INTR_OFF: hardware
 * interrupts off) and spins until hold_release().  When hold_cpu() returns,
 * the CPU is held; when hold_release() returns, its thread has ended.
 * Not for the caller's own CPU.
 */
#define HOLD_INTR_OFF (-1)
struct hold {
	struct cpu_info *h_cpu;
	struct lwp *h_thread;
	int h_ipl;
	struct mark h_held;
	volatile bool h_release;
};
void hold_cpu(struct hold *, struct cpu_info *, int ipl);
void hold_release(struct hold *);
/* Let it go without waiting for the thread; hold_release() still follows. */
void hold_let_go(struct hold *);

#endif /* CASES_CASE_H */
