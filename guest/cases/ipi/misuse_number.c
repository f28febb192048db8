/* SPDX-License-Identifier: ISC */
/* ipi(9): each function that takes a number refuses each bad one. */
#include "ipi/ipi_case.h"

#define D8 .api = XCVM_API_IPI, .kind = XCVM_KIND_MISUSE, .decision = 8

/* To nobody: the number alone is wrong. */
static void
trigger_nobody(u_int id)
{
	kcpuset_t none;

	kcpuset_zero(&none);
	PINNED(ipi_trigger_multi(id, &none));
}

CASE(i26_trigger_multi_32_to_nobody, D8, .contract = "I26,D8",
    .panic = "ipi_trigger_multi: number 32 is out of range",
    .doc = "A trigger of number 32 on an empty set of CPUs panics.")
{
	trigger_nobody(IPI_MAXREG);
}

CASE(i26_trigger_multi_all_ones, D8, .contract = "I26,D8",
    .panic = "ipi_trigger_multi: number 4294967295 is out of range",
    .doc = "A trigger of number 0xffffffff on an empty set of CPUs panics.")
{
	trigger_nobody(0xffffffff);
}

CASE(i26_trigger_others_32, D8, .contract = "I26,D8",
    .panic = "ipi_trigger_broadcast: number 32 is out of range",
    .doc = "A trigger of number 32 on all other CPUs panics.")
{
	PINNED(ipi_trigger_broadcast(IPI_MAXREG, true));
}

CASE(i26_trigger_free_here, D8, .contract = "I26,D8",
    .panic = "ipi_trigger_multi: number 31 is not registered",
    .doc = "A trigger of a number that is not registered, on this CPU alone, "
	   "panics.")
{
	kcpuset_t self;

	kcpuset_zero(&self);
	kcpuset_set(&self, cpu_number());
	PINNED(ipi_trigger_multi(IPI_MAXREG - 1, &self));
}

CASE(i27_unregister_all_ones, D8, .contract = "I27,D8",
    .panic = "ipi_unregister: number 4294967295 is out of range",
    .doc = "To unregister number 0xffffffff panics.")
{
	ipi_unregister(0xffffffff);
}

/* --- where a thread must not sleep --- */

static void
register_null(void *arg __unused)
{
	(void)ipi_register(NULL, NULL);
}

CASE(i28_register_null_in_a_softint, D8, .contract = "I28,D8",
    .panic = "ipi_register: called in soft interrupt context",
    .doc = "To register no function in a soft interrupt panics.")
{
	softint_schedule(softint_establish(SOFTINT_NET, register_null, NULL));
}

CASE(i28_register_unpreemptible, D8, .contract = "I28,D8",
    .panic = "ipi_register: called with preemption disabled",
    .doc = "To register with preemption disabled panics.")
{
	PINNED((void)ipi_register(call_nothing, NULL));
}

CASE(i27_unregister_unpreemptible, D8, .contract = "I27,D8",
    .panic = "ipi_unregister: called with preemption disabled",
    .doc = "To unregister a number with preemption disabled panics.")
{
	u_int id = ipi_number(call_nothing, NULL);

	PINNED(ipi_unregister(id));
}

#ifdef MULTIPROCESSOR

/*
 * --- while a number is being unregistered: CPU 1 does it, and waits for
 * CPU 2, which is held for a while, or until who comes second is done ---
 */

static struct mark second_done;

static void
until_done(void *arg __unused)
{
	/* Time for what must not happen. */
	uint64_t end = nsecuptime() + 10000000;

	SPIN_UNTIL(mark_read(&second_done) != 0 || nsecuptime() >= end);
}

static void
unregister(void *id)
{

	ipi_unregister(*(u_int *)id);
}

static struct lwp *
unregister_held(struct hold *hold, u_int *id)
{
	struct lwp *l;

	hold_cpu(hold, cpu_lookup(2), HOLD_INTR_OFF);
	l = thread_start(cpu_lookup(1), unregister, id);
	/* Another CPU writes it: each look is a load, as the pause sees to. */
	SPIN_UNTIL(l->l_stall != NULL);
	return (l);
}

/* Lets the held CPU go. */
static void
let_go(void *hold)
{

	until_done(NULL);
	hold_let_go(hold);
}

CASE(i31_register_during_unregister, .api = XCVM_API_IPI, .contract = "I31,D4",
    .decision = 4, .min_vcpus = 4,
    .doc = "A number that is being unregistered is not given out before that "
	   "has ended.")
{
	u_int id = ipi_number(call_nothing, NULL), next;
	struct hold hold;
	struct lwp *first = unregister_held(&hold, &id), *letter;

	letter = thread_start(cpu_lookup(3), let_go, &hold);
	next = ipi_number(call_nothing, NULL);
	CHECK(first->l_stall == NULL || next != id);
	mark_add(&second_done);
	thread_join(letter);
	hold_release(&hold);
	thread_join(first);
	ipi_unregister(next);
}

CASE(i27_unregister_during_unregister, D8, .contract = "I27,D8", .min_vcpus = 4,
    .panic = "is not registered",
    .doc = "To unregister a number that is being unregistered panics.")
{
	u_int id = ipi_number(call_nothing, NULL);
	struct hold hold;

	(void)unregister_held(&hold, &id);
	(void)thread_start(cpu_lookup(3), let_go, &hold);
	ipi_unregister(id);
}

#endif /* MULTIPROCESSOR */
