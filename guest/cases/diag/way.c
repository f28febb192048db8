/* SPDX-License-Identifier: ISC */
/*
 * Hangs on the way of a call to its CPU: not sent, lost, held back, taken
 * for nothing.
 */
#include <sys/ipi.h>
#include <sys/stall.h>
#include <sys/xcall.h>
#include <sys/xctrace.h>
#include <machine/lapic.h>
#include "diag/diag_case.h"

#ifdef MULTIPROCESSOR

CASE(diag_never_sent, DIAG, .min_vcpus = 2, .diagnosis = "never sent",
    .limit_ms = DIAG_LAST_MS,
    .doc = "A call is put into CPU 1's slot, and nobody sends the interrupt.")
{
	struct cpu_info *ci = cpu_lookup(1);
	struct xcall xc = XCALL_INITIALIZER(call_nothing, NULL);
	struct cond done = COND_INITIALIZER();
	struct stall_watch sw;

	xctrace(XCVM_TRACE_SEND, XCVM_TRACE_CPU_XCALL, cpu_index(ci),
	    (const void *)xc.xc_func);
	ci->ci_xcall.xci_xcalls[0] = &xc;
	stall_begin(
	    &sw, "cpu_xcall_sync", ci, (const void *)xc.xc_func, &xc, NULL);
	cond_wait(&done, "diag");
	stall_end(&sw);
}

/* To an APIC id that no CPU has, until it is put right. */
static void
lose_interrupts(struct cpu_info *ci)
{
	ci->ci_cpuid = 0x00fffff0;
}

CASE(diag_lost, DIAG, .min_vcpus = 2,
    .diagnosis = "sent, not pending at the target", .limit_ms = DIAG_LAST_MS,
    .doc = "The interrupt of a sync call goes to an APIC id that no CPU has.")
{
	lose_interrupts(cpu_lookup(1));
	diag_sync(cpu_lookup(1));
}

CASE(diag_lost_message, DIAG, .min_vcpus = 3,
    .diagnosis = "sent, not pending at the target", .limit_ms = DIAG_LIMIT_MS,
    .doc = "One of the interrupts of a message to all goes to no CPU.")
{
	ipi_msg_t msg = {.func = call_nothing};

	lose_interrupts(cpu_lookup(2));
	kpreempt_disable();
	ipi_broadcast(&msg);
	ipi_wait(&msg);
	kpreempt_enable();
}

CASE(diag_lost_high, DIAG, .min_vcpus = 2,
    .diagnosis = "sent, not pending at the target", .limit_ms = DIAG_LAST_MS,
    .doc = "The interrupt of a HIGH call goes to no CPU.")
{
	lose_interrupts(cpu_lookup(1));
	xc_wait(xc_broadcast(
	    XC_HIGHPRI, (xcfunc_t)(void *)call_nothing, NULL, NULL));
}

/*
 * Which call comes when its CPU has already halted is left to chance, and a
 * CPU that has not needs no interrupt: so until one is lost.
 */
CASE(diag_lost_low, DIAG, .min_vcpus = 2,
    .diagnosis = "sent, not pending at the target", .limit_ms = DIAG_LAST_MS,
    .doc = "The reschedule interrupt for the thread of a LOW call goes to no "
	   "CPU.")
{
	lose_interrupts(cpu_lookup(1));
	for (;;) {
		xc_wait(xc_unicast(0, (xcfunc_t)(void *)call_nothing, NULL,
		    NULL, cpu_lookup(1)));
		delay(1000);
	}
}

/* The watch's timer would wake CPU 0, and with it the caller. */
CASE(diag_lost_wakeup, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_FAULT,
    .min_vcpus = 2, .diagnosis = "sent, not pending at the target",
    .limit_ms = DIAG_LIMIT_MS,
    .doc = "The call returns, and the reschedule interrupt for its caller is "
	   "lost.",
    PARAMS(PARAM_ICR_FENCE(1), PARAM_RESEND(0), PARAM_TRACE(1),
	PARAM_STALL_LIMIT(60000)))
{
	diag_report();
	lose_interrupts(curcpu());
	for (;;)
		diag_sync(cpu_lookup(1));
}

