/* SPDX-License-Identifier: ISC */
/*
 * The hangs of Linux's cross-calls: a waiter for a call's lock that nobody
 * releases, and a caller who is stopped between queueing and sending.
 */
#include "fault/fault_case.h"

#ifdef MULTIPROCESSOR

#define CSD                                                                  \
	"Linux's CSD lock hangs in guests of KVM and Xen (35feb60474bf, "    \
	"a5aabace5fb8), whose cause was unknown for years: an interrupt to " \
	"one of several CPUs does not come. "
#define LOST_AT_ONE "kind=lost,vector=ipi,src=0,dst=1,nth=1"

CASE(csd_lock_hangs, HANGS, .api = XCVM_API_IPI, .contract = "D5",
    .min_vcpus = 2, .fault = LOST_AT_ONE,
    .diagnosis = "sent, not pending at the target",
    .doc = CSD "Here it is lost; the report is what those reports lacked.")
{
	fault_message(NULL);
}

CASE(csd_lock_resent, RESENT, .api = XCVM_API_IPI, .contract = "D5",
    .min_vcpus = 2, .fault = LOST_AT_ONE,
    .doc = CSD "Sent again, as Linux then learned to, the message runs.")
{
	fault_message(NULL);
}

/*
 * The caller on CPU 1 has queued a call for CPU 2, and its vCPU is taken
 * away as it is about to send the interrupt.
 */
#define MINYARD                                                            \
	"Minyard's hang of January 2022: a caller is stopped between "     \
	"queueing and sending, and the next one sees a queue that is not " \
	"empty and sends nothing. "
#define BEFORE(function) \
	"kind=preempt,function=" function ",dst=1,nth=1,for_us=" AN_HOUR

struct stopped {
	struct mark s_runs, s_returned;
	struct xcall s_call;
	ipi_msg_t s_msg;
};

static void
call_and_be_stopped(void *arg)
{
	struct stopped *s = arg;

	cpu_xcall_set(&s->s_call, call_count, &s->s_runs);
	cpu_xcall(cpu_lookup(2), &s->s_call);
	mark_add(&s->s_returned);
}

static void
send_and_be_stopped(void *arg)
{
	struct stopped *s = arg;

	s->s_msg = (ipi_msg_t){.func = call_count, .arg = &s->s_runs};
	PINNED(ipi_unicast(&s->s_msg, cpu_lookup(2)));
	mark_add(&s->s_returned);
}

CASE(minyard_stopped_caller, .api = XCVM_API_CPU_XCALL, .kind = XCVM_KIND_FAULT,
    .min_vcpus = 3, .fault = BEFORE("cpu_xcall_ipi"),
    .doc = MINYARD
    "Every call sends its own: the next one to that CPU runs, and so "
    "does the one before.")
{
	static struct stopped s;
	struct mark ran = {0};

	thread_start(cpu_lookup(1), call_and_be_stopped, &s);
	SPIN_UNTIL(
	    slots_taken(cpu_lookup(2)) != 0 || mark_read(&s.s_runs) != 0);
	cpu_xcall_sync(cpu_lookup(2), call_count, &ran, "case");
	CHECK_EQ(mark_read(&ran), 1);
	mark_wait(&s.s_runs, 1);
	CHECK_EQ(mark_read(&s.s_returned), 0);
}

/* A bit that is set stands for an interrupt that somebody is to send. */
static void
send_after_stopped(void)
{
	static struct stopped s;
	struct mark ran = {0};
	ipi_msg_t msg = {.func = call_count, .arg = &ran};

	thread_start(cpu_lookup(1), send_and_be_stopped, &s);
	SPIN_UNTIL(
	    (cpu_lookup(2)->ci_ipipend[0] & 1) || mark_read(&s.s_runs) != 0);
	PINNED(ipi_unicast(&msg, cpu_lookup(2)));
	ipi_wait(&msg);
	CHECK_GE(xcstat_sum(XCS_RESENT), 1);
	mark_wait(&s.s_runs, 1);
	ipi_settle(cpu_lookup(2));
	CHECK_EQ(mark_read(&ran), 1);
	CHECK_EQ(mark_read(&s.s_runs), 1);
	CHECK_EQ(mark_read(&s.s_returned), 0);
}

CASE(minyard_stopped_sender_hangs, HANGS, .api = XCVM_API_IPI, .contract = "D5",
    .min_vcpus = 3, .fault = BEFORE("cpu_ipi"), .diagnosis = "never sent",
    .doc = MINYARD
    "The bit of ipi(9) is such a queue: nobody interrupts the CPU.")
{
	send_after_stopped();
}

CASE(minyard_stopped_sender_resent, RESENT, .api = XCVM_API_IPI,
    .contract = "D5", .min_vcpus = 3, .fault = BEFORE("cpu_ipi"),
    .doc = MINYARD
    "The second sender's wait sends the interrupt, and both messages "
    "run.")
{
	send_after_stopped();
}

#endif /* MULTIPROCESSOR */
