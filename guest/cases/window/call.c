/* SPDX-License-Identifier: ISC */
/* Windows of xcall(9) and cpu_xcall(9): callers, and the CPU that is called. */
#include "window/window.h"

#ifdef MULTIPROCESSOR

/* A CPU that is neither stopped nor calls, where there are three. */
#define CALLED (ncpu - 1)

struct call {
	volatile u_int c_runs;
	bool c_stops; /* its CPU stops while it is called, and after it */
};

static void
run_call(void *arg)
{
	struct call *c = arg;
	bool stops = c->c_stops;

	atomic_inc_uint(&c->c_runs);
	window_begin_if(stops);
}

static void
run_call_2(void *arg, void *arg2 __unused)
{
	run_call(arg);
}

/* --- xcall(9) --- */

/* Unicasts of both classes; meanwhile there are broadcasts too. */
#define NX_OPERATIONS 2

static void
nx_one(u_int operation, struct cpu_info *called, bool caller, bool callee)
{
	u_int flags = nx_class_flags[operation % 2];
	struct call c = {.c_stops = callee};
	uint64_t ticket;

	window_begin_if(caller);
	ticket = operation < 2 ? xc_unicast(flags, run_call_2, &c, NULL, called)
			       : xc_broadcast(flags, run_call_2, &c, NULL);
	xc_wait(ticket);
	CHECK_EQ(c.c_runs, operation < 2 ? 1 : ncpu);
}

static void
nx_here(u_int operation)
{
	nx_one(operation, cpu_lookup(CALLED), true, false);
}

static void
nx_there(u_int cpu __unused, u_int time)
{
	nx_one(time % 4, cpu_lookup(CALLED), false, false);
}

CASE(window_xcall_caller_cpus, WINDOW_CPUS(70), .api = XCVM_API_XCALL,
    .contract = "N16",
    .doc =
	"Two CPUs call by xcall(9), at whatever "
	"instruction one of them stops: each call runs once on each CPU before "
	"xc_wait() returns.")
{
	static const struct window calls = {
	    nx_here, nx_there, NX_OPERATIONS, NULL};

	window_cpus(&calls);
}

/* CPU 0 calls CPU 1, which stops as it runs the call and afterwards. */
static volatile u_int nx_called;

static void
nx_wait_called(u_int operation __unused)
{
	u_int called = nx_called;

	SPIN_UNTIL(nx_called != called);
}

static void
nx_call_it(u_int cpu __unused, u_int time)
{
	nx_one(time % 2, cpu_lookup(1), false, true);
	nx_called++;
}

CASE(window_xcall_called_cpus, WINDOW_CPUS(80), .api = XCVM_API_XCALL,
    .contract = "N16",
    .doc = "A CPU is called by xcall(9), and stops at "
	   "whatever instruction behind the function: each call runs once.")
{
	static const struct window calls = {
	    nx_wait_called, nx_call_it, 2, NULL};

	window_cpus(&calls);
}

/* --- cpu_xcall(9) --- */

static void
call_one(u_int operation, struct cpu_info *called, bool caller, bool callee)
{
	struct call c = {.c_stops = callee};
	struct xcall xc = XCALL_INITIALIZER(run_call, &c);

	window_begin_if(caller);
	if (operation == 0) {
		cpu_xcall(called, &xc);
		SPIN_UNTIL(c.c_runs != 0);
		/* The slot is free when the function has been called. */
		calls_drain(called);
	} else
		cpu_xcall_sync(called, run_call, &c, "window");
	CHECK_EQ(c.c_runs, 1);
}

static void
call_here(u_int operation)
{
	call_one(operation, cpu_lookup(CALLED), true, false);
}

static void
call_there(u_int cpu __unused, u_int time)
{
	call_one(time % 2, cpu_lookup(CALLED), false, false);
}

CASE(window_cpu_xcall_caller_cpus, WINDOW(TAKEN_AWAY(300), 90, 3),
    .api = XCVM_API_CPU_XCALL, .contract = "O11",
    .doc = "Two CPUs call a third by cpu_xcall(9), at "
	   "whatever instruction one of them stops: each call runs once.")
{
	static const struct window calls = {call_here, call_there, 2, NULL};

	window_cpus(&calls);
}

static volatile u_int called_times;

static void
wait_called(u_int operation __unused)
{
	u_int called = called_times;

	SPIN_UNTIL(called_times != called);
}

static void
call_it(u_int cpu __unused, u_int time __unused)
{
	call_one(1, cpu_lookup(1), false, true);
	called_times++;
}

CASE(window_cpu_xcall_called_cpus, WINDOW_CPUS(110), .api = XCVM_API_CPU_XCALL,
    .contract = "O11",
    .doc = "A CPU is called by cpu_xcall(9), and stops at "
	   "whatever instruction behind the function: each call runs once.")
{
	static const struct window calls = {wait_called, call_it, 1, NULL};

	window_cpus(&calls);
}

#endif /* MULTIPROCESSOR */
