/* SPDX-License-Identifier: ISC */
/* Interrupts lost, late, and too many: bugs of several hypervisors. */
#include <machine/lapic.h>
#include "fault/fault_case.h"

#ifdef MULTIPROCESSOR

#define MIGRATION                                                          \
	"Interrupts were lost around a migration (McKenney, August 2020, " \
	"ThinkPad P72), the synchronisation of posted interrupts suspected. "
#define LOST_AWAY AWAY("50000") " kind=lost,vector=ipi,src=0,dst=1,nth=1"

static void
call_while_away(void)
{
	struct lwp *l = fault_go_away();

	fault_message(NULL);
	fault_come_back(l, 50000000);
}

CASE(migration_lost_interrupt_hangs, HANGS, .api = XCVM_API_IPI,
    .contract = "D5", .min_vcpus = 2, .fault = LOST_AWAY,
    .diagnosis = "sent, not pending at the target",
    .doc = MIGRATION
    "Here a vCPU is away, and loses what is sent to it meanwhile.")
{
	call_while_away();
}

CASE(migration_lost_interrupt_resent, RESENT, .api = XCVM_API_IPI,
    .contract = "D5", .min_vcpus = 2, .fault = LOST_AWAY,
    .doc = MIGRATION "Sent again, it is there when the vCPU is back.")
{
	call_while_away();
}

#define RISCV                                                               \
	"KVM on RISC-V read the pending interrupts of the wrong CPU "       \
	"(kvm-riscv issue 44, 873f10cf8e4d): one of the targets of a call " \
	"on many does not see its own. "
#define WRONG_CPU "kind=misroute,vector=ipi,src=0,dst=2,to=1,nth=1"

CASE(kvm_riscv_44_one_of_many_hangs, HANGS, .api = XCVM_API_XCALL,
    .contract = "D5", .min_vcpus = 3, .fault = WRONG_CPU,
    .diagnosis = "sent, not pending at the target",
    .doc = RISCV "Here another target of a HIGH call gets it.")
{
	fault_xcall(XC_HIGHPRI, NULL);
}

CASE(kvm_riscv_44_one_of_many_resent, RESENT, .api = XCVM_API_XCALL,
    .contract = "D5", .min_vcpus = 3, .fault = WRONG_CPU,
    .doc = RISCV
    "The CPU that got it runs its own call once; sent again, the other "
    "runs it.")
{
	fault_xcall(XC_HIGHPRI, NULL);
}

#define ACRN                                                               \
	"ACRN lost its notification of a posted interrupt to a vCPU that " \
	"ran on the same core (issue 4978): it is taken at the next exit. "

/* Nobody knows which comes first, and it must not matter. */
CASE(acrn_4978_late_interrupt, .api = XCVM_API_IPI, .kind = XCVM_KIND_FAULT,
    .min_vcpus = 2,
    .fault = "kind=delay,vector=ipi,src=0,dst=1,delay_us=100000,nth=1",
    .doc = ACRN "Here it is late: the message runs once, sent again or not.",
    PARAMS(PARAM_FAULT(1)))
{
	struct mark ran = {0};
	ipi_msg_t msg = {.func = call_count, .arg = &ran};
	uint64_t end;

	PINNED(ipi_broadcast(&msg, false));
	ipi_wait(&msg);
	/* If another was sent, the late one is still to come. */
	end = nsecuptime() + 150000000;
	SPIN_UNTIL(nsecuptime() >= end);
	fault_settle(cpu_lookup(1));
	CHECK_EQ(mark_read(&ran), ncpu);
}

CASE(acrn_4978_lost_self_interrupt, .api = XCVM_API_X2APIC,
    .kind = XCVM_KIND_FAULT, .fault = "kind=lost,vector=test,src=0,dst=0,nth=1",
    .doc = "The same of an interrupt of a CPU to itself: the one that is lost "
	   "does not come with the next one, and no other is disturbed.")
{
	static struct mark taken;

	intr_test_establish(call_count, &taken);
	lapic_self_ipi(INTR_VECTOR(LIR_TEST));
	take_interrupts();
	CHECK_EQ(mark_read(&taken), 0);
	lapic_self_ipi(INTR_VECTOR(LIR_TEST));
	take_interrupts();
	CHECK_EQ(mark_read(&taken), 1);
}

/* Sixteen slow vCPUs have to come up before a case begins. */
CASE(firecracker_5744_slow_boot, .api = XCVM_API_XCALL, .kind = XCVM_KIND_FAULT,
    .min_vcpus = 16,
    .fault = "kind=slow,dst=3,duty=30,every_us=5000 "
	     "kind=slow,dst=9,duty=30,every_us=5000",
    .doc = "Firecracker hung with sixteen vCPUs on two sockets as they booted "
	   "(issue 5744).  Here two of them run a third of the time; all come "
	   "up, and calls on all of them end.")
{
	struct mark ran = {0};

	for (u_int k = 0; k < NX_CLASSES; k++)
		nx_call(nx_class_flags[k], NULL, call_count_2, &ran, NULL);
	CHECK_EQ(mark_read(&ran), NX_CLASSES * ncpu);
}

#endif /* MULTIPROCESSOR */
