/* SPDX-License-Identifier: ISC */
/* ipi(9): misuse panics at submit, on the CPU that did it (decisions 6, 8). */
#include <sys/kmem.h>
#include "ipi/ipi_case.h"

#define D8 .api = XCVM_API_IPI, .kind = XCVM_KIND_MISUSE, .decision = 8

static ipi_msg_t no_function;
static ipi_msg_t nothing = {.func = call_nothing};

/* --- no function --- */

CASE(i23_multicast_null, D8, .contract = "I23,D8",
    .panic = "ipi_multicast: the function is NULL",
    .doc = "A multicast of no function panics.")
{
	PINNED(ipi_multicast(&no_function, kcpuset_running));
}

CASE(i23_broadcast_null, D8, .contract = "I23,D8",
    .panic = "ipi_broadcast: the function is NULL",
    .doc = "A broadcast of no function panics.")
{
	PINNED(ipi_broadcast(&no_function));
}

/* --- preemption enabled --- */

CASE(i25_trigger_unpinned, D8, .contract = "I25,D8",
    .panic = "ipi_trigger: preemption is enabled",
    .doc = "ipi_trigger() with preemption enabled panics.")
{
	ipi_trigger(ipi_number(call_nothing, NULL), cpu_lookup(ncpu - 1));
}

CASE(i25_trigger_multi_unpinned, D8, .contract = "I25,D8",
    .panic = "ipi_trigger_multi: preemption is enabled",
    .doc = "ipi_trigger_multi() with preemption enabled panics.")
{
	ipi_trigger_multi(ipi_number(call_nothing, NULL), kcpuset_running);
}

CASE(i25_trigger_broadcast_unpinned, D8, .contract = "I25,D8",
    .panic = "ipi_trigger_broadcast: preemption is enabled",
    .doc = "ipi_trigger_broadcast() with preemption enabled panics.")
{
	ipi_trigger_broadcast(ipi_number(call_nothing, NULL), true);
}

CASE(i25_unicast_unpinned, D8, .contract = "I25,D8",
    .panic = "ipi_unicast: preemption is enabled",
    .doc = "ipi_unicast() with preemption enabled panics.")
{
	ipi_unicast(&nothing, cpu_lookup(ncpu - 1));
}

CASE(i25_multicast_unpinned, D8, .contract = "I25,D8",
    .panic = "ipi_multicast: preemption is enabled",
    .doc = "ipi_multicast() with preemption enabled panics.")
{
	ipi_multicast(&nothing, kcpuset_running);
}

CASE(i25_broadcast_unpinned, D8, .contract = "I25,D8",
    .panic = "ipi_broadcast: preemption is enabled",
    .doc = "ipi_broadcast() with preemption enabled panics.")
{
	ipi_broadcast(&nothing, true);
}

/* --- numbers --- */

CASE(i26_trigger_32, D8, .contract = "I26,D8",
    .panic = "ipi_trigger: number 32 is out of range",
    .doc = "A trigger of number 32 panics.")
{
	PINNED(ipi_trigger(IPI_MAXREG, cpu_lookup(ncpu - 1)));
}

CASE(i26_trigger_all_ones, D8, .contract = "I26,D8",
    .panic = "ipi_trigger: number 4294967295 is out of range",
    .doc = "A trigger of number 0xffffffff panics.")
{
	PINNED(ipi_trigger(0xffffffff, cpu_lookup(ncpu - 1)));
}

CASE(i26_trigger_broadcast_32, D8, .contract = "I26,D8",
    .panic = "ipi_trigger_broadcast: number 32 is out of range",
    .doc = "A trigger of number 32 on all CPUs panics.")
{
	PINNED(ipi_trigger_broadcast(IPI_MAXREG, false));
}

CASE(i26_trigger_multi_free, D8, .contract = "I26,D8",
    .panic = "ipi_trigger_multi: number 31 is not registered",
    .doc = "A trigger of a number that is not registered panics.")
{
	PINNED(ipi_trigger_multi(IPI_MAXREG - 1, kcpuset_running));
}

