/* SPDX-License-Identifier: ISC */
/*
 * An interrupt that is never sent, on any host: what it would have announced
 * is put where its CPU looks, and who calls next relies on it.
 */
#include "fault/fault_case.h"

#ifdef MULTIPROCESSOR

#define MESSAGES 1U  /* the number that announces messages */
#define ANY_CALL ~0U /* one of them announces HIGH calls */

/*
 * CPU 1 as if those numbers had been triggered: nobody who triggers one of
 * them interrupts it.
 */
static void
mark_numbers(uint32_t numbers)
{
	atomic_or_32(&cpu_lookup(1)->ci_ipipend[0], numbers);
}

static void
check_resent(const struct mark *ran, u_int runs)
{
	CHECK_GE(xcstat_sum(XCS_RESENT), 1);
	mark_wait(ran, runs);
	fault_settle(cpu_lookup(1));
	CHECK_EQ(mark_read(ran), runs);
}

static void
send_message(void)
{
	struct mark ran = {0};
	ipi_msg_t msg = {.func = call_count, .arg = &ran};

	mark_numbers(MESSAGES);
	PINNED(ipi_unicast(&msg, cpu_lookup(1)));
	ipi_wait(&msg);
	check_resent(&ran, 1);
}

CASE(unsent_message_hangs, HANGS, .api = XCVM_API_IPI, .contract = "D5",
    .min_vcpus = 2, .diagnosis = "never sent",
    .doc = "A message whose interrupt was left out, because one seemed to be "
	   "on its way: the wait is reported.")
{
	send_message();
}

CASE(unsent_message_resent, RESENT, .api = XCVM_API_IPI, .contract = "I34,D5",
    .min_vcpus = 2,
    .doc = "A message whose interrupt was left out, because one seemed to be "
	   "on its way, is served when the waiter sends it again.")
{
	send_message();
}

static void
fill_mailbox(void)
{
	ipi_msg_t msgs[CACHE_LINE_SIZE / sizeof(ipi_msg_t *) + 1];
	struct mark ran = {0};

	mark_numbers(MESSAGES);
	for (u_int i = 0; i < nitems(msgs); i++) {
		msgs[i] = (ipi_msg_t){.func = call_count, .arg = &ran};
		PINNED(ipi_unicast(&msgs[i], cpu_lookup(1)));
	}
	for (u_int i = 0; i < nitems(msgs); i++)
		ipi_wait(&msgs[i]);
	check_resent(&ran, nitems(msgs));
}

CASE(unsent_mailbox_hangs, HANGS, .api = XCVM_API_IPI, .contract = "D5",
    .min_vcpus = 2, .diagnosis = "never sent",
    .doc = "A mailbox fills up while no interrupt is sent: the ninth sender's "
	   "wait is reported.")
{
	fill_mailbox();
}

CASE(unsent_mailbox_resent, RESENT, .api = XCVM_API_IPI, .contract = "I34,D5",
    .min_vcpus = 2,
    .doc = "A mailbox that fills up while no interrupt is sent is served when "
	   "the ninth sender sends it again.")
{
	fill_mailbox();
}

static void
call_high(void)
{
	struct mark ran = {0};

	mark_numbers(ANY_CALL);
	nx_call(XC_HIGHPRI, cpu_lookup(1), call_count_2, &ran, NULL);
	check_resent(&ran, 1);
}

CASE(unsent_high_call_hangs, HANGS, .api = XCVM_API_XCALL, .contract = "D5",
    .min_vcpus = 2, .diagnosis = "never sent",
    .doc = "A HIGH call whose interrupt was left out, because one seemed to "
	   "be on its way: the wait is reported.")
{
	call_high();
}

CASE(unsent_high_call_resent, RESENT, .api = XCVM_API_XCALL, .contract = "D5",
    .min_vcpus = 2,
    .doc = "A HIGH call whose interrupt was left out, because one seemed to "
	   "be on its way, runs when the waiter sends it again.")
{
	call_high();
}

static void
fill_slots(void)
{
	struct xcall_cpu *xci = &cpu_lookup(1)->ci_xcall;
	struct mark ran = {0};
	struct xcall xc = XCALL_INITIALIZER(call_count, &ran);

	for (u_int i = 0; i < nitems(xci->xci_xcalls); i++)
		atomic_store_release(&xci->xci_xcalls[i], &xc);
	cpu_xcall(cpu_lookup(1), &xc);
	check_resent(&ran, nitems(xci->xci_xcalls) + 1);
}

CASE(unsent_slots_hangs, HANGS, .api = XCVM_API_CPU_XCALL, .contract = "D5",
    .min_vcpus = 2, .diagnosis = "never sent",
    .doc = "Slots are full while no interrupt is sent: the wait of the caller "
	   "who finds none is reported.")
{
	fill_slots();
}

CASE(unsent_slots_resent, RESENT, .api = XCVM_API_CPU_XCALL,
    .contract = "O22,D5", .min_vcpus = 2,
    .doc = "Slots that are full while no interrupt is sent are served when "
	   "the caller that waits for one sends it again.")
{
	fill_slots();
}

#endif /* MULTIPROCESSOR */