CASE(diag_masked_by_if, DIAG, .min_vcpus = 2,
    .diagnosis = "pending, masked by IF", .limit_ms = DIAG_LIMIT_MS,
    .doc = "CPU 1 spins with interrupts off.")
{
	struct hold hold;

	hold_cpu(&hold, cpu_lookup(1), HOLD_INTR_OFF);
	diag_sync(cpu_lookup(1));
}

static void
mask_by_tpr(void *arg)
{
	lapic_write(MSR_X2APIC_TPR, 0xf0);
	mark_add(arg);
	diag_spin(NULL);
}

CASE(diag_masked_by_tpr, DIAG, .min_vcpus = 2,
    .diagnosis = "pending, masked by TPR", .limit_ms = DIAG_LIMIT_MS,
    .doc = "CPU 1 has raised its TPR, and spins.")
{
	struct mark masked = {0};

	thread_start(cpu_lookup(1), mask_by_tpr, &masked);
	mark_wait(&masked, 1);
	diag_sync(cpu_lookup(1));
}

CASE(diag_masked_by_softclock, DIAG, .min_vcpus = 2,
    .diagnosis = "pending, masked by IPL", .limit_ms = DIAG_LIMIT_MS,
    .doc = "CPU 1 stays at IPL_SOFTCLOCK.")
{
	struct hold hold;

	hold_cpu(&hold, cpu_lookup(1), IPL_SOFTCLOCK);
	diag_sync(cpu_lookup(1));
}

CASE(diag_masked_by_high, DIAG, .min_vcpus = 2,
    .diagnosis = "pending, masked by IPL", .limit_ms = DIAG_LIMIT_MS,
    .doc = "CPU 1 stays at IPL_HIGH, and a message waits for it.")
{
	ipi_msg_t msg = {.func = call_nothing};
	struct hold hold;

	hold_cpu(&hold, cpu_lookup(1), IPL_HIGH);
	kpreempt_disable();
	ipi_unicast(&msg, cpu_lookup(1));
	ipi_wait(&msg);
	kpreempt_enable();
}

CASE(diag_full, DIAG, .min_vcpus = 2, .diagnosis = "pending, masked by IPL",
    .limit_ms = DIAG_LIMIT_MS,
    .doc = "A caller spins for a slot of CPU 1, which stays at IPL_SOFTCLOCK.")
{
	struct xcall xc[XCALL_CPU_SLOTS + 1];
	struct hold hold;

	hold_cpu(&hold, cpu_lookup(1), IPL_SOFTCLOCK);
	call_n(cpu_lookup(1), xc, nitems(xc), call_nothing, NULL);
}

CASE(diag_masked_by_preemption, DIAG, .min_vcpus = 2,
    .diagnosis = "pending, masked by IPL", .limit_ms = DIAG_LIMIT_MS,
    .doc = "CPU 1 has preemption disabled, and a LOW call needs its thread.")
{
	struct hold hold;

	hold_cpu(&hold, cpu_lookup(1), HOLD_PREEMPTION);
	xc_wait(xc_unicast(
	    0, (xcfunc_t)(void *)call_nothing, NULL, NULL, cpu_lookup(1)));
}

/* A thread beside the one that waits: take the call out of CPU 1's slot. */
static void
steal_call(void *arg)
{
	struct cpu_info *ci = cpu_lookup(1);
	struct hold *hold = arg;

	YIELD_UNTIL(ci->ci_xcall.xci_xcalls[0] != NULL);
	ci->ci_xcall.xci_xcalls[0] = NULL;
	hold_release(hold);
}

