/* SPDX-License-Identifier: ISC */
/* ipi(9): misuse panics at submit, on the CPU that did it (decisions 6, 8). */
#include <sys/kmem.h>
#include "ipi/ipi_case.h"

#define D8(id, ids, min, cpu, text, doc) \
	MISUSE_DECISION(                 \
	    id, IPI, ids ",D8", 8, min, cpu, text, doc, PARAM_KERNEL)

static ipi_msg_t no_function;
static ipi_msg_t nothing = {.func = ipi_nop};

/* --- no function --- */

D8(i23_multicast_null, "I23", 1, 0, "ipi_multicast: the function is NULL",
    "A multicast of no function panics.")
{
	PINNED(ipi_multicast(&no_function, kcpuset_running));
}

D8(i23_broadcast_null, "I23", 1, 0, "ipi_broadcast: the function is NULL",
    "A broadcast of no function panics.")
{
	PINNED(ipi_broadcast(&no_function));
}

/* --- preemption enabled --- */

D8(i25_trigger_unpinned, "I25", 1, 0, "ipi_trigger: preemption is enabled",
    "ipi_trigger() with preemption enabled panics.")
{
	ipi_trigger(ipi_number(ipi_nop, NULL), cpu_lookup(ncpu - 1));
}

D8(i25_trigger_multi_unpinned, "I25", 1, 0,
    "ipi_trigger_multi: preemption is enabled",
    "ipi_trigger_multi() with preemption enabled panics.")
{
	ipi_trigger_multi(ipi_number(ipi_nop, NULL), kcpuset_running);
}

D8(i25_trigger_broadcast_unpinned, "I25", 1, 0,
    "ipi_trigger_broadcast: preemption is enabled",
    "ipi_trigger_broadcast() with preemption enabled panics.")
{
	ipi_trigger_broadcast(ipi_number(ipi_nop, NULL), true);
}

D8(i25_unicast_unpinned, "I25", 1, 0, "ipi_unicast: preemption is enabled",
    "ipi_unicast() with preemption enabled panics.")
{
	ipi_unicast(&nothing, cpu_lookup(ncpu - 1));
}

D8(i25_multicast_unpinned, "I25", 1, 0, "ipi_multicast: preemption is enabled",
    "ipi_multicast() with preemption enabled panics.")
{
	ipi_multicast(&nothing, kcpuset_running);
}

D8(i25_broadcast_unpinned, "I25", 1, 0, "ipi_broadcast: preemption is enabled",
    "ipi_broadcast() with preemption enabled panics.")
{
	ipi_broadcast(&nothing, true);
}

/* --- numbers --- */

D8(i26_trigger_32, "I26", 1, 0, "ipi_trigger: number 32 is out of range",
    "A trigger of number 32 panics.")
{
	PINNED(ipi_trigger(IPI_MAXREG, cpu_lookup(ncpu - 1)));
}

D8(i26_trigger_all_ones, "I26", 1, 0,
    "ipi_trigger: number 4294967295 is out of range",
    "A trigger of number 0xffffffff panics.")
{
	PINNED(ipi_trigger(0xffffffff, cpu_lookup(ncpu - 1)));
}

D8(i26_trigger_broadcast_32, "I26", 1, 0,
    "ipi_trigger_broadcast: number 32 is out of range",
    "A trigger of number 32 on all CPUs panics.")
{
	PINNED(ipi_trigger_broadcast(IPI_MAXREG, false));
}

D8(i26_trigger_multi_free, "I26", 1, 0,
    "ipi_trigger_multi: number 31 is not registered",
    "A trigger of a number that is not registered panics.")
{
	PINNED(ipi_trigger_multi(IPI_MAXREG - 1, kcpuset_running));
}

D8(i27_unregister_0, "I27", 1, 0, "ipi_unregister: number 0 is out of range",
    "To unregister number 0, which is reserved, panics.")
{
	ipi_unregister(0);
}

D8(i27_unregister_32, "I27", 1, 0, "ipi_unregister: number 32 is out of range",
    "To unregister number 32 panics.")
{
	ipi_unregister(IPI_MAXREG);
}

D8(i27_unregister_free, "I27", 1, 0,
    "ipi_unregister: number 31 is not registered",
    "To unregister a number that is free panics.")
{
	ipi_unregister(IPI_MAXREG - 1);
}

D8(i27_unregister_twice, "I27", 1, 0, "is not registered",
    "To unregister a number twice panics.")
{
	u_int id = ipi_number(ipi_nop, NULL);

	ipi_unregister(id);
	ipi_unregister(id);
}

/* --- contexts that must not sleep --- */

static void
unregister_here(void *arg)
{
	ipi_unregister(*(u_int *)arg);
}

D8(i27_unregister_in_a_handler, "I27", 1, 0,
    "ipi_unregister: called in interrupt context",
    "To unregister a number from interrupt context panics.")
{
	u_int id = ipi_number(ipi_nop, NULL);

	intr_test_establish(unregister_here, &id);
	intr_mark(LIR_TEST);
	splx(IPL_NONE);
}

