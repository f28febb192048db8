/* SPDX-License-Identifier: ISC */
/* ipi(9): triggers of a number while ipi_unregister() waits for its end. */
#include "ipi/ipi_case.h"

#ifdef MULTIPROCESSOR

#define DYING                                                                \
	.api = XCVM_API_IPI, .kind = XCVM_KIND_MISUSE, .contract = "I26,D8", \
	.decision = 8, .min_vcpus = 3, .panic_cpu = 1

static struct lwp *unregistering;
static u_int dying;

/*
 * CPU 2 is held, so that ipi_unregister() waits for it; once that waits, a
 * thread of CPU 1 triggers the number.
 */
static void
trigger_meanwhile(void (*trigger)(void *))
{
	struct hold hold;

	unregistering = curlwp;
	dying = ipi_number(call_nothing, NULL);
	(void)thread_start(cpu_lookup(1), trigger, NULL);
	hold_cpu(&hold, cpu_lookup(2), IPL_HIGH);
	ipi_unregister(dying);
}

static void
await_unregister(void)
{
	/* Another CPU writes it: each look is a load, as the pause sees to. */
	SPIN_UNTIL(unregistering->l_stall != NULL);
}

static void
trigger_one(void *arg __unused)
{
	await_unregister();
	PINNED(ipi_trigger(dying, cpu_lookup(0)));
}

CASE(i26_dying_trigger, DYING, .panic = "ipi_trigger: number",
    .doc = "A trigger of a number that is being unregistered panics.")
{
	trigger_meanwhile(trigger_one);
}

static void
trigger_set(void *arg __unused)
{
	await_unregister();
	PINNED(ipi_trigger_multi(dying, kcpuset_running));
}

CASE(i26_dying_trigger_multi, DYING, .panic = "ipi_trigger_multi: number",
    .doc = "A trigger of a number that is being unregistered, on a set of "
	   "CPUs, panics.")
{
	trigger_meanwhile(trigger_set);
}

static void
trigger_all(void *arg __unused)
{
	await_unregister();
	PINNED(ipi_trigger_broadcast(dying, true));
}

CASE(i26_dying_trigger_broadcast, DYING,
    .panic = "ipi_trigger_broadcast: number",
    .doc = "A trigger of a number that is being unregistered, on all CPUs, "
	   "panics.")
{
	trigger_meanwhile(trigger_all);
}

#endif /* MULTIPROCESSOR */
