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

CASE(o25_sync_in_softint, .api = XCVM_API_CPU_XCALL, .kind = XCVM_KIND_MISUSE,
    .contract = "O25,D8", .decision = 8,
    .panic = "cpu_xcall_sync: called in soft interrupt context",
    .doc = "A sync call from a soft interrupt panics.")
{
	struct mark over = {0};

	softint_schedule(
	    softint_establish(SOFTINT_NET, sync_call_and_tell, &over));
	mark_wait(&over, 1);
}

CASE(o25_sync_in_hard_interrupt, .api = XCVM_API_CPU_XCALL,
    .kind = XCVM_KIND_MISUSE, .contract = "O25,D8", .decision = 8,
    .panic = "cpu_xcall_sync: called in interrupt context",
    .doc = "A sync call from a hard interrupt panics.")
{
	struct mark over = {0};

	intr_test_establish(sync_call_and_tell, &over);
	lapic_self_ipi(INTR_VECTOR(LIR_TEST));
	mark_wait(&over, 1);
}

CASE(o25_sync_at_raised_ipl, .api = XCVM_API_CPU_XCALL,
    .kind = XCVM_KIND_MISUSE, .contract = "O25,D8", .decision = 8,
    .panic = "cpu_xcall_sync: called at raised IPL",
    .doc = "A sync call of a thread that has raised its level panics.")
{
	int s = splsoftclock();

	sync_call(NULL);
	splx(s);
}

CASE(o25_sync_without_preemption, .api = XCVM_API_CPU_XCALL,
    .kind = XCVM_KIND_MISUSE, .contract = "O25,D8", .decision = 8,
    .panic = "cpu_xcall_sync: called with preemption disabled",
    .doc = "A sync call of a thread that has disabled preemption panics.")
{
	kpreempt_disable();
	sync_call(NULL);
	kpreempt_enable();
}

CASE(o25_sync_in_a_self_call, .api = XCVM_API_CPU_XCALL,
    .kind = XCVM_KIND_MISUSE, .contract = "O25,D8", .decision = 8,
    .panic = "cpu_xcall_sync: called at raised IPL",
    .doc = "A sync call from a function that runs for its own CPU panics.")
{
	struct xcall xc = XCALL_INITIALIZER(sync_call, NULL);

	cpu_xcall(curcpu(), &xc);
}

CASE(o26_sync_with_a_spin_mutex, .api = XCVM_API_CPU_XCALL,
    .kind = XCVM_KIND_MISUSE, .contract = "O26,D8", .decision = 8,
    .panic = "cpu_xcall_sync: called with a spin mutex held",
    .doc = "A sync call with a spin mutex held panics.")
{
	kmutex_t mtx;

	mutex_init(&mtx, MUTEX_DEFAULT, IPL_HIGH);
	mutex_enter(&mtx);
	sync_call(NULL);
	mutex_exit(&mtx);
}

CASE(o27_null_function, .api = XCVM_API_CPU_XCALL, .kind = XCVM_KIND_MISUSE,
    .contract = "O27,D8", .decision = 8,
    .panic = "cpu_xcall: the function is NULL",
    .doc = "A call without a function panics in the caller.")
{
	struct xcall xc = XCALL_INITIALIZER(NULL, NULL);

	cpu_xcall(cpu_lookup(ncpu - 1), &xc);
}

CASE(o27_null_xcall, .api = XCVM_API_CPU_XCALL, .kind = XCVM_KIND_MISUSE,
    .contract = "O27,D8", .decision = 8,
    .panic = "cpu_xcall: the xcall is NULL",
    .doc = "A call without an object panics in the caller.")
{
	cpu_xcall(cpu_lookup(ncpu - 1), NULL);
}

CASE(o27_sync_null_function, .api = XCVM_API_CPU_XCALL,
    .kind = XCVM_KIND_MISUSE, .contract = "O27,D8", .decision = 8,
    .panic = "cpu_xcall_sync: the function is NULL",
    .doc = "A sync call without a function panics in the caller.")
{
	cpu_xcall_sync(cpu_lookup(ncpu - 1), NULL, NULL, "case");
}

#ifdef MULTIPROCESSOR

CASE(o25_sync_in_a_remote_call, .api = XCVM_API_CPU_XCALL,
    .kind = XCVM_KIND_MISUSE, .contract = "O25,D8", .decision = 8,
    .min_vcpus = 2, .panic = "cpu_xcall_sync: called in soft interrupt context",
    .panic_cpu = 1,
    .doc = "A sync call from a function that another CPU asked for panics.")
{
	struct mark over = {0};
	struct xcall xc = XCALL_INITIALIZER(sync_call_and_tell, &over);

	cpu_xcall(cpu_lookup(1), &xc);
	mark_wait(&over, 1);
}

