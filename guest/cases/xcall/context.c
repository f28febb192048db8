/* SPDX-License-Identifier: ISC */
/* xcall(9): contexts that are refused, by a panic on the CPU that calls. */
#include "xcall/xcall_case.h"

static struct mark runs;

static void
call_broadcast(void *arg __unused)
{
	xc_broadcast(0, call_count_2, &runs, NULL);
}

static void
call_unicast(void *arg __unused)
{
	xc_unicast(XC_HIGHPRI, call_count_2, &runs, NULL, nx_last_cpu());
}

/* A ticket that is done: the context alone is wrong. */
static void
call_wait(void *arg __unused)
{
	xc_wait(0);
}

/* --- places to call from: each calls func(NULL) there --- */

static void
from_interrupt(void (*func)(void *))
{
	intr_test_establish(func, NULL);
	intr_mark(LIR_TEST);
	spl0();
}

static void
from_softint(void (*func)(void *))
{
	softint_schedule(
	    softint_establish(SOFTINT_CLOCK | SOFTINT_MPSAFE, func, NULL));
}

static void
from_spin_mutex(void (*func)(void *))
{
	kmutex_t mutex;

	mutex_init(&mutex, MUTEX_DEFAULT, IPL_VM);
	mutex_enter(&mutex);
	func(NULL);
	mutex_exit(&mutex);
}

/* With preemption disabled, or nobody would come back to us. */
static void
from_idle(void (*func)(void *))
{
	kpreempt_disable();
	curlwp->l_flag |= LW_IDLE;
	func(NULL);
	curlwp->l_flag &= ~LW_IDLE;
	kpreempt_enable();
}