CASE(i27_unregister_0, D8, .contract = "I27,D8",
    .panic = "ipi_unregister: number 0 is out of range",
    .doc = "To unregister number 0, which is reserved, panics.")
{
	ipi_unregister(0);
}

CASE(i27_unregister_32, D8, .contract = "I27,D8",
    .panic = "ipi_unregister: number 32 is out of range",
    .doc = "To unregister number 32 panics.")
{
	ipi_unregister(IPI_MAXREG);
}

CASE(i27_unregister_free, D8, .contract = "I27,D8",
    .panic = "ipi_unregister: number 31 is not registered",
    .doc = "To unregister a number that is free panics.")
{
	ipi_unregister(IPI_MAXREG - 1);
}

CASE(i27_unregister_twice, D8, .contract = "I27,D8",
    .panic = "is not registered", .doc = "To unregister a number twice panics.")
{
	u_int id = ipi_number(call_nothing, NULL);

	ipi_unregister(id);
	ipi_unregister(id);
}

/* --- contexts that must not sleep --- */

static void
unregister_here(void *arg)
{
	ipi_unregister(*(u_int *)arg);
}

CASE(i27_unregister_in_a_handler, D8, .contract = "I27,D8",
    .panic = "ipi_unregister: called in interrupt context",
    .doc = "To unregister a number from interrupt context panics.")
{
	u_int id = ipi_number(call_nothing, NULL);

	intr_test_establish(unregister_here, &id);
	intr_mark(LIR_TEST);
	splx(IPL_NONE);
}

CASE(i27_unregister_at_raised_ipl, D8, .contract = "I27,D8",
    .panic = "ipi_unregister: called at raised IPL",
    .doc = "To unregister a number at a raised level panics.")
{
	u_int id = ipi_number(call_nothing, NULL);
	int s = splsoftclock();

	ipi_unregister(id);
	splx(s);
}

static void
register_here(void *arg __unused)
{
	(void)ipi_register(call_nothing, NULL);
}

CASE(i28_register_in_a_softint, D8, .contract = "I28,D8",
    .panic = "ipi_register: called in soft interrupt context",
    .doc = "To register in a soft interrupt panics.")
{
	softint_schedule(softint_establish(SOFTINT_NET, register_here, NULL));
}

#ifdef MULTIPROCESSOR

/* --- messages still pending --- */

static void
twice(void (*send)(ipi_msg_t *))
{
	struct hold hold;
	static ipi_msg_t msg = {.func = call_nothing};

	hold_cpu(&hold, cpu_lookup(1), HOLD_INTR_OFF);
	PINNED(ipi_unicast(&msg, cpu_lookup(1)));
	PINNED(send(&msg));
	hold_release(&hold);
}

static void
by_unicast(ipi_msg_t *msg)
{
	ipi_unicast(msg, cpu_lookup(1));
}

static void
by_multicast(ipi_msg_t *msg)
{
	ipi_multicast(msg, kcpuset_running);
}

static void
by_broadcast(ipi_msg_t *msg)
{
	ipi_broadcast(msg);
}

CASE(i21_unicast_pending, D8, .contract = "I21,D8", .min_vcpus = 2,
    .panic = "ipi_unicast: the message is still pending",
    .doc = "To send a message again that is still pending panics.")
{
	twice(by_unicast);
}

CASE(i21_multicast_pending, D8, .contract = "I21,D8", .min_vcpus = 2,
    .panic = "ipi_multicast: the message is still pending",
    .doc = "A multicast of a message that is still pending panics.")
{
	twice(by_multicast);
}

CASE(i21_broadcast_pending, D8, .contract = "I21,D8", .min_vcpus = 2,
    .panic = "ipi_broadcast: the message is still pending",
    .doc = "A broadcast of a message that is still pending panics.")
{
	twice(by_broadcast);
}

/* A message in memory that is freed, and so poisoned, before it has run. */
struct parcel {
	u_long p_padding[CACHE_LINE_SIZE / sizeof(u_long)];
	ipi_msg_t p_msg;
};

