/* SPDX-License-Identifier: ISC */
/* cpu_xcall(9): misuse panics at once, on the CPU that commits it. */
#include <sys/mutex.h>
#include <machine/lapic.h>
#include "cpu_xcall/cpu_xcall_case.h"

/* The last CPU, which on one CPU is this: the rules are the same for both. */
static void
sync_call(void *arg __unused)
{
	struct mark runs = {0};

	cpu_xcall_sync(cpu_lookup(ncpu - 1), call_count, &runs, "case");
}

/* The same, in a context the case waits for. */
static void
sync_call_and_tell(void *arg)
{
	sync_call(NULL);
	mark_add(arg);
}

MISUSE_DECISION(o25_sync_in_softint, CPU_XCALL, "O25,D8", 8, 1, 0,
    "cpu_xcall_sync: called in soft interrupt context",
    "A sync call from a soft interrupt panics.", PARAM_KERNEL)
{
	struct mark over = {0};

	softint_schedule(
	    softint_establish(SOFTINT_NET, sync_call_and_tell, &over));
	mark_wait(&over, 1);
}

MISUSE_DECISION(o25_sync_in_hard_interrupt, CPU_XCALL, "O25,D8", 8, 1, 0,
    "cpu_xcall_sync: called in interrupt context",
    "A sync call from a hard interrupt panics.", PARAM_KERNEL)
{
	struct mark over = {0};

	intr_test_establish(sync_call_and_tell, &over);
	lapic_self_ipi(INTR_VECTOR(LIR_TEST));
	mark_wait(&over, 1);
}

MISUSE_DECISION(o25_sync_at_raised_ipl, CPU_XCALL, "O25,D8", 8, 1, 0,
    "cpu_xcall_sync: called at raised IPL",
    "A sync call of a thread that has raised its level panics.", PARAM_KERNEL)
{
	int s = splsoftclock();

	sync_call(NULL);
	splx(s);
}

MISUSE_DECISION(o25_sync_without_preemption, CPU_XCALL, "O25,D8", 8, 1, 0,
    "cpu_xcall_sync: called with preemption disabled",
    "A sync call of a thread that has disabled preemption panics.",
    PARAM_KERNEL)
{
	kpreempt_disable();
	sync_call(NULL);
	kpreempt_enable();
}

MISUSE_DECISION(o25_sync_in_a_self_call, CPU_XCALL, "O25,D8", 8, 1, 0,
    "cpu_xcall_sync: called at raised IPL",
    "A sync call from a function that runs for its own CPU panics.",
    PARAM_KERNEL)
{
	struct xcall xc = XCALL_INITIALIZER(sync_call, NULL);

	cpu_xcall(curcpu(), &xc);
}

MISUSE_DECISION(o26_sync_with_a_spin_mutex, CPU_XCALL, "O26,D8", 8, 1, 0,
    "cpu_xcall_sync: called with a spin mutex held",
    "A sync call with a spin mutex held panics.", PARAM_KERNEL)
{
	kmutex_t mtx;

	mutex_init(&mtx, MUTEX_DEFAULT, IPL_HIGH);
	mutex_enter(&mtx);
	sync_call(NULL);
	mutex_exit(&mtx);
}

MISUSE_DECISION(o27_null_function, CPU_XCALL, "O27,D8", 8, 1, 0,
    "cpu_xcall: the function is NULL",
    "A call without a function panics in the caller.", PARAM_KERNEL)
{
	struct xcall xc = XCALL_INITIALIZER(NULL, NULL);

	cpu_xcall(cpu_lookup(ncpu - 1), &xc);
}

MISUSE_DECISION(o27_null_xcall, CPU_XCALL, "O27,D8", 8, 1, 0,
    "cpu_xcall: the xcall is NULL",
    "A call without an object panics in the caller.", PARAM_KERNEL)
{
	cpu_xcall(cpu_lookup(ncpu - 1), NULL);
}

MISUSE_DECISION(o27_sync_null_function, CPU_XCALL, "O27,D8", 8, 1, 0,
    "cpu_xcall_sync: the function is NULL",
    "A sync call without a function panics in the caller.", PARAM_KERNEL)
{
	cpu_xcall_sync(cpu_lookup(ncpu - 1), NULL, NULL, "case");
}

#ifdef MULTIPROCESSOR

