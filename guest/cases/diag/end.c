/* SPDX-License-Identifier: ISC */
/*
 * Hangs at the end of a call: the function does not return, its end is not
 * told, those who wait wait for each other; and hangs without a call.
 */
#include <sys/ipi.h>
#include <sys/mutex.h>
#include <sys/xcall.h>
#include "diag/diag_case.h"

static const char never; /* nobody wakes who sleeps on it */

HANG(diag_nobody_waits, KERNEL, "", 1, NULL, "nobody waits", DIAG_LIMIT_MS,
    "CPU 0 spins, in no call.", PARAM_KERNEL_DIAG)
{
	diag_report();
	diag_spin(NULL);
}

HANG(diag_no_interrupt, KERNEL, "", 1, NULL, "no interrupt can ever arrive",
    DIAG_LAST_MS, "All threads sleep, for nothing.", PARAM_KERNEL_DIAG)
{
	tsleep(&never, PWAIT, "forever", 0);
}

HANG(diag_halted, KERNEL, "", 1, NULL, "no interrupt can ever arrive",
    DIAG_LAST_MS, "CPU 0 halts with interrupts off.", PARAM_KERNEL_DIAG)
{
	(void)intr_disable();
	for (;;)
		__asm volatile("hlt");
}

#ifdef MULTIPROCESSOR

HANG(diag_handler_running, KERNEL, "", 2, NULL, "handler running",
    DIAG_LIMIT_MS, "The function of a sync call never returns.",
    PARAM_KERNEL_DIAG)
{
	cpu_xcall_sync(cpu_lookup(1), diag_spin, NULL, "diag");
}

HANG(diag_handler_before_it, KERNEL, "", 2, NULL, "handler running",
    DIAG_LIMIT_MS, "Another call, which never returns, is before it.",
    PARAM_KERNEL_DIAG)
{
	struct xcall xc = XCALL_INITIALIZER(diag_spin, NULL);

	cpu_xcall(cpu_lookup(1), &xc);
	diag_sync(cpu_lookup(1));
}

HANG(diag_message_running, KERNEL, "", 2, NULL, "handler running",
    DIAG_LIMIT_MS, "The function of a message never returns.",
    PARAM_KERNEL_DIAG)
{
	ipi_msg_t msg = {.func = diag_spin};

	kpreempt_disable();
	ipi_unicast(&msg, cpu_lookup(1));
	ipi_wait(&msg);
	kpreempt_enable();
}

static void
sleep_for_ever(void *arg1 __unused, void *arg2 __unused)
{
	tsleep(&never, PWAIT, "forever", 0);
}

HANG(diag_handler_asleep, KERNEL, "", 2, NULL, "handler running", DIAG_LAST_MS,
    "The function of a LOW call sleeps for ever.", PARAM_KERNEL_DIAG)
{
	xc_wait(xc_unicast(0, sleep_for_ever, NULL, NULL, cpu_lookup(1)));
}

HANG(diag_no_acknowledgement, KERNEL, "", 2, NULL,
    "work done, acknowledgement missing", DIAG_LIMIT_MS,
    "A message counts one execution more than there are.", PARAM_KERNEL_DIAG)
{
	ipi_msg_t msg = {.func = diag_nothing};

	kpreempt_disable();
	ipi_unicast(&msg, cpu_lookup(1));
	msg._pending++;
	ipi_wait(&msg);
	kpreempt_enable();
}

/* One of two CPUs, each with interrupts blocked, and a message for the other. */
struct peer {
	struct cpu_info *p_other;
	struct mark *p_ready;
	ipi_msg_t p_msg;
};

static void
message_at_high(void *arg)
{
	struct peer *p = arg;

	(void)splhigh();
	mark_add(p->p_ready);
	mark_wait(p->p_ready, 2);
	p->p_msg = (ipi_msg_t){.func = diag_nothing};
	ipi_unicast(&p->p_msg, p->p_other);
	ipi_wait(&p->p_msg);
}