CASE(i22_freed_while_pending, .api = XCVM_API_IPI, .kind = XCVM_KIND_MISUSE,
    .contract = "I22", .min_vcpus = 2, .panic = "general protection fault",
    .panic_cpu = 1,
    .doc = "A message freed while it is pending: the target trips over the "
	   "poison in it.")
{
	struct parcel *p = kmem_alloc(sizeof(*p), KM_SLEEP);
	struct hold hold;

	p->p_msg = (ipi_msg_t){.func = call_nothing};
	hold_cpu(&hold, cpu_lookup(1), HOLD_INTR_OFF);
	PINNED(ipi_unicast(&p->p_msg, cpu_lookup(1)));
	kmem_free(p, sizeof(*p));
	hold_release(&hold);
	ipi_settle(cpu_lookup(1));
}

/* --- targets --- */

CASE(i23_unicast_null, D8, .contract = "I23,D8", .min_vcpus = 2,
    .panic = "ipi_unicast: the function is NULL",
    .doc = "A unicast of no function panics.")
{
	PINNED(ipi_unicast(&no_function, cpu_lookup(1)));
}

CASE(i24_trigger_self, D8, .contract = "I24,D8", .min_vcpus = 2,
    .panic = "ipi_trigger: cpu0 is the caller's own",
    .doc = "A trigger to the own CPU panics.")
{
	u_int id = ipi_number(call_nothing, NULL);

	PINNED(ipi_trigger(id, curcpu()));
}

static void
unicast_here(void *arg __unused)
{
	PINNED(ipi_unicast(&nothing, curcpu()));
}

CASE(i24_unicast_self, D8, .contract = "I24,D8", .min_vcpus = 2,
    .panic = "ipi_unicast: cpu1 is the caller's own", .panic_cpu = 1,
    .doc = "A unicast to the own CPU panics, on the sender's.")
{
	thread_join(thread_start(cpu_lookup(1), unicast_here, NULL));
}

CASE(i24_trigger_no_cpu, D8, .contract = "I24,D8",
    .panic = "ipi_trigger: the CPU is NULL",
    .doc = "A trigger to no CPU panics.")
{
	u_int id = ipi_number(call_nothing, NULL);

	PINNED(ipi_trigger(id, cpu_lookup(ncpu)));
}

CASE(i24_unicast_no_cpu, D8, .contract = "I24,D8",
    .panic = "ipi_unicast: the CPU is NULL",
    .doc = "A unicast to no CPU panics.")
{
	PINNED(ipi_unicast(&nothing, cpu_lookup(ncpu)));
}

static void
trigger_free_number(void *arg __unused)
{
	PINNED(ipi_trigger(IPI_MAXREG - 1, cpu_lookup(0)));
}

CASE(i26_trigger_free, D8, .contract = "I26,D8", .min_vcpus = 2,
    .panic = "ipi_trigger: number 31 is not registered", .panic_cpu = 1,
    .doc = "A trigger of a number that is not registered panics, on the "
	   "sender's CPU.")
{
	thread_join(thread_start(cpu_lookup(1), trigger_free_number, NULL));
}

#define PARAM_UNSTARTED \
	PARAM("unstarted", 1, "CPUs left out at start-up, the last ones")

CASE(i33_trigger_unstarted, .api = XCVM_API_IPI, .kind = XCVM_KIND_MISUSE,
    .contract = "I33,D6", .decision = 6, .min_vcpus = 2,
    .panic = "is not running",
    .doc = "A trigger to a CPU that does not run panics.",
    PARAMS(PARAM_KERNEL, PARAM_UNSTARTED))
{
	u_int id = ipi_number(call_nothing, NULL);

	PINNED(ipi_trigger(id, cpu_lookup(ncpu - 1)));
}

CASE(i33_unicast_unstarted, .api = XCVM_API_IPI, .kind = XCVM_KIND_MISUSE,
    .contract = "I33,D6", .decision = 6, .min_vcpus = 2,
    .panic = "is not running",
    .doc = "A unicast to a CPU that does not run panics.",
    PARAMS(PARAM_KERNEL, PARAM_UNSTARTED))
{
	PINNED(ipi_unicast(&nothing, cpu_lookup(ncpu - 1)));
}

#endif /* MULTIPROCESSOR */
