/* SPDX-License-Identifier: ISC */
/* Sleeping where nobody may sleep: each way panics by name. */
#include <sys/kthread.h>
#include <sys/mutex.h>
#include <machine/lapic.h>
#include "ground.h"

static const volatile char ident;
static struct cond cond = COND_INITIALIZER();

static void
sleep_on_ident(void *arg __unused)
{
	tsleep(&ident, PWAIT, "case", 1);
}

static void
wait_for_cond(void *arg __unused)
{
	cond_wait(&cond, "case");
}

static void
in_softint(void (*func)(void *))
{
	softint_schedule(
	    softint_establish(SOFTINT_CLOCK | SOFTINT_MPSAFE, func, NULL));
	take_interrupts();
}

static void
in_interrupt(void (*func)(void *))
{
	intr_test_establish(func, NULL);
	lapic_self_ipi(INTR_VECTOR(LIR_TEST));
	take_interrupts();
}

CASE(tsleep_in_softint, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .panic = "tsleep: called in soft interrupt context",
    .doc = "tsleep() in a soft interrupt panics.")
{
	in_softint(sleep_on_ident);
}

CASE(tsleep_in_interrupt, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .panic = "tsleep: called in interrupt context",
    .doc = "tsleep() in a hard interrupt panics.")
{
	in_interrupt(sleep_on_ident);
}

CASE(tsleep_at_raised_ipl, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .panic = "tsleep: called at raised IPL 2",
    .doc = "tsleep() at a raised IPL panics.")
{
	(void)splsoftclock();
	sleep_on_ident(NULL);
}

CASE(tsleep_with_preemption_off, .api = XCVM_API_KERNEL,
    .kind = XCVM_KIND_MISUSE,
    .panic = "tsleep: called with preemption disabled",
    .doc = "tsleep() with preemption disabled panics.")
{
	kpreempt_disable();
	sleep_on_ident(NULL);
}

CASE(tsleep_with_spin_mutex, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .panic = "tsleep: called with a spin mutex held",
    .doc = "tsleep() with a spin mutex held panics.")
{
	kmutex_t mutex;

	mutex_init(&mutex, MUTEX_DEFAULT, IPL_VM);
	mutex_enter(&mutex);
	sleep_on_ident(NULL);
}

CASE(cond_wait_in_softint, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .panic = "cond_wait: called in soft interrupt context",
    .doc = "cond_wait() in a soft interrupt panics.")
{
	in_softint(wait_for_cond);
}

CASE(cond_wait_in_interrupt, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .panic = "cond_wait: called in interrupt context",
    .doc = "cond_wait() in a hard interrupt panics.")
{
	in_interrupt(wait_for_cond);
}

CASE(cond_wait_signalled_at_ipl, .api = XCVM_API_KERNEL,
    .kind = XCVM_KIND_MISUSE, .panic = "cond_wait: called at raised IPL 8",
    .doc = "cond_wait() at a raised IPL panics, even if it would not sleep.")
{
	cond_signal(&cond);
	(void)splhigh();
	wait_for_cond(NULL);
}

#ifdef MULTIPROCESSOR

CASE(tsleep_in_remote_interrupt, .api = XCVM_API_KERNEL,
    .kind = XCVM_KIND_MISUSE, .min_vcpus = 2,
    .panic = "tsleep: called in interrupt context", .panic_cpu = 1,
    .doc = "The CPU that misuses tsleep() is the one that panics.")
{
	intr_test_establish(sleep_on_ident, NULL);
	lapic_ipi(cpu_lookup(1)->ci_cpuid, INTR_VECTOR(LIR_TEST));
	wait_for_panic();
}

#endif