#define PANICS .api = XCVM_API_XCALL, .kind = XCVM_KIND_MISUSE, .decision = 8
#define CONTEXT_CASE(call, place, text, where)                        \
	CASE(n29_##call##_from_##place, PANICS, .contract = "N29,D8", \
	    .panic = "xc_" #call ": called " text,                    \
	    .doc = "xc_" #call "() panics " where ".")                \
	{                                                             \
		from_##place(call_##call);                            \
	}
#define CONTEXT_CASES(place, text, where)           \
	CONTEXT_CASE(broadcast, place, text, where) \
	CONTEXT_CASE(unicast, place, text, where)   \
	CONTEXT_CASE(wait, place, text, where)

CONTEXT_CASES(interrupt, "in interrupt context", "in a hard interrupt")
CONTEXT_CASES(softint, "in soft interrupt context", "in a soft interrupt")
CONTEXT_CASES(spin_mutex, "with a spin mutex held", "with a spin mutex held")
CONTEXT_CASES(idle, "by the idle thread", "in the idle thread")

/*
 * --- sections in which a thread must not sleep: to call is good, to wait for
 * what is not done is not ---
 */

static void
at_raised_ipl(void (*func)(void *))
{
	int s = splsoftclock();

	func(NULL);
	splx(s);
}

static void
unpreemptible(void (*func)(void *))
{
	kpreempt_disable();
	func(NULL);
	kpreempt_enable();
}

/* LOW, to the own CPU: not done before the section is left. */
static void
call_low(void *arg __unused)
{
	(void)xc_unicast(0, call_count_2, &runs, NULL, curcpu());
}

static void
call_high_and_low(void *arg)
{
	call_broadcast(NULL);
	call_unicast(NULL);
	call_wait(arg);
}

CASE(n29_calls_without_sleep, .api = XCVM_API_XCALL, .contract = "N29",
    .doc = "Calls that need not sleep, and a wait for what is done, are good "
	   "at a raised IPL and with preemption disabled.")
{
	at_raised_ipl(call_high_and_low);
	xc_barrier(0);
	xc_barrier(XC_HIGHPRI);
	CHECK_EQ(mark_read(&runs), nx_running() + 1);
	unpreemptible(call_high_and_low);
	xc_barrier(0);
	xc_barrier(XC_HIGHPRI);
	CHECK_EQ(mark_read(&runs), 2 * (nx_running() + 1));
}

static void
call_twice(void *arg)
{
	call_low(arg);
	call_broadcast(arg);
}

static void
call_low_and_wait(void *arg __unused)
{
	xc_wait(xc_unicast(0, call_count_2, &runs, NULL, curcpu()));
}

#define SLEEP_CASE(place, text, where)                                       \
	CASE(n29_submit_sleeps_##place, PANICS, .contract = "N29,D8",        \
	    .panic = "xc_broadcast: called " text,                           \
	    .doc =                                                           \
		"A call that must sleep for the one before it panics " where \
		".")                                                         \
	{                                                                    \
		place(call_twice);                                           \
	}                                                                    \
	CASE(n29_wait_sleeps_##place, PANICS, .contract = "N29,D8",          \
	    .panic = "xc_wait: called " text,                                \
	    .doc = "A wait for what is not done panics " where ".")          \
	{                                                                    \
		place(call_low_and_wait);                                    \
	}

SLEEP_CASE(at_raised_ipl, "at raised IPL 2", "at a raised IPL")
SLEEP_CASE(
    unpreemptible, "with preemption disabled", "with preemption disabled")

/* --- functions that must not call: arg1 is void (*)(void *) --- */

static void
call_from_within(void *call, void *arg2 __unused)
{
	(*(void (**)(void *))call)(NULL);
}

static void
from_function(u_int flags, struct cpu_info *ci, void (*call)(void *))
{
	nx_call(flags, ci, call_from_within, &call, NULL);
}

CASE(n30_low_function_broadcasts, .api = XCVM_API_XCALL,
    .kind = XCVM_KIND_MISUSE, .contract = "N30,D8", .decision = 8,
    .panic = "xc_broadcast: a LOW call from inside a LOW function",
    .doc = "A LOW function that makes a LOW broadcast would wait for itself: "
	   "it panics.")
{
	from_function(0, cpu_lookup(0), call_broadcast);
}

CASE(n33_high_function_broadcasts, .api = XCVM_API_XCALL,
    .kind = XCVM_KIND_MISUSE, .contract = "N33,D8", .decision = 8,
    .panic = "xc_broadcast: called in soft interrupt context",
    .doc = "A HIGH function that makes a LOW broadcast panics.")
{
	from_function(XC_HIGHPRI, cpu_lookup(0), call_broadcast);
}

CASE(n33_high_function_waits, .api = XCVM_API_XCALL, .kind = XCVM_KIND_MISUSE,
    .contract = "N33,D8", .decision = 8,
    .panic = "xc_wait: called in soft interrupt context",
    .doc = "A HIGH function that waits, even for what is done, panics.")
{
	from_function(XC_HIGHPRI, cpu_lookup(0), call_wait);
}

/* Waits for the ticket of this call: the one after *arg1. */
static void
wait_for_own_ticket(void *previous, void *arg2 __unused)
{
	xc_wait(*(const uint64_t *)previous + 1);
}

CASE(n31_low_function_waits_for_itself, .api = XCVM_API_XCALL,
    .kind = XCVM_KIND_MISUSE, .contract = "N31,D8", .decision = 8,
    .panic = "xc_wait: a LOW function waits for LOW ticket",
    .doc = "A LOW function that waits for its own ticket panics.")
{
	uint64_t previous = xc_unicast(0, call_count_2, &runs, NULL, curcpu());

	xc_wait(previous);
	nx_call(0, curcpu(), wait_for_own_ticket, &previous, NULL);
}

static void
leave_preemption_disabled(void *arg1 __unused, void *arg2 __unused)
{
	kpreempt_disable();
}

CASE(n34_low_function_leaks_preemption, .api = XCVM_API_XCALL,
    .kind = XCVM_KIND_MISUSE, .contract = "N34,D8", .decision = 8,
    .panic = "left preemption disabled",
    .doc = "A LOW function that returns with preemption disabled panics.")
{
	nx_call(0, cpu_lookup(0), leave_preemption_disabled, NULL, NULL);
}

#ifdef MULTIPROCESSOR

/* On the CPU that runs the function, not the one that made the call. */
static void
call_low_unicast(void *arg __unused)
{
	xc_unicast(0, call_count_2, &runs, NULL, cpu_lookup(0));
}

CASE(n30_low_function_unicasts, .api = XCVM_API_XCALL, .kind = XCVM_KIND_MISUSE,
    .contract = "N30,D8", .decision = 8, .min_vcpus = 2,
    .panic = "xc_unicast: a LOW call from inside a LOW function",
    .panic_cpu = 1,
    .doc = "A LOW function that makes a LOW unicast panics, on its CPU.")
{
	from_function(0, cpu_lookup(1), call_low_unicast);
}

/* Bits of a level alone make no HIGH call. */
static void
call_with_level(void *arg __unused)
{
	xc_broadcast(0x0300, call_count_2, &runs, NULL);
}

CASE(n30_low_function_calls_with_a_level, .api = XCVM_API_XCALL,
    .kind = XCVM_KIND_MISUSE, .contract = "N30,N4,D8", .decision = 8,
    .min_vcpus = 4, .panic = "xc_broadcast: a LOW call from inside a LOW",
    .panic_cpu = 3,
    .doc = "A LOW function that makes a call with a level, and so LOW, panics, "
	   "on CPU 3.")
{
	from_function(0, cpu_lookup(3), call_with_level);
}

CASE(n33_high_function_unicasts, .api = XCVM_API_XCALL,
    .kind = XCVM_KIND_MISUSE, .contract = "N33,D8", .decision = 8,
    .min_vcpus = 2, .panic = "xc_unicast: called in soft interrupt context",
    .panic_cpu = 1,
    .doc = "A HIGH function that makes a HIGH unicast panics, on its CPU.")
{
	from_function(XC_HIGHPRI, cpu_lookup(1), call_unicast);
}

#endif /* MULTIPROCESSOR */
