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

CASE(diag_nobody_waits, DIAG, .diagnosis = "nobody waits",
    .limit_ms = DIAG_LIMIT_MS, .doc = "CPU 0 spins, in no call.")
{
	diag_report();
	diag_spin(NULL);
}

CASE(diag_no_interrupt, DIAG, .diagnosis = "no interrupt can ever arrive",
    .limit_ms = DIAG_LAST_MS, .doc = "All threads sleep, for nothing.")
{
	tsleep(&never, PWAIT, "forever", 0);
}

CASE(diag_halted, DIAG, .diagnosis = "no interrupt can ever arrive",
    .limit_ms = DIAG_LAST_MS, .doc = "CPU 0 halts with interrupts off.")
{
	(void)intr_disable();
	for (;;)
		__asm volatile("hlt");
}

#ifdef MULTIPROCESSOR

CASE(diag_handler_running, DIAG, .min_vcpus = 2, .diagnosis = "handler running",
    .limit_ms = DIAG_LIMIT_MS,
    .doc = "The function of a sync call never returns.")
{
	cpu_xcall_sync(cpu_lookup(1), diag_spin, NULL, "diag");
}

CASE(diag_handler_before_it, DIAG, .min_vcpus = 2,
    .diagnosis = "handler running", .limit_ms = DIAG_LIMIT_MS,
    .doc = "Another call, which never returns, is before it.")
{
	struct xcall xc = XCALL_INITIALIZER(diag_spin, NULL);

	cpu_xcall(cpu_lookup(1), &xc);
	diag_sync(cpu_lookup(1));
}

CASE(diag_message_running, DIAG, .min_vcpus = 2, .diagnosis = "handler running",
    .limit_ms = DIAG_LIMIT_MS,
    .doc = "The function of a message never returns.")
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

CASE(diag_handler_asleep, DIAG, .min_vcpus = 2, .diagnosis = "handler running",
    .limit_ms = DIAG_LAST_MS,
    .doc = "The function of a LOW call sleeps for ever.")
{
	xc_wait(xc_unicast(0, sleep_for_ever, NULL, NULL, cpu_lookup(1)));
}

CASE(diag_no_acknowledgement, DIAG, .min_vcpus = 2,
    .diagnosis = "work done, acknowledgement missing",
    .limit_ms = DIAG_LIMIT_MS,
    .doc = "A message counts one execution more than there are.")
{
	ipi_msg_t msg = {.func = call_nothing};

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
	mark_meet(p->p_ready, 2);
	p->p_msg = (ipi_msg_t){.func = call_nothing};
	ipi_unicast(&p->p_msg, p->p_other);
	ipi_wait(&p->p_msg);
}

CASE(diag_mutual_messages, DIAG, .min_vcpus = 2,
    .diagnosis = "waiters wait for each other", .limit_ms = DIAG_LIMIT_MS,
    .doc = "Two CPUs at IPL_HIGH wait for each other's message.")
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
	mark_meet(p->p_ready, 2);
	call_n(p->p_other, xc, nitems(xc), call_nothing, NULL);
}

CASE(diag_mutual_slots, DIAG, .min_vcpus = 2,
    .diagnosis = "waiters wait for each other", .limit_ms = DIAG_LIMIT_MS,
    .doc = "Two CPUs at IPL_SOFTCLOCK have filled each other's slots.")
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

CASE(diag_mutual_mutex, DIAG, .min_vcpus = 2,
    .diagnosis = "waiters wait for each other", .limit_ms = DIAG_LAST_MS,
    .doc = "A LOW call is waited for with the mutex that its function takes.")
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
	ipi_msg_t msg = {.func = call_nothing};

	ipi_unicast(&msg, arg);
	ipi_wait(&msg);
}

CASE(diag_chain, DIAG, .min_vcpus = 3, .diagnosis = "pending, masked by IF",
    .limit_ms = DIAG_LIMIT_MS,
    .doc = "CPU 1's function waits for CPU 2, which has interrupts off.")
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
	p->p_msg = (ipi_msg_t){.func = call_nothing};
	ipi_unicast(&p->p_msg, p->p_other);
	ipi_wait(&p->p_msg);
	kpreempt_enable();
}

/*
 * No ring: CPU 1 waits for CPU 0, but its interrupt handler, on top of that
 * wait, is what CPU 0 waits for.
 */
CASE(diag_no_ring, DIAG, .min_vcpus = 2, .diagnosis = "handler running",
    .limit_ms = DIAG_LIMIT_MS,
    .doc = "CPU 1 was in a wait for CPU 0 when the call that never returns "
	   "came.")
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
