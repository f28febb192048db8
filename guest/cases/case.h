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

/*
 * CASE(name, what it is...) { body }
 *
 * What it is, is said by initialisers of a struct xcvm_case (<xcvm/abi.h>
 * tells of each field), in this order; one that is left out is 0, but for
 * .contract and the parameters:
 *
 *	.api		the API it is about; 0: XCVM_API_KERNEL
 *	.kind		0: XCVM_KIND_CONFORMANCE
 *	.contract	clauses of the contract, as "O9,O10"; left out: none
 *	.decision	it checks this decision of ours (docs/contract.md), not
 *			the API: with somebody else's implementation in the image,
 *			not passing is "differs by decision", not a failure.
 *			The contract names it as well: "I38,D9"
 *	.min_vcpus	fewest that it needs; 0: one
 *	.max_vcpus	most that it makes sense on; 0: any number
 *	.fault		the plan it runs under, as --fault takes it, several
 *			separated by blanks; 0: none, or the fault is in the case
 *	.diagnosis	it must hang, and the diagnosis must give that verdict
 *	.limit_ms	time limit; with a diagnosis, from the first stall on
 *	.needs		XCVM_NEEDS_*: what the model machine has not; and
 *			XCVM_BEGINS_ORDERS (explore/explore.h)
 *	.panic		XCVM_KIND_MISUSE: it must panic, with a message that
 *			contains this,
 *	.panic_cpu	on that CPU
 *	.doc		one sentence
 *	PARAMS(...)	its parameters, a list of PARAM(); left out: PARAM_KERNEL
 *
 * as in
 *
 *	CASE(o9_order, .api = XCVM_API_CPU_XCALL, .kind = XCVM_KIND_STRESS,
 *	    .contract = "O9", .min_vcpus = 2, .doc = "Calls run in order.",
 *	    PARAMS(PARAM_KERNEL, PARAM_BUDGET(100)))
 *
 * A macro may stand for those that cases have in common, after the name.
 *
 * The body runs in thread context on CPU 0, at IPL_NONE, with all CPUs up.
 */
