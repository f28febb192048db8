/* SPDX-License-Identifier: ISC */
/*
 * Waits that no interrupt can end: CPUs that wait for each other, and CPUs
 * that take none.  Sending again is no cure; the report and the diagnosis say
 * who is to blame.
 */
#include "fault/fault_case.h"

#ifdef MULTIPROCESSOR

/* CPUs 0 and 1 do the same to each other. */
static struct mark both;

static struct cpu_info *
other_cpu(void)
{
	return (cpu_lookup(1 - cpu_number()));
}

static void
fill_each_other(void *arg __unused)
{
	struct xcall xc = XCALL_INITIALIZER(call_count, &both);
	int s = splsoftclock();

	mark_meet(&both, 2);
	for (u_int i = 0; i < XCALL_CPU_SLOTS + 1; i++)
		cpu_xcall(other_cpu(), &xc);
	splx(s);
}

static void
wait_for_each_other(void *arg __unused)
{
	ipi_msg_t msg = {.func = call_count, .arg = &both};
	uint64_t flags = intr_disable();

	mark_meet(&both, 2);
	PINNED(ipi_unicast(&msg, other_cpu()));
	ipi_wait(&msg);
	intr_restore(flags);
}

static void
on_both(void (*func)(void *))
{
	struct lwp *l = thread_start(cpu_lookup(1), func, NULL);

	func(NULL);
	thread_join(l);
}

CASE(o24_full_both_ways_hangs, HANGS, .api = XCVM_API_CPU_XCALL,
    .contract = "O24,D5", .min_vcpus = 2,
    .diagnosis = "waiters wait for each other",
    .doc = "Two CPUs at IPL_SOFTCLOCK fill each other's slots, and each waits "
	   "for one: neither serves its own, and both are reported.")
{
	on_both(fill_each_other);
}

CASE(i18_wait_both_ways_hangs, HANGS, .api = XCVM_API_IPI, .contract = "I18,D5",
    .min_vcpus = 2, .diagnosis = "waiters wait for each other",
    .doc = "Two CPUs with interrupts off send each other a message and wait: "
	   "neither serves its own mailbox, and both are reported.")
{
	on_both(wait_for_each_other);
}

/*
 * CPU 1 takes no call of one class; the other class works.  The LOW thread
 * needs preemption, the HIGH soft interrupt only the level.
 */
static void
stick(struct hold *h, u_int flags)
{
	hold_cpu(
	    h, cpu_lookup(1), flags & XC_HIGHPRI ? IPL_HIGH : HOLD_PREEMPTION);
}

/* While a call of one class is stuck on CPU 1, one of the other is made. */
static void
call_stuck_cpu(u_int flags, bool release)
{
	const u_int other = flags ^ XC_HIGHPRI;
	struct mark stuck = {0}, works = {0};
	struct hold hold;
	uint64_t ticket;

	stick(&hold, flags);
	ticket = xc_broadcast(flags, call_count_2, &stuck, NULL);
	/* A CPU at IPL_HIGH runs no threads either. */
	nx_call(other, other & XC_HIGHPRI ? NULL : cpu_lookup(0), call_count_2,
	    &works, NULL);
	CHECK_EQ(mark_read(&works), other & XC_HIGHPRI ? ncpu : 1);
	CHECK_LE(mark_read(&stuck), ncpu - 1);
	if (release)
		hold_let_go(&hold);
	xc_wait(ticket);
	CHECK_EQ(mark_read(&stuck), ncpu);
	hold_release(&hold);
}

CASE(n28_stuck_high, .api = XCVM_API_XCALL, .kind = XCVM_KIND_FAULT,
    .contract = "N28", .min_vcpus = 2,
    .doc = "While a HIGH call waits for a CPU at IPL_HIGH, a LOW one "
	   "elsewhere works; the HIGH one ends when the CPU goes on.")
{
	call_stuck_cpu(XC_HIGHPRI, true);
}

CASE(n28_stuck_low, .api = XCVM_API_XCALL, .kind = XCVM_KIND_FAULT,
    .contract = "N28", .min_vcpus = 2,
    .doc = "While a LOW call waits for a CPU with preemption disabled, a HIGH "
	   "one on all CPUs works; the LOW one ends when the CPU goes on.")
{
	call_stuck_cpu(0, true);
}

CASE(n28_stuck_high_hangs, HANGS, .api = XCVM_API_XCALL, .contract = "N28,D5",
    .min_vcpus = 2, .diagnosis = "pending, masked by IPL",
    .doc = "A HIGH call waits for a CPU that stays at IPL_HIGH: the report "
	   "names the CPU, the class, the function and the time.")
{
	call_stuck_cpu(XC_HIGHPRI, false);
}

CASE(n28_stuck_low_hangs, HANGS, .api = XCVM_API_XCALL, .contract = "N28,D5",
    .min_vcpus = 2, .diagnosis = "pending, masked by IPL",
    .doc = "A LOW call waits for a CPU that keeps preemption disabled: the "
	   "report names the CPU, the class, the function and the time.")
{
	call_stuck_cpu(0, false);
}

/* N27: a CPU that never came up. */
CASE(n27_high_call_without_a_cpu, .api = XCVM_API_XCALL,
    .kind = XCVM_KIND_FAULT, .contract = "N27,D6", .decision = 6,
    .min_vcpus = 2,
    .doc = "With a CPU that was not started, calls to all CPUs of either "
	   "class run on those that were, and end.",
    PARAMS(PARAM_KERNEL, PARAM("unstarted", 1, "CPUs that are not started")))
{
	for (u_int k = 0; k < NX_CLASSES; k++) {
		struct mark ran = {0};

		nx_call(nx_class_flags[k], NULL, call_count_2, &ran, NULL);
		CHECK_EQ(mark_read(&ran), nx_running());
		CHECK_EQ(nx_running(), ncpu - 1);
	}
}

#endif /* MULTIPROCESSOR */