MISUSE_DECISION(o25_sync_in_a_remote_call, CPU_XCALL, "O25,D8", 8, 2, 1,
    "cpu_xcall_sync: called in soft interrupt context",
    "A sync call from a function that another CPU asked for panics.",
    PARAM_KERNEL)
{
	struct mark over = {0};
	struct xcall xc = XCALL_INITIALIZER(sync_call_and_tell, &over);

	cpu_xcall(cpu_lookup(1), &xc);
	mark_wait(&over, 1);
}

MISUSE_DECISION(o27_null_cpu, CPU_XCALL, "O27,D8", 8, 2, 0,
    "cpu_xcall: the CPU is NULL", "A call to no CPU panics in the caller.",
    PARAM_KERNEL)
{
	struct mark runs = {0};
	struct xcall xc = XCALL_INITIALIZER(call_count, &runs);

	/* There is no such CPU. */
	cpu_xcall(cpu_lookup(ncpu), &xc);
}

MISUSE_DECISION(o27_sync_null_cpu, CPU_XCALL, "O27,D8", 8, 2, 0,
    "cpu_xcall: the CPU is NULL", "A sync call to no CPU panics in the caller.",
    PARAM_KERNEL)
{
	struct mark runs = {0};

	cpu_xcall_sync(NULL, call_count, &runs, "case");
}

static void
call_nothing(void *arg __unused)
{
	struct xcall xc = XCALL_INITIALIZER(NULL, NULL);

	cpu_xcall(cpu_lookup(0), &xc);
}

MISUSE_DECISION(o27_null_function_elsewhere, CPU_XCALL, "O27,D8", 8, 2, 1,
    "cpu_xcall: the function is NULL",
    "It is the calling CPU that panics, not the one called.", PARAM_KERNEL)
{
	thread_join(thread_start(cpu_lookup(1), call_nothing, NULL));
}

MISUSE_DECISION(o28_set_of_a_queued_call, CPU_XCALL, "O28,D8", 8, 2, 0,
    "cpu_xcall_set: the xcall is queued",
    "Changing an object that is queued panics.", PARAM_KERNEL)
{
	struct mark runs = {0};
	struct xcall xc;
	struct hold hold;

	hold_cpu(&hold, cpu_lookup(1), IPL_SOFTCLOCK);
	call(cpu_lookup(1), &xc, call_count, &runs);
	cpu_xcall_set(&xc, call_see, &runs);
	hold_release(&hold);
}

MISUSE_DECISION(o29_establish_with_calls_queued, CPU_XCALL, "O29,D8", 8, 2, 0,
    "cpu_xcall_establish: cpu1 has calls queued",
    "Establishing a CPU that has calls queued panics: it would drop them.",
    PARAM_KERNEL)
{
	struct mark runs = {0};
	struct xcall xc;
	struct hold hold;

	hold_cpu(&hold, cpu_lookup(1), IPL_SOFTCLOCK);
	call(cpu_lookup(1), &xc, call_count, &runs);
	cpu_xcall_establish(cpu_lookup(1));
	hold_release(&hold);
}

/* The last CPU is left out. */
#define PARAM_UNSTARTED PARAM("unstarted", 1, "CPUs left out, from the last")

MISUSE_DECISION(o23_target_not_running, CPU_XCALL, "O23,D6", 6, 2, 0,
    "is not running", "A call to a CPU that does not run panics.", PARAM_KERNEL,
    PARAM_UNSTARTED)
{
	struct mark runs = {0};
	struct xcall xc = XCALL_INITIALIZER(call_count, &runs);

	cpu_xcall(cpu_lookup(ncpu - 1), &xc);
}

MISUSE_DECISION(o23_sync_target_not_running, CPU_XCALL, "O23,D6", 6, 2, 0,
    "is not running", "A sync call to a CPU that does not run panics.",
    PARAM_KERNEL, PARAM_UNSTARTED)
{
	sync_call(NULL);
}

CASE_ALL(o23_panic_names_the_cpu, CPU_XCALL, MISUSE, "O23,D6", 6, 2, 2,
    "cpu_xcall: cpu1 is not running", 0,
    "The panic for a CPU that does not run names it.", PARAM_KERNEL,
    PARAM_UNSTARTED)
{
	struct mark runs = {0};
	struct xcall xc = XCALL_INITIALIZER(call_count, &runs);

	cpu_xcall(cpu_lookup(1), &xc);
}

#endif /* MULTIPROCESSOR */