CASE(diag_lost_work, DIAG, .min_vcpus = 2, .diagnosis = "taken, no work seen",
    .limit_ms = DIAG_LAST_MS,
    .doc = "A call disappears from CPU 1's slot before it has begun.")
{
	struct hold hold;

	hold_cpu(&hold, cpu_lookup(1), IPL_SOFTCLOCK);
	thread_start(curcpu(), steal_call, &hold);
	diag_sync(cpu_lookup(1));
}

/* The same, and back when CPU 1 has looked for it. */
struct hidden {
	struct hold h_hold;
	uint64_t h_arrived; /* cross-call interrupts at CPU 1, before */
};

static void
hide_call(void *arg)
{
	struct cpu_info *ci = cpu_lookup(1);
	struct hidden *hidden = arg;
	struct xcall *xc;

	YIELD_UNTIL((xc = ci->ci_xcall.xci_xcalls[0]) != NULL &&
		    intr_arrived(ci, LIR_XCALL) != hidden->h_arrived);
	ci->ci_xcall.xci_xcalls[0] = NULL;
	hold_release(&hidden->h_hold);
	YIELD_UNTIL(!ci->ci_md.md_xcall_pending &&
		    ci->ci_curlwp == ci->ci_idlelwp &&
		    ci->ci_ilevel == IPL_NONE);
	ci->ci_xcall.xci_xcalls[0] = xc;
}

CASE(diag_unseen_work, DIAG, .min_vcpus = 2, .diagnosis = "taken, no work seen",
    .limit_ms = DIAG_LAST_MS,
    .doc = "CPU 1 takes the interrupt, and does not see the call.")
{
	struct hidden hidden;

	hidden.h_arrived = intr_arrived(cpu_lookup(1), LIR_XCALL);
	hold_cpu(&hidden.h_hold, cpu_lookup(1), IPL_SOFTCLOCK);
	thread_start(curcpu(), hide_call, &hidden);
	diag_sync(cpu_lookup(1));
}

CASE(diag_target_not_started, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_FAULT,
    .min_vcpus = 2, .diagnosis = "target not running", .limit_ms = DIAG_LAST_MS,
    .doc = "A call for a CPU that says it runs, and was never started.",
    PARAMS(PARAM_KERNEL_DIAG,
	PARAM("unstarted", 1, "CPUs left out at start-up, the last ones")))
{
	struct cpu_info *ci = cpu_lookup(ncpu - 1);

	ci->ci_schedstate.spc_flags |= SPCF_RUNNING;
	diag_sync(ci);
}

/* Nobody waits in the stacks: the case does, in a way of its own. */
CASE(diag_async, DIAG, .min_vcpus = 2,
    .diagnosis = "sent, not pending at the target", .limit_ms = DIAG_LIMIT_MS,
    .doc = "The interrupt of a call that nobody waits for is lost.")
{
	struct xcall xc = XCALL_INITIALIZER(call_nothing, NULL);

	lose_interrupts(cpu_lookup(1));
	cpu_xcall(cpu_lookup(1), &xc);
	diag_report();
	diag_spin(NULL);
}

CASE(diag_trigger, DIAG, .min_vcpus = 2,
    .diagnosis = "sent, not pending at the target", .limit_ms = DIAG_LIMIT_MS,
    .doc = "The interrupt of a number is lost.")
{
	u_int id = ipi_register(call_nothing, NULL);

	lose_interrupts(cpu_lookup(1));
	kpreempt_disable();
	ipi_trigger(id, cpu_lookup(1));
	diag_report();
	diag_spin(NULL);
}

/* As in diag_lost_low: until CPU 1 needs the interrupt. */
CASE(diag_thread, DIAG, .min_vcpus = 2,
    .diagnosis = "sent, not pending at the target", .limit_ms = DIAG_LAST_MS,
    .doc = "The reschedule interrupt for a new thread is lost.")
{
	lose_interrupts(cpu_lookup(1));
	for (;;) {
		thread_join(thread_start(cpu_lookup(1), call_nothing, NULL));
		delay(1000);
	}
}

#endif /* MULTIPROCESSOR */
