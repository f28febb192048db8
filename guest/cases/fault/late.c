/* SPDX-License-Identifier: ISC */
/*
 * An interrupt that is only late: sending it again, when a wait has passed
 * its limit, does no harm.  Every function still runs once.
 */
#include "fault/fault_case.h"

#ifdef MULTIPROCESSOR

/* CPU 1, which takes nothing until the waiter has sent again. */
struct late {
	struct hold l_hold;
	struct mark l_runs;
	/* Just before the release. */
	uint64_t l_stalls, l_resent;
};

static void
until_resent(void *arg)
{
	struct late *l = arg;

	SPIN_UNTIL(xcstat_sum(XCS_RESENT) != 0);
	/* Time for what must not happen: sending a third time. */
	delay(2000 * (u_int)case_param("stall_limit_ms"));
	l->l_stalls = xcstat_sum(XCS_STALLS);
	l->l_resent = xcstat_sum(XCS_RESENT);
}

static void
late_begin(struct late *l)
{
	*l = (struct late){.l_stalls = 0};
	hold_cpu_until(
	    &l->l_hold, cpu_lookup(1), HOLD_INTR_OFF, until_resent, l);
}

/* The wait is over: it was reported and sent again once, and all has run. */
static void
late_end(struct late *l, u_int runs)
{
	hold_join(&l->l_hold);
	mark_wait(&l->l_runs, runs);
	fault_settle(cpu_lookup(1));
	CHECK_EQ(mark_read(&l->l_runs), runs);
	CHECK_EQ(l->l_stalls, 1);
	CHECK_EQ(l->l_resent, 1);
}

CASE(d5_late_slot, RESENT, .api = XCVM_API_CPU_XCALL, .contract = "D5",
    .min_vcpus = 2,
    .doc = "A caller that waits for a slot of a CPU that is only late sends "
	   "its interrupt again, once; each call runs once.")
{
	struct xcall xc[XCALL_CPU_SLOTS + 1];
	struct late l;

	late_begin(&l);
	call_n(cpu_lookup(1), xc, nitems(xc), call_count, &l.l_runs);
	late_end(&l, nitems(xc));
}

CASE(d5_late_sync_call, RESENT, .api = XCVM_API_CPU_XCALL, .contract = "D5",
    .min_vcpus = 2,
    .doc = "A sync call to a CPU that is only late sends its interrupt again, "
	   "once, and runs once.")
{
	struct late l;

	late_begin(&l);
	cpu_xcall_sync(cpu_lookup(1), call_count, &l.l_runs, "case");
	late_end(&l, 1);
}

CASE(d5_late_mailbox, RESENT, .api = XCVM_API_IPI, .contract = "D5",
    .min_vcpus = 2,
    .doc = "A sender that waits for a place in the mailbox of a CPU that is "
	   "only late sends its interrupt again, once; each message runs once.")
{
	ipi_msg_t msgs[CACHE_LINE_SIZE / sizeof(ipi_msg_t *) + 1];
	struct late l;

	late_begin(&l);
	for (u_int i = 0; i < nitems(msgs); i++) {
		msgs[i] = (ipi_msg_t){.func = call_count, .arg = &l.l_runs};
		PINNED(ipi_unicast(&msgs[i], cpu_lookup(1)));
	}
	for (u_int i = 0; i < nitems(msgs); i++)
		ipi_wait(&msgs[i]);
	late_end(&l, nitems(msgs));
}

CASE(d5_late_message, RESENT, .api = XCVM_API_IPI, .contract = "D5",
    .min_vcpus = 2,
    .doc = "A wait for a message to a CPU that is only late sends its "
	   "interrupt again, once; the message runs once on each CPU.")
{
	struct late l;
	ipi_msg_t msg = {.func = call_count, .arg = &l.l_runs};

	late_begin(&l);
	PINNED(ipi_broadcast(&msg, false));
	ipi_wait(&msg);
	late_end(&l, ncpu);
}

/* A call to all CPUs, then one to CPU 1 that finds the box taken. */
static void
late_xcall(u_int flags, bool submit)
{
	struct late l;
	uint64_t ticket;

	late_begin(&l);
	ticket = xc_broadcast(flags, call_count_2, &l.l_runs, NULL);
	if (submit)
		ticket = xc_unicast(
		    flags, call_count_2, &l.l_runs, NULL, cpu_lookup(1));
	xc_wait(ticket);
	late_end(&l, ncpu + submit);
}

CASE(d5_late_low_call, RESENT, .api = XCVM_API_XCALL, .contract = "D5",
    .min_vcpus = 2,
    .doc = "A wait for a LOW call to a CPU that is only late sends its "
	   "interrupt again, once; the call runs once on each CPU.")
{
	late_xcall(0, false);
}

CASE(d5_late_high_call, RESENT, .api = XCVM_API_XCALL, .contract = "D5",
    .min_vcpus = 2,
    .doc = "A wait for a HIGH call to a CPU that is only late sends its "
	   "interrupt again, once; the call runs once on each CPU.")
{
	late_xcall(XC_HIGHPRI, false);
}

CASE(d5_late_low_submit, RESENT, .api = XCVM_API_XCALL, .contract = "D5",
    .min_vcpus = 2,
    .doc = "A LOW call that waits for the one before on a CPU that is only "
	   "late sends its interrupt again, once; both run once on each CPU.")
{
	late_xcall(0, true);
}

CASE(d5_late_high_submit, RESENT, .api = XCVM_API_XCALL, .contract = "D5",
    .min_vcpus = 2,
    .doc = "A HIGH call that waits for the one before on a CPU that is only "
	   "late sends its interrupt again, once; both run once on each CPU.")
{
	late_xcall(XC_HIGHPRI, true);
}

/* The interrupts of a source that come to a CPU at IPL_HIGH meanwhile. */
struct arrivals {
	struct late a_late;
	u_int a_source;
	uint64_t a_came;
};

static void
until_resent_and_count(void *arg)
{
	struct arrivals *a = arg;
	uint64_t before = intr_arrived(curcpu(), a->a_source);

	until_resent(&a->a_late);
	a->a_came = intr_arrived(curcpu(), a->a_source) - before;
}

static void
count_resent(u_int flags, u_int source)
{
	struct arrivals a = {.a_source = source};
	struct late *l = &a.a_late;

	hold_cpu_until(
	    &l->l_hold, cpu_lookup(1), IPL_HIGH, until_resent_and_count, &a);
	xc_wait(
	    xc_unicast(flags, call_count_2, &l->l_runs, NULL, cpu_lookup(1)));
	late_end(l, 1);
	/* The call's, the one sent again, and one that a host delivers twice. */
	CHECK_GE(a.a_came, 1);
	CHECK_LE(a.a_came, 3);
}

CASE(d5_late_low_interrupts, RESENT, .api = XCVM_API_XCALL, .contract = "D5",
    .min_vcpus = 2,
    .doc = "A wait for a LOW call to a CPU that is only late brings it one "
	   "interrupt more, and no others.")
{
	count_resent(0, LIR_RESCHED);
}

CASE(d5_late_high_interrupts, RESENT, .api = XCVM_API_XCALL, .contract = "D5",
    .min_vcpus = 2,
    .doc = "A wait for a HIGH call to a CPU that is only late brings it one "
	   "interrupt more, and no others.")
{
	count_resent(XC_HIGHPRI, LIR_IPI);
}

#endif /* MULTIPROCESSOR */
