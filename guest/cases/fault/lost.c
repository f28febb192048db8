/* SPDX-License-Identifier: ISC */
/*
 * One interrupt is lost, of each kind that the stacks send to have a call run:
 * who waits for it is diagnosed, or sends it again.
 */
#include "fault/fault_case.h"

#ifdef MULTIPROCESSOR

#define LOST(vector, src, dst) \
	"kind=lost,vector=" vector ",src=" src ",dst=" dst ",nth=1"
#define LOST_RESCHED "kind=lost,vector=resched,src=0,dst=1,nth=2"

/* --- cpu_xcall(9) --- */

CASE(o22_lost_ipi, .api = XCVM_API_CPU_XCALL, .kind = XCVM_KIND_FAULT,
    .contract = "O22", .min_vcpus = 2, .fault = LOST("xcall", "0", "1"),
    .doc = "A call whose interrupt is lost runs with the next call to that "
	   "CPU.")
{
	struct mark ran = {0};
	struct xcall xc = XCALL_INITIALIZER(call_count, &ran);

	cpu_xcall(cpu_lookup(1), &xc);
	delay(5000);
	CHECK_EQ(mark_read(&ran), 0);
	cpu_xcall(cpu_lookup(1), &xc);
	mark_wait(&ran, 2);
	calls_drain(cpu_lookup(1));
	CHECK_EQ(mark_read(&ran), 2);
}

CASE(o22_lost_sync_hangs, HANGS, .api = XCVM_API_CPU_XCALL,
    .contract = "O22,D5", .min_vcpus = 2, .fault = LOST("xcall", "0", "1"),
    .diagnosis = "sent, not pending at the target",
    .doc = "A sync call whose interrupt is lost: the report names the target "
	   "and the function.")
{
	fault_sync_call(cpu_lookup(1));
}

CASE(o22_lost_sync_resent, RESENT, .api = XCVM_API_CPU_XCALL,
    .contract = "O22,D5", .min_vcpus = 2, .fault = LOST("xcall", "0", "1"),
    .doc = "A sync call whose interrupt is lost completes when it is sent "
	   "again.")
{
	fault_sync_call(cpu_lookup(1));
}

#define LOST_FOUR "kind=lost,vector=xcall,src=0,dst=1,times=4"

static void
fill_slots(void)
{
	struct xcall xc[XCALL_CPU_SLOTS + 1];
	struct mark ran = {0};

	call_n(cpu_lookup(1), xc, nitems(xc), call_count, &ran);
	mark_wait(&ran, nitems(xc));
	fault_check_runs(&ran, nitems(xc));
}

CASE(o22_lost_slots_hangs, HANGS, .api = XCVM_API_CPU_XCALL,
    .contract = "O22,D5", .min_vcpus = 2, .fault = LOST_FOUR,
    .diagnosis = "sent, not pending at the target",
    .doc = "The interrupts of four calls are lost, and the fifth waits for a "
	   "slot: the report names the target and the function.")
{
	fill_slots();
}

CASE(o22_lost_slots_resent, RESENT, .api = XCVM_API_CPU_XCALL,
    .contract = "O22,D5", .min_vcpus = 2, .fault = LOST_FOUR,
    .doc = "The interrupts of four calls are lost; the fifth sends again "
	   "while it waits for a slot, and all five run.")
{
	fill_slots();
}

/* --- ipi(9) --- */

/* Which later interrupt serves it is each implementation's own. */
CASE(i34_lost_trigger, .api = XCVM_API_IPI, .kind = XCVM_KIND_FAULT,
    .contract = "I34,D5", .decision = 5, .min_vcpus = 2,
    .fault = LOST("ipi", "0", "1"),
    .doc = "A trigger whose interrupt is lost is served with the next "
	   "number's; until then, none of its own helps.")
{
	struct mark ran = {0}, other = {0};
	u_int id = ipi_number(call_count, &ran);
	u_int next = ipi_number(call_count, &other);

	PINNED(ipi_trigger(id, cpu_lookup(1)));
	PINNED(ipi_trigger(id, cpu_lookup(1)));
	delay(5000);
	CHECK_EQ(mark_read(&ran), 0);
	PINNED(ipi_trigger(next, cpu_lookup(1)));
	mark_wait(&other, 1);
	mark_wait(&ran, 1);
	ipi_settle(cpu_lookup(1));
	CHECK_EQ(mark_read(&ran), 1);
}

CASE(i34_lost_message_hangs, HANGS, .api = XCVM_API_IPI, .contract = "I34,D5",
    .min_vcpus = 2, .fault = LOST("ipi", "0", "1"),
    .diagnosis = "sent, not pending at the target",
    .doc = "A message whose interrupt is lost: the wait is reported.")
{
	fault_message(cpu_lookup(1));
}

