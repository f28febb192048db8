/* SPDX-License-Identifier: ISC */
/* A handler panics while nobody can be spoken to but by NMI. */
#include <sys/mutex.h>
#include "fault/fault_case.h"

#ifdef MULTIPROCESSOR

#define PLACES (CACHE_LINE_SIZE / sizeof(ipi_msg_t *))

static kmutex_t held;
static u_int number;

/* CPU 1's mailbox is full, and what its senders wait for never comes. */
static void
give_up(void *arg __unused)
{
	mutex_spin_enter(&held);
	panic("%s: number %u gives up",
	    case_param("unexpected") ? "for once" : "i40", number);
}

/* A CPU with interrupts off that wants what the one that panics holds. */
static void
want_held(void *arg)
{
	(void)intr_disable();
	mark_meet(arg, ncpu);
	mutex_spin_enter(&held);
	mutex_spin_exit(&held);
}

CASE(i40_handler_panics, .api = XCVM_API_IPI, .kind = XCVM_KIND_FAULT,
    .contract = "I40", .min_vcpus = 2, .panic = "i40: number 2 gives up",
    .panic_cpu = 1,
    .doc = "A handler panics, holding a mutex, on a CPU whose mailbox is "
	   "full; all others wait for one or the other with interrupts off.  "
	   "They stop, and the message names the number.",
    PARAMS(
	PARAM("unexpected", 0, "panic with another text than declared: 0 or 1"),
	PARAM_KERNEL))
{
	static ipi_msg_t msgs[PLACES + 1];
	static struct mark there;
	struct hold hold;

	mutex_init(&held, MUTEX_SPIN, IPL_HIGH);
	number = ipi_number(give_up, NULL);
	hold_cpu(&hold, cpu_lookup(1), HOLD_INTR_OFF);
	for (u_int i = 2; i < ncpu; i++)
		thread_start(cpu_lookup(i), want_held, &there);
	kpreempt_disable();
	for (u_int i = 0; i < PLACES; i++) {
		msgs[i] = (ipi_msg_t){.func = call_nothing};
		ipi_unicast(&msgs[i], cpu_lookup(1));
	}
	/* Served before the messages. */
	ipi_trigger(number, cpu_lookup(1));
	mark_wait(&there, ncpu - 2);
	(void)intr_disable();
	hold_let_go(&hold);
	mark_add(&there);
	mark_add(&there);
	msgs[PLACES] = (ipi_msg_t){.func = call_nothing};
	ipi_unicast(&msgs[PLACES], cpu_lookup(1));
	wait_for_panic();
}

/* A handler that has another number run inside it, and then panics. */
static void
give_up_later(void *inner)
{
	kcpuset_t self;

	kcpuset_zero(&self);
	kcpuset_set(&self, cpu_number());
	ipi_trigger_multi(*(u_int *)inner, &self);
	panic("i40 gives up");
}

CASE(i40_outer_handler_panics, .api = XCVM_API_IPI, .kind = XCVM_KIND_MISUSE,
    .contract = "I40,D8", .decision = 8, .min_vcpus = 2, .panic_cpu = 1,
    .panic = "i40 gives up (in the handler of ipi number 2)",
    .doc = "A handler panics after another has run inside it: the message "
	   "names the number of the one that panics.")
{
	u_int outer, inner;

	outer = ipi_number(give_up_later, &inner);
	inner = ipi_number(call_nothing, NULL);
	PINNED(ipi_trigger(outer, cpu_lookup(1)));
	wait_for_panic();
}

#endif /* MULTIPROCESSOR */
