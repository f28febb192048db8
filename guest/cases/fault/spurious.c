/* SPDX-License-Identifier: ISC */
/* Interrupts that nobody sent: they are counted, and nothing runs for them. */
#include "fault/fault_case.h"

#ifdef MULTIPROCESSOR

#define EVERY(vector) "kind=spurious,vector=" vector ",to=1,every_us=5000"
#define ENOUGH	      10

CASE(i35_spurious_interrupts, .api = XCVM_API_IPI, .kind = XCVM_KIND_FAULT,
    .contract = "I35", .min_vcpus = 2,
    .fault = EVERY("ipi") " " EVERY("xcall") " " EVERY("resched") " " EVERY(
	"timer"),
    .doc = "Interrupts of every kind the stacks use that nobody sent, as "
	   "cloud-hypervisor (issue 1342) and ACRN (6929) had them: nothing "
	   "runs for them, and what was sent runs once.")
{
	struct cpu_info *ci = cpu_lookup(1);
	struct mark handled = {0}, ran = {0};
	u_int id = ipi_number(call_count, &handled);
	uint64_t xcalls = xcstat_sum(XCS_XCALL_RUN);

	for (u_int source = LIR_TIMER; source <= LIR_IPI; source++) {
		uint64_t before = intr_arrived(ci, source);

		SPIN_UNTIL(intr_arrived(ci, source) >= before + ENOUGH);
	}
	CHECK_EQ(mark_read(&handled), 0);
	CHECK_EQ(xcstat_sum(XCS_XCALL_RUN), xcalls);
	CHECK_EQ(xcstat_sum(XCS_IPI_RUN), 0);
	CHECK_EQ(xcstat_sum(XCS_IPI_MSG_RUN), 0);
	CHECK_EQ(xcstat_sum(XCS_XC_HIGH_RUN), 0);
	CHECK_EQ(xcstat_sum(XCS_XC_LOW_RUN), 0);

	PINNED(ipi_trigger(id, ci));
	cpu_xcall_sync(ci, call_count, &ran, "case");
	for (u_int k = 0; k < NX_CLASSES; k++)
		nx_call(nx_class_flags[k], ci, call_count_2, &ran, NULL);
	fault_settle(ci);
	CHECK_EQ(mark_read(&handled), 1);
	CHECK_EQ(mark_read(&ran), 1 + NX_CLASSES);
}

CASE(i35_spurious_vector, .api = XCVM_API_X2APIC, .kind = XCVM_KIND_FAULT,
    .contract = "I35", .min_vcpus = 2, .fault = EVERY("48") " " EVERY("254"),
    .doc = "Interrupts of vectors that nobody uses, as cloud-hypervisor "
	   "(issue 1342) had one: they are counted and acknowledged, and "
	   "others still come.")
{
	struct cpu_info *ci = cpu_lookup(1);

	SPIN_UNTIL(ci->ci_md.md_spurious >= 2 * ENOUGH);
	calls_drain(ci);
	ipi_settle(ci);
}

#endif /* MULTIPROCESSOR */
