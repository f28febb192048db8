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

MISUSE(tsleep_in_softint, KERNEL, "", 1, 0,
    "tsleep: called in soft interrupt context",
    "tsleep() in a soft interrupt panics.", PARAM_KERNEL)
{
	in_softint(sleep_on_ident);
}

MISUSE(tsleep_in_interrupt, KERNEL, "", 1, 0,
    "tsleep: called in interrupt context",
    "tsleep() in a hard interrupt panics.", PARAM_KERNEL)
{
	in_interrupt(sleep_on_ident);
}

MISUSE(tsleep_at_raised_ipl, KERNEL, "", 1, 0, "tsleep: called at raised IPL 2",
    "tsleep() at a raised IPL panics.", PARAM_KERNEL)
{
	(void)splsoftclock();
	sleep_on_ident(NULL);
}

MISUSE(tsleep_with_preemption_off, KERNEL, "", 1, 0,
    "tsleep: called with preemption disabled",
    "tsleep() with preemption disabled panics.", PARAM_KERNEL)
{
	kpreempt_disable();
	sleep_on_ident(NULL);
}

MISUSE(tsleep_with_spin_mutex, KERNEL, "", 1, 0,
    "tsleep: called with a spin mutex held",
    "tsleep() with a spin mutex held panics.", PARAM_KERNEL)
{
	kmutex_t mutex;

	mutex_init(&mutex, MUTEX_DEFAULT, IPL_VM);
	mutex_enter(&mutex);
	sleep_on_ident(NULL);
}

MISUSE(cond_wait_in_softint, KERNEL, "", 1, 0,
    "cond_wait: called in soft interrupt context",
    "cond_wait() in a soft interrupt panics.", PARAM_KERNEL)
{
	in_softint(wait_for_cond);
}

MISUSE(cond_wait_in_interrupt, KERNEL, "", 1, 0,
    "cond_wait: called in interrupt context",
    "cond_wait() in a hard interrupt panics.", PARAM_KERNEL)
{
	in_interrupt(wait_for_cond);
}

MISUSE(cond_wait_signalled_at_ipl, KERNEL, "", 1, 0,
    "cond_wait: called at raised IPL 8",
    "cond_wait() at a raised IPL panics, even if it would not sleep.",
    PARAM_KERNEL)
{
	cond_signal(&cond);
	(void)splhigh();
	wait_for_cond(NULL);
}

#ifdef MULTIPROCESSOR

MISUSE(tsleep_in_remote_interrupt, KERNEL, "", 2, 1,
    "tsleep: called in interrupt context",
    "The CPU that misuses tsleep() is the one that panics.", PARAM_KERNEL)
{
	intr_test_establish(sleep_on_ident, NULL);
	lapic_ipi(cpu_lookup(1)->ci_cpuid, INTR_VECTOR(LIR_TEST));
	wait_for_panic();
}

#endif