D8(i27_unregister_at_raised_ipl, "I27", 1, 0,
    "ipi_unregister: called at raised IPL",
    "To unregister a number at a raised level panics.")
{
	u_int id = ipi_number(ipi_nop, NULL);
	int s = splsoftclock();

	ipi_unregister(id);
	splx(s);
}

static void
register_here(void *arg __unused)
{
	(void)ipi_register(ipi_nop, NULL);
}

D8(i28_register_in_a_softint, "I28", 1, 0,
    "ipi_register: called in soft interrupt context",
    "To register in a soft interrupt panics.")
{
	softint_schedule(softint_establish(SOFTINT_NET, register_here, NULL));
}

#ifdef MULTIPROCESSOR

/* --- messages still pending --- */

static void
twice(void (*send)(ipi_msg_t *))
{
	struct hold hold;
	static ipi_msg_t msg = {.func = ipi_nop};

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

D8(i21_unicast_pending, "I21", 2, 0,
    "ipi_unicast: the message is still pending",
    "To send a message again that is still pending panics.")
{
	twice(by_unicast);
}

D8(i21_multicast_pending, "I21", 2, 0,
    "ipi_multicast: the message is still pending",
    "A multicast of a message that is still pending panics.")
{
	twice(by_multicast);
}

D8(i21_broadcast_pending, "I21", 2, 0,
    "ipi_broadcast: the message is still pending",
    "A broadcast of a message that is still pending panics.")
{
	twice(by_broadcast);
}

/* A message in memory that is freed, and so poisoned, before it has run. */
struct parcel {
	u_long p_padding[CACHE_LINE_SIZE / sizeof(u_long)];
	ipi_msg_t p_msg;
};

MISUSE(i22_freed_while_pending, IPI, "I22", 2, 1, "general protection fault",
    "A message freed while it is pending: the target trips over the poison "
    "in it.",
    PARAM_KERNEL)
{
	struct parcel *p = kmem_alloc(sizeof(*p), KM_SLEEP);
	struct hold hold;

	p->p_msg = (ipi_msg_t){.func = ipi_nop};
	hold_cpu(&hold, cpu_lookup(1), HOLD_INTR_OFF);
	PINNED(ipi_unicast(&p->p_msg, cpu_lookup(1)));
	kmem_free(p, sizeof(*p));
	hold_release(&hold);
	ipi_settle(cpu_lookup(1));
}

/* --- targets --- */

D8(i23_unicast_null, "I23", 2, 0, "ipi_unicast: the function is NULL",
    "A unicast of no function panics.")
{
	PINNED(ipi_unicast(&no_function, cpu_lookup(1)));
}

D8(i24_trigger_self, "I24", 2, 0, "ipi_trigger: cpu0 is the caller's own",
    "A trigger to the own CPU panics.")
{
	u_int id = ipi_number(ipi_nop, NULL);

	PINNED(ipi_trigger(id, curcpu()));
}

static void
unicast_here(void *arg __unused)
{
	PINNED(ipi_unicast(&nothing, curcpu()));
}

D8(i24_unicast_self, "I24", 2, 1, "ipi_unicast: cpu1 is the caller's own",
    "A unicast to the own CPU panics, on the sender's.")
{
	thread_join(thread_start(cpu_lookup(1), unicast_here, NULL));
}

D8(i24_trigger_no_cpu, "I24", 1, 0, "ipi_trigger: the CPU is NULL",
    "A trigger to no CPU panics.")
{
	u_int id = ipi_number(ipi_nop, NULL);

	PINNED(ipi_trigger(id, cpu_lookup(ncpu)));
}

D8(i24_unicast_no_cpu, "I24", 1, 0, "ipi_unicast: the CPU is NULL",
    "A unicast to no CPU panics.")
{
	PINNED(ipi_unicast(&nothing, cpu_lookup(ncpu)));
}

static void
trigger_free_number(void *arg __unused)
{
	PINNED(ipi_trigger(IPI_MAXREG - 1, cpu_lookup(0)));
}

D8(i26_trigger_free, "I26", 2, 1, "ipi_trigger: number 31 is not registered",
    "A trigger of a number that is not registered panics, on the sender's "
    "CPU.")
{
	thread_join(thread_start(cpu_lookup(1), trigger_free_number, NULL));
}

#define PARAM_UNSTARTED \
	PARAM("unstarted", 1, "CPUs left out at start-up, the last ones")

MISUSE_DECISION(i33_trigger_unstarted, IPI, "I33,D6", 6, 2, 0, "is not running",
    "A trigger to a CPU that does not run panics.", PARAM_KERNEL,
    PARAM_UNSTARTED)
{
	u_int id = ipi_number(ipi_nop, NULL);

	PINNED(ipi_trigger(id, cpu_lookup(ncpu - 1)));
}

MISUSE_DECISION(i33_unicast_unstarted, IPI, "I33,D6", 6, 2, 0, "is not running",
    "A unicast to a CPU that does not run panics.", PARAM_KERNEL,
    PARAM_UNSTARTED)
{
	PINNED(ipi_unicast(&nothing, cpu_lookup(ncpu - 1)));
}

#endif /* MULTIPROCESSOR */