CASE(i34_lost_message_resent, RESENT, .api = XCVM_API_IPI, .contract = "I34,D5",
    .min_vcpus = 2, .fault = LOST("ipi", "0", "1"),
    .doc = "A message whose interrupt is lost runs when the waiter sends it "
	   "again, which is counted.")
{
	fault_message(cpu_lookup(1));
}

static void
fill_mailbox(void)
{
	ipi_msg_t msgs[CACHE_LINE_SIZE / sizeof(ipi_msg_t *) + 1];
	struct mark ran = {0};

	for (u_int i = 0; i < nitems(msgs); i++) {
		msgs[i] = (ipi_msg_t){.func = call_count, .arg = &ran};
		PINNED(ipi_unicast(&msgs[i], cpu_lookup(1)));
	}
	for (u_int i = 0; i < nitems(msgs); i++)
		ipi_wait(&msgs[i]);
	fault_check_runs(&ran, nitems(msgs));
}

CASE(i34_lost_mailbox_hangs, HANGS, .api = XCVM_API_IPI, .contract = "I34,D5",
    .min_vcpus = 2, .fault = LOST("ipi", "0", "1"),
    .diagnosis = "sent, not pending at the target",
    .doc = "The interrupt of eight messages is lost, and the ninth sender "
	   "waits for a place: the wait is reported.")
{
	fill_mailbox();
}

CASE(i34_lost_mailbox_resent, RESENT, .api = XCVM_API_IPI, .contract = "I34,D5",
    .min_vcpus = 2, .fault = LOST("ipi", "0", "1"),
    .doc = "The interrupt of eight messages is lost; the ninth sender sends "
	   "it again while he waits for a place, and nine run.")
{
	fill_mailbox();
}

/* --- xcall(9) --- */

static void
lose_low_call(void)
{
	struct hold h;

	fault_occupy(&h, cpu_lookup(1));
	fault_xcall(0, cpu_lookup(1));
	hold_release(&h);
}

CASE(lost_low_call_hangs, HANGS, .api = XCVM_API_XCALL, .contract = "D5",
    .min_vcpus = 2, .fault = LOST_RESCHED,
    .diagnosis = "sent, not pending at the target",
    .doc = "A LOW call whose interrupt, that which wakes the thread, is lost.")
{
	lose_low_call();
}

CASE(lost_low_call_resent, RESENT, .api = XCVM_API_XCALL, .contract = "D5",
    .min_vcpus = 2, .fault = LOST_RESCHED,
    .doc = "A LOW call whose interrupt, that which wakes the thread, is lost "
	   "completes when it is sent again.")
{
	lose_low_call();
}

CASE(lost_high_call_hangs, HANGS, .api = XCVM_API_XCALL, .contract = "D5",
    .min_vcpus = 2, .fault = LOST("ipi", "0", "1"),
    .diagnosis = "sent, not pending at the target",
    .doc = "A HIGH call whose interrupt is lost.")
{
	fault_xcall(XC_HIGHPRI, cpu_lookup(1));
}

CASE(lost_high_call_resent, RESENT, .api = XCVM_API_XCALL, .contract = "D5",
    .min_vcpus = 2, .fault = LOST("ipi", "0", "1"),
    .doc = "A HIGH call whose interrupt is lost completes when it is sent "
	   "again.")
{
	fault_xcall(XC_HIGHPRI, cpu_lookup(1));
}

/* The one before is what the second waits for. */
static void
submit_twice(u_int flags)
{
	struct mark ran = {0};

	xc_unicast(flags, call_count_2, &ran, NULL, cpu_lookup(1));
	nx_call(flags, cpu_lookup(1), call_count_2, &ran, NULL);
	fault_check_runs(&ran, 2);
}

CASE(lost_low_submit_resent, RESENT, .api = XCVM_API_XCALL, .contract = "D5",
    .min_vcpus = 2, .fault = LOST_RESCHED,
    .doc = "A LOW call waits for the one before, whose interrupt is lost; "
	   "both complete when it is sent again.")
{
	struct hold h;

	fault_occupy(&h, cpu_lookup(1));
	submit_twice(0);
	hold_release(&h);
}

CASE(lost_high_submit_resent, RESENT, .api = XCVM_API_XCALL, .contract = "D5",
    .min_vcpus = 2, .fault = LOST("ipi", "0", "1"),
    .doc = "A HIGH call waits for the one before, whose interrupt is lost; "
	   "both complete when it is sent again.")
{
	submit_twice(XC_HIGHPRI);
}

#endif /* MULTIPROCESSOR */
