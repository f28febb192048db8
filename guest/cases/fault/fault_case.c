/* SPDX-License-Identifier: ISC */
/* What the fault cases share. */
#include <machine/lapic.h>
#include "fault/fault_case.h"

#ifdef MULTIPROCESSOR

/* All but its xcall(9) calls: barriers wait for those on every CPU at once. */
static void
settle_cpu(struct cpu_info *ci)
{
	ipi_msg_t msg = {.func = call_nothing};

	calls_drain(ci);
	/* Has the CPU look at its mailbox, and at what should not be there. */
	PINNED(ipi_unicast(&msg, ci));
	ipi_wait(&msg);
	ipi_settle(ci);
}

static void
settle_xcalls(void)
{
	xc_barrier(XC_HIGHPRI);
	xc_barrier(0);
}

void
fault_settle(struct cpu_info *ci)
{
	settle_cpu(ci);
	settle_xcalls();
}

void
fault_check_runs(const struct mark *ran, u_int runs)
{
	if (case_param("resend"))
		CHECK_GE(xcstat_sum(XCS_RESENT), 1);
	CHECK_EQ(mark_read(ran), runs);
	for (u_int i = 1; i < ncpu; i++)
		settle_cpu(cpu_lookup(i));
	settle_xcalls();
	CHECK_EQ(mark_read(ran), runs);
}

void
fault_sync_call(struct cpu_info *ci)
{
	struct mark ran = {0};

	cpu_xcall_sync(ci, call_count, &ran, "case");
	fault_check_runs(&ran, 1);
}

void
fault_message(struct cpu_info *ci)
{
	struct mark ran = {0};
	ipi_msg_t msg = {.func = call_count, .arg = &ran};

	if (ci != NULL)
		PINNED(ipi_unicast(&msg, ci));
	else
		PINNED(ipi_broadcast(&msg, false));
	ipi_wait(&msg);
	fault_check_runs(&ran, ci != NULL ? 1 : ncpu);
}

void
fault_xcall(u_int flags, struct cpu_info *ci)
{
	struct mark ran = {0};

	nx_call(flags, ci, call_count_2, &ran, NULL);
	fault_check_runs(&ran, ci != NULL ? 1 : ncpu);
}

/* What started the thread may come after it: the CPU was awake. */
static void
await_resched(void *arg __unused)
{
	const u_int vector = INTR_VECTOR(LIR_RESCHED);

	/* In this order: it goes from the one into the other. */
	SPIN_UNTIL(!lapic_vector(MSR_X2APIC_IRR, vector) &&
		   !lapic_vector(MSR_X2APIC_ISR, vector));
}

void
fault_occupy(struct hold *h, struct cpu_info *ci)
{
	hold_cpu(h, ci, IPL_NONE);
	cpu_xcall_sync(ci, await_resched, NULL, "case");
}

__noinline void
fault_vcpu_away(void)
{
	/* It saves a register: where breakpoints do not stop the guest, the
	   plan needs a function that begins with a push. */
	__asm volatile("" : : : "rbx", "memory");
}

static struct mark gone;
static uint64_t away_ns;

static void
go_away(void *arg __unused)
{
	uint64_t flags = intr_disable(), start;

	mark_add(&gone);
	start = cpu_counter();
	fault_vcpu_away();
	away_ns = tsc_to_ns(cpu_counter() - start);
	intr_restore(flags);
}

struct lwp *
fault_go_away(void)
{
	struct lwp *l = thread_start(cpu_lookup(1), go_away, NULL);

	mark_wait(&gone, 1);
	return (l);
}

void
fault_come_back(struct lwp *l, uint64_t at_least_ns)
{
	thread_join(l);
	/* Less a little: the plan's clock is the host's. */
	CHECK_GE(away_ns, at_least_ns * 9 / 10);
}

#endif /* MULTIPROCESSOR */
