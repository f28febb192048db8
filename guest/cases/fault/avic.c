/* SPDX-License-Identifier: ISC */
/*
 * Bugs of interrupt virtualisation: an interrupt that a guest sent is not
 * signalled, or to the wrong vCPU, or late.
 */
#include "fault/fault_case.h"

#ifdef MULTIPROCESSOR

#define TO_HALTED(vector) "kind=lost,vector=" vector ",src=0,dst=1,nth=1"

#define AMD_1235                                                              \
	"AMD erratum 1235 (Linux 8de4a1c8164e, d921665e01ba): with AVIC the " \
	"sender takes a halted vCPU for a running one, and does not wake it. "

CASE(amd_1235_stale_is_running_hangs, HANGS, .api = XCVM_API_CPU_XCALL,
    .contract = "D5", .min_vcpus = 2, .fault = TO_HALTED("xcall"),
    .diagnosis = "sent, not pending at the target",
    .doc = AMD_1235
    "Here the interrupt of a sync call to a halted CPU is lost.")
{
	fault_sync_call(cpu_lookup(1));
}

CASE(amd_1235_stale_is_running_resent, RESENT, .api = XCVM_API_CPU_XCALL,
    .contract = "D5", .min_vcpus = 2, .fault = TO_HALTED("xcall"),
    .doc = AMD_1235 "Sent again, it arrives.")
{
	fault_sync_call(cpu_lookup(1));
}

#define HYGON                                                                 \
	"The same on Hygon 18h (Linux 9a12fa5213cf), whose AVIC was enabled " \
	"later. "

CASE(hygon_stale_is_running_hangs, HANGS, .api = XCVM_API_XCALL,
    .contract = "D5", .min_vcpus = 2, .fault = TO_HALTED("ipi"),
    .diagnosis = "sent, not pending at the target",
    .doc = HYGON
    "Here the interrupt of a HIGH call on all CPUs to a halted one is "
    "lost.")
{
	fault_xcall(XC_HIGHPRI, NULL);
}

CASE(hygon_stale_is_running_resent, RESENT, .api = XCVM_API_XCALL,
    .contract = "D5", .min_vcpus = 2, .fault = TO_HALTED("ipi"),
    .doc = HYGON "Sent again, it arrives.")
{
	fault_xcall(XC_HIGHPRI, NULL);
}

#define X2AVIC                                                              \
	"x2AVIC on AMD kept the ICR in two halves (found by KVM's "         \
	"xapic_state_test on Genoa): an interrupt goes to the wrong vCPU, " \
	"or nowhere. "
#define TO_ANOTHER "kind=misroute,vector=xcall,src=0,dst=1,to=2,nth=1"

/* Nothing runs at the CPU that got it. */
static void
call_misrouted(void)
{
	const struct cpu_info *wrong = cpu_lookup(2);
	uint64_t before = intr_arrived(wrong, LIR_XCALL);

	fault_sync_call(cpu_lookup(1));
	CHECK_GE(intr_arrived(wrong, LIR_XCALL), before + 1);
}

CASE(x2avic_split_icr_hangs, HANGS, .api = XCVM_API_CPU_XCALL, .contract = "D5",
    .min_vcpus = 3, .fault = TO_ANOTHER,
    .diagnosis = "sent, not pending at the target",
    .doc = X2AVIC "Here the interrupt of a sync call arrives at another CPU.")
{
	call_misrouted();
}

CASE(x2avic_split_icr_resent, RESENT, .api = XCVM_API_CPU_XCALL,
    .contract = "D5", .min_vcpus = 3, .fault = TO_ANOTHER,
    .doc = X2AVIC
    "The CPU that got it finds nothing to do; sent again, it arrives.")
{
	call_misrouted();
}

#define RACE                                                             \
	"With AVIC on a preemptible host a vCPU could be scheduled out " \
	"between the look at IS_RUNNING and the doorbell (lkml "         \
	"2111.3/07243): the interrupt is taken when the vCPU runs next. "

CASE(avic_is_running_race_late, .api = XCVM_API_IPI, .kind = XCVM_KIND_FAULT,
    .min_vcpus = 2, .fault = AWAY("100000"),
    .doc = RACE
    "Here it does so late: each message runs once, sent again or not.",
    PARAMS(PARAM_FAULT(1)))
{
	struct lwp *l = fault_go_away();
	struct mark ran = {0};
	ipi_msg_t msg = {.func = call_count, .arg = &ran};

	PINNED(ipi_broadcast(&msg, false));
	ipi_wait(&msg);
	CHECK_EQ(mark_read(&ran), ncpu);
	fault_come_back(l, 100000000);
	fault_settle(cpu_lookup(1));
	CHECK_EQ(mark_read(&ran), ncpu);
}

CASE(avic_is_running_race_hangs, HANGS, .api = XCVM_API_IPI, .contract = "D5",
    .min_vcpus = 2, .fault = AWAY(AN_HOUR), .diagnosis = "target not running",
    .doc = RACE "Here it never does.")
{
	fault_go_away();
	fault_message(NULL);
}

#endif /* MULTIPROCESSOR */