HANG(diag_mutual_messages, KERNEL, "", 2, NULL, "waiters wait for each other",
    DIAG_LIMIT_MS, "Two CPUs at IPL_HIGH wait for each other's message.",
    PARAM_KERNEL_DIAG)
{
	struct mark ready = {0};
	struct peer here = {cpu_lookup(1), &ready, {0}};
	struct peer there = {curcpu(), &ready, {0}};

	thread_start(cpu_lookup(1), message_at_high, &there);
	message_at_high(&here);
}

static void
fill_at_softclock(void *arg)
{
	struct xcall xc[XCALL_CPU_SLOTS + 1];
	struct peer *p = arg;

	(void)splsoftclock();
	mark_add(p->p_ready);
	mark_wait(p->p_ready, 2);
	for (u_int i = 0; i < nitems(xc); i++) {
		cpu_xcall_set(&xc[i], diag_nothing, NULL);
		cpu_xcall(p->p_other, &xc[i]);
	}
}

HANG(diag_mutual_slots, KERNEL, "", 2, NULL, "waiters wait for each other",
    DIAG_LIMIT_MS, "Two CPUs at IPL_SOFTCLOCK have filled each other's slots.",
    PARAM_KERNEL_DIAG)
{
	struct mark ready = {0};
	struct peer here = {cpu_lookup(1), &ready, {0}};
	struct peer there = {curcpu(), &ready, {0}};

	thread_start(cpu_lookup(1), fill_at_softclock, &there);
	fill_at_softclock(&here);
}

static void
take_mutex(void *arg1, void *arg2 __unused)
{
	mutex_enter(arg1);
	mutex_exit(arg1);
}

HANG(diag_mutual_mutex, KERNEL, "", 2, NULL, "waiters wait for each other",
    DIAG_LAST_MS,
    "A LOW call is waited for with the mutex that its function takes.",
    PARAM_KERNEL_DIAG)
{
	kmutex_t mtx;

	mutex_init(&mtx, MUTEX_DEFAULT, IPL_NONE);
	mutex_enter(&mtx);
	xc_wait(xc_unicast(0, take_mutex, &mtx, NULL, cpu_lookup(1)));
}

/* A function that waits for a CPU which does not take its message. */
static void
pass_on(void *arg)
{
	ipi_msg_t msg = {.func = diag_nothing};

	ipi_unicast(&msg, arg);
	ipi_wait(&msg);
}

HANG(diag_chain, KERNEL, "", 3, NULL, "pending, masked by IF", DIAG_LIMIT_MS,
    "CPU 1's function waits for CPU 2, which has interrupts off.",
    PARAM_KERNEL_DIAG)
{
	struct hold hold;

	hold_cpu(&hold, cpu_lookup(2), HOLD_INTR_OFF);
	cpu_xcall_sync(cpu_lookup(1), pass_on, cpu_lookup(2), "diag");
}

static void
message_with_all_open(void *arg)
{
	struct peer *p = arg;

	kpreempt_disable();
	p->p_msg = (ipi_msg_t){.func = diag_nothing};
	ipi_unicast(&p->p_msg, p->p_other);
	ipi_wait(&p->p_msg);
	kpreempt_enable();
}

/*
 * No ring: CPU 1 waits for CPU 0, but its interrupt handler, on top of that
 * wait, is what CPU 0 waits for.
 */
HANG(diag_no_ring, KERNEL, "", 2, NULL, "handler running", DIAG_LIMIT_MS,
    "CPU 1 was in a wait for CPU 0 when the call that never returns came.",
    PARAM_KERNEL_DIAG)
{
	struct mark ready = {0};
	struct peer there = {curcpu(), &ready, {0}};
	ipi_msg_t msg = {.func = diag_spin};
	int s;

	s = splhigh();
	thread_start(cpu_lookup(1), message_with_all_open, &there);
	while (curcpu()->ci_ipending == 0)
		CPU_BUSY_CYCLE();
	ipi_unicast(&msg, cpu_lookup(1));
	ipi_wait(&msg);
	splx(s);
}

#endif /* MULTIPROCESSOR */