CASE(o27_null_cpu, .api = XCVM_API_CPU_XCALL, .kind = XCVM_KIND_MISUSE,
    .contract = "O27,D8", .decision = 8, .min_vcpus = 2,
    .panic = "cpu_xcall: the CPU is NULL",
    .doc = "A call to no CPU panics in the caller.")
{
	struct mark runs = {0};
	struct xcall xc = XCALL_INITIALIZER(call_count, &runs);

	/* There is no such CPU. */
	cpu_xcall(cpu_lookup(ncpu), &xc);
}

CASE(o27_sync_null_cpu, .api = XCVM_API_CPU_XCALL, .kind = XCVM_KIND_MISUSE,
    .contract = "O27,D8", .decision = 8, .min_vcpus = 2,
    .panic = "cpu_xcall: the CPU is NULL",
    .doc = "A sync call to no CPU panics in the caller.")
{
	struct mark runs = {0};

	cpu_xcall_sync(NULL, call_count, &runs, "case");
}

static void
call_no_function(void *arg __unused)
{
	struct xcall xc = XCALL_INITIALIZER(NULL, NULL);

	cpu_xcall(cpu_lookup(0), &xc);
}

CASE(o27_null_function_elsewhere, .api = XCVM_API_CPU_XCALL,
    .kind = XCVM_KIND_MISUSE, .contract = "O27,D8", .decision = 8,
    .min_vcpus = 2, .panic = "cpu_xcall: the function is NULL", .panic_cpu = 1,
    .doc = "It is the calling CPU that panics, not the one called.")
{
	thread_join(thread_start(cpu_lookup(1), call_no_function, NULL));
}

CASE(o28_set_of_a_queued_call, .api = XCVM_API_CPU_XCALL,
    .kind = XCVM_KIND_MISUSE, .contract = "O28,D8", .decision = 8,
    .min_vcpus = 2, .panic = "cpu_xcall_set: the xcall is queued",
    .doc = "Changing an object that is queued panics.")
{
	struct mark runs = {0};
	struct xcall xc;
	struct hold hold;

	hold_cpu(&hold, cpu_lookup(1), IPL_SOFTCLOCK);
	call(cpu_lookup(1), &xc, call_count, &runs);
	cpu_xcall_set(&xc, call_see, &runs);
	hold_release(&hold);
}

CASE(o29_establish_with_calls_queued, .api = XCVM_API_CPU_XCALL,
    .kind = XCVM_KIND_MISUSE, .contract = "O29,D8", .decision = 8,
    .min_vcpus = 2, .panic = "cpu_xcall_establish: cpu1 has calls queued",
    .doc = "Establishing a CPU that has calls queued panics: it would drop "
	   "them.")
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

CASE(o23_target_not_running, .api = XCVM_API_CPU_XCALL,
    .kind = XCVM_KIND_MISUSE, .contract = "O23,D6", .decision = 6,
    .min_vcpus = 2, .panic = "is not running",
    .doc = "A call to a CPU that does not run panics.",
    PARAMS(PARAM_KERNEL, PARAM_UNSTARTED))
{
	struct mark runs = {0};
	struct xcall xc = XCALL_INITIALIZER(call_count, &runs);

	cpu_xcall(cpu_lookup(ncpu - 1), &xc);
}

CASE(o23_sync_target_not_running, .api = XCVM_API_CPU_XCALL,
    .kind = XCVM_KIND_MISUSE, .contract = "O23,D6", .decision = 6,
    .min_vcpus = 2, .panic = "is not running",
    .doc = "A sync call to a CPU that does not run panics.",
    PARAMS(PARAM_KERNEL, PARAM_UNSTARTED))
{
	sync_call(NULL);
}

CASE(o23_panic_names_the_cpu, .api = XCVM_API_CPU_XCALL,
    .kind = XCVM_KIND_MISUSE, .contract = "O23,D6", .decision = 6,
    .min_vcpus = 2, .max_vcpus = 2, .panic = "cpu_xcall: cpu1 is not running",
    .doc = "The panic for a CPU that does not run names it.",
    PARAMS(PARAM_KERNEL, PARAM_UNSTARTED))
{
	struct mark runs = {0};
	struct xcall xc = XCALL_INITIALIZER(call_count, &runs);

	cpu_xcall(cpu_lookup(1), &xc);
}

#endif /* MULTIPROCESSOR */