#define CASE(id, ...)                                   \
	static void case_##id(void);                    \
	CASE_ENTRY const struct xcvm_case desc_##id = { \
	    .name = #id,                                \
	    .run = (void *)case_##id,                   \
	    .contract = "",                             \
	    .params = kernel_params,                    \
	    .nparams = nitems(kernel_params),           \
	    __VA_ARGS__,                                \
	};                                              \
	CASE_ENTRY_END                                  \
	CASE_SAID_ONCE(#id, __VA_ARGS__);               \
	static void case_##id(void)

/* What the case says may take the place of what holds without it, ... */
#define CASE_ENTRY                                                \
	_Pragma("GCC diagnostic push")                            \
	    _Pragma("GCC diagnostic ignored \"-Woverride-init\"") \
		__section(XCVM_CASE_SECTION) __used __aligned(8) static
#define CASE_ENTRY_END _Pragma("GCC diagnostic pop")
/* ... but to say a thing twice is an error. */
#define CASE_SAID_ONCE(name, ...) \
	_Static_assert(sizeof((const struct xcvm_case){__VA_ARGS__}) != 0, name)

/* The parameters of a case; the defaults of all of them are in the list. */
#define PARAMS(...)                                         \
	.params = (const struct xcvm_param[]){__VA_ARGS__}, \
	.nparams = nitems(((const struct xcvm_param[]){__VA_ARGS__}))

#define PARAM(name_, value_, doc_)                                \
	{                                                         \
		.name = (name_), .doc = (doc_), .value = (value_) \
	}

/* What the kernel itself takes, in every case unless the case says another. */
#define PARAM_ICR_FENCE(value) \
	PARAM_MACHINE PARAM(   \
	    "icr_fence", value, "full fence before each ICR write: 0 or 1")
#define PARAM_STALL_LIMIT(ms)       \
	PARAM("stall_limit_ms", ms, \
	    "wait that is reported as a stall, milliseconds")
#define PARAM_RESEND(value)    \
	PARAM("resend", value, \
	    "a stalled wait sends its interrupt again, once: 0 or 1")
#define PARAM_TRACE(value) PARAM("trace", value, "keep the trace rings: 0 or 1")
#define PARAM_EARLY \
	PARAM("early", 1, "the case starts the other CPUs itself: 0 or 1")
#define PARAM_KERNEL                                                  \
	PARAM_ICR_FENCE(1), PARAM_STALL_LIMIT(2000), PARAM_RESEND(0), \
	    PARAM_TRACE(1)
/* What the model machine takes beside: docs/explore.md. */
#ifdef XCVM_MODEL
#define PARAM_MACHINE                                                          \
	PARAM("orders", 1, "orders to explore, at most"),                      \
	    PARAM("explore_ms", 0, "time to explore, milliseconds; 0: any"),   \
	    PARAM(                                                             \
		"memory", 1, "memory model: 0 sc, 1 tso, 2 weak, 3 weak_rmw"), \
	    PARAM("strategy", 0,                                               \
		"strategy: 0 random, 1 pct, 2 delay, 3 freeze"),               \
	    PARAM("depth", 2, "points of change in an order, at most"),        \
	    PARAM("bases", 8, "base orders of delay and freeze"),              \
	    PARAM("shards", 1, "runs that share the orders"),                  \
	    PARAM("shard", 0, "which of them this is, from 0"),                \
	    PARAM("record", 0, "tell the last schedule also of a pass"),
#else
#define PARAM_MACHINE
#endif
#define PARAM_BUDGET_MS(ms) \
	PARAM("budget_ms", ms, "time to spend, milliseconds")
/* A stress is bounded by time and by operations: a slow host does few. */
#define PARAM_BUDGET(ms)                                   \
	PARAM_BUDGET_MS(ms),                               \
	    PARAM("ops", 400,                              \
		"operations to do, if there are fewer in " \
		"budget_ms"),                              \
	    PARAM("cap_ms", 2 * (ms),                      \
		"time to spend on them at most, milliseconds")

/* PARAM_KERNEL, for the cases that have no parameter beside it. */
#ifdef XCVM_MODEL
#define KERNEL_PARAMS 13
#else
#define KERNEL_PARAMS 4
#endif
extern const struct xcvm_param kernel_params[KERNEL_PARAMS];

/* --- checking and reporting; any context, any CPU --- */

/* The case fails, and goes on. */
#define CHECK(e) \
	(__predict_true(e) ? true : case_failed(__FILE__, __LINE__, #e, NULL))

/* CHECK() of two values, which a failure tells, as unsigned 64-bit numbers. */
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

/*
 * End the run here, by what failed until now: for a case that has looked
 * itself whether all is as it must be.
 */
void case_done(void) __dead;

/* End the run here: the case cannot run on this host or configuration. */
void case_skip(const char *why) __dead;

/*
 * The case returns while CPUs are stuck, on purpose: of the kernel at rest
 * (rest.h) only the caller's own part is checked.
 */
void case_leaves_cpus_busy(void);

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
 * A budget of a stress: while (budget_left(&b)) ... or do ... while, on any
 * number of CPUs.  Each question is one operation.  There is something left
 * until the time is over and there were enough operations, but not longer than
 * the cap, if that is later than the time.  budget_start() takes the parameters
 * of PARAM_BUDGET().  The report says how many there were, and what ended it.
 */
struct budget {
	uint64_t b_end, b_cap; /* nsecuptime() */
	u_int b_enough;	       /* the count of the case's operations by then */
	volatile bool b_late;
};
struct budget budget_start(void);
struct budget budget_of(uint64_t ms, uint64_t ops, uint64_t cap_ms);
bool budget_left(struct budget *);
void budget_report(void); /* when the case has ended */

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

/* Let equals and betters run until the condition holds.  Thread context. */
#define YIELD_UNTIL(e)           \
	do {                     \
		while (!(e))     \
			yield(); \
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

/*
 * Meet: add one, and spin until `all` have, those of earlier meetings with the
 * mark included.  Who comes here last lets all go at once.
 */
void mark_meet(struct mark *, u_int all);

/* Marks of each CPU, all zero; thread context. */
struct mark *cpu_marks(void);

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
 * interrupts off; HOLD_PREEMPTION: preemption disabled, no more) and spins
 * until hold_release().  When hold_cpu() returns, the CPU is held; when
 * hold_release() returns, its thread has ended.  Not for the caller's own CPU.
 */
#define HOLD_INTR_OFF	(-1)
#define HOLD_PREEMPTION (-2)
struct hold {
	struct cpu_info *h_cpu;
	struct lwp *h_thread;
	int h_ipl;
	void (*h_until)(void *);
	void *h_arg;
	struct mark h_held;
	volatile bool h_release;
};
void hold_cpu(struct hold *, struct cpu_info *, int ipl);
void hold_release(struct hold *);
/* Let it go without waiting for the thread; hold_release() still follows. */
void hold_let_go(struct hold *);

/*
 * Hold a CPU until a function returns, which the holding thread runs: it knows
 * best how long.  hold_join() waits for the thread's end.
 */
void hold_cpu_until(struct hold *, struct cpu_info *, int ipl,
    void (*until)(void *), void *arg);
void hold_join(struct hold *);

#endif /* CASES_CASE_H */
