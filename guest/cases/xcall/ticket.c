/* SPDX-License-Identifier: ISC */
/* xcall(9): what tickets are, and what waiting for them means. */
#include "xcall/xcall_case.h"

/* Tickets of successive calls of one class, none of the other between. */
static void
check_steps(u_int flags, uint64_t ticket[4])
{
	uint64_t high = flags & XC_HIGHPRI ? NX_HIGH_BIT : 0;

	for (u_int i = 0; i < 4; i++)
		CHECK_EQ(ticket[i] & NX_HIGH_BIT, high);
	CHECK_NE(ticket[0] & ~NX_HIGH_BIT, 0);
	CHECK_EQ(ticket[1] - ticket[0], nx_running());
	CHECK_EQ(ticket[2] - ticket[1], 1);
	CHECK_EQ(ticket[3] - ticket[2], nx_running());
}

CASE(n9_ticket_steps, .api = XCVM_API_XCALL, .contract = "N9",
    .doc = "Tickets of a class grow by the number of CPUs called, whatever "
	   "the other class does, and HIGH ones have bit 63 set.")
{
	static struct cpu_info *target[4];
	uint64_t ticket[NX_CLASSES][4];
	struct mark runs = {0};

	target[2] = nx_last_cpu();
	for (u_int i = 0; i < 4; i++)
		for (u_int k = 0; k < NX_CLASSES; k++)
			ticket[k][i] = nx_submit(nx_class_flags[k], target[i],
			    call_count_2, &runs, NULL);
	for (u_int k = 0; k < NX_CLASSES; k++) {
		check_steps(nx_class_flags[k], ticket[k]);
		xc_wait(ticket[k][3]);
	}
	CHECK_EQ(mark_read(&runs), NX_CLASSES * (3 * nx_running() + 1));
}

CASE(n9_levels_share_tickets, .api = XCVM_API_XCALL, .contract = "N9",
    .doc = "The HIGH levels are one class: their tickets are one sequence.")
{
	struct mark runs = {0};
	uint64_t first = 0, ticket;

	for (u_int i = 0; i < NX_LEVELS; i++) {
		ticket = xc_unicast(XC_HIGHPRI_IPL(nx_levels[i]), call_count_2,
		    &runs, NULL, curcpu());
		if (i == 0)
			first = ticket;
		CHECK_EQ(ticket, first + i);
		xc_wait(ticket);
	}
	CHECK_EQ(mark_read(&runs), NX_LEVELS);
}

/* --- many waiters --- */

#define WAITERS 8

/* Threads on all CPUs that wait for a ticket while its call is held up. */
static void
check_waiters(u_int flags)
{
	struct nx_caller waiters[WAITERS];
	struct mark before = {0};
	uint64_t ticket, older;
	struct nx_gate gate;

	nx_gate_close(&gate);
	older = xc_broadcast(flags, call_count_2, &before, NULL);
	ticket = xc_unicast(flags, nx_pass, &gate, NULL, nx_last_cpu());
	for (u_int i = 0; i < WAITERS; i++) {
		waiters[i] = (struct nx_caller){.c_ticket = ticket};
		nx_caller_start(&waiters[i], cpu_lookup(i % nx_running()));
	}
	for (u_int i = 0; i < WAITERS; i++) {
		nx_wait_asleep(waiters[i].c_lwp, &waiters[i].c_returned);
		CHECK_EQ(mark_read(&waiters[i].c_returned), 0);
	}
	nx_gate_open(&gate);
	for (u_int i = 0; i < WAITERS; i++)
		thread_join(waiters[i].c_lwp);
	CHECK_EQ(mark_read(&gate.g_left), 1);

	/* Again, and backwards. */
	xc_wait(ticket);
	xc_wait(ticket);
	xc_wait(older);
	CHECK_EQ(mark_read(&before), nx_running());
}

CASE(n10_many_waiters_low, .api = XCVM_API_XCALL, .contract = "N10",
    .doc = "Eight threads wait for one LOW ticket, all return; so do waits "
	   "for it again, and for an older one after it.")
{
	check_waiters(0);
}

CASE(n10_many_waiters_high, .api = XCVM_API_XCALL, .contract = "N10",
    .doc = "Eight threads wait for one HIGH ticket, all return; so do waits "
	   "for it again, and for an older one after it.")
{
	check_waiters(XC_HIGHPRI);
}

/* --- waits that return at once --- */

/* With a call of each class held up, only what is done can return. */
static void
wait_behind_gate(u_int n, const uint64_t *tickets)
{
	struct nx_gate gate;
	uint64_t last[NX_CLASSES];

	nx_gate_close(&gate);
	for (u_int k = 0; k < NX_CLASSES; k++)
		last[k] = xc_unicast(
		    nx_class_flags[k], nx_pass, &gate, NULL, nx_last_cpu());
	for (u_int i = 0; i < n; i++)
		xc_wait(tickets[i]);
	CHECK_EQ(mark_read(&gate.g_left), 0);
	nx_gate_open(&gate);
	for (u_int k = 0; k < NX_CLASSES; k++)
		xc_wait(last[k]);
	CHECK_EQ(mark_read(&gate.g_left), NX_CLASSES);
}

CASE(n11_wait_for_nothing, .api = XCVM_API_XCALL, .contract = "N11",
    .doc = "Waits for ticket 0 of either class return at once, while calls "
	   "are in flight too.")
{
	static const uint64_t nothing[] = {0, NX_HIGH_BIT};

	xc_wait(0);
	xc_wait(NX_HIGH_BIT);
	wait_behind_gate(nitems(nothing), nothing);
}

CASE(n12_wait_for_old_ticket, .api = XCVM_API_XCALL, .contract = "N12",
    .doc = "Waits for tickets older than many calls return at once, while a "
	   "newer call is in flight too.",
    PARAMS(PARAM_KERNEL, PARAM("calls", 8, "newer calls of each class")))
{
	uint64_t old[NX_CLASSES], calls = case_param("calls");
	struct mark runs = {0};

	for (u_int k = 0; k < NX_CLASSES; k++)
		old[k] =
		    xc_broadcast(nx_class_flags[k], call_count_2, &runs, NULL);
	for (uint64_t i = 0; i < calls; i++)
		for (u_int k = 0; k < NX_CLASSES; k++)
			xc_unicast(nx_class_flags[k], call_count_2, &runs, NULL,
			    nx_last_cpu());
	wait_behind_gate(NX_CLASSES, old);
	CHECK_EQ(mark_read(&runs), NX_CLASSES * (nx_running() + calls));
}

/* --- calls nobody waits for --- */

CASE(n15_never_wait, .api = XCVM_API_XCALL, .kind = XCVM_KIND_STRESS,
    .contract = "N15",
    .doc = "Calls that are never waited for all run, and a later wait finds "
	   "them done.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(200)))
{
	struct budget b = budget_start();
	struct mark runs[NX_CLASSES] = {{0}};
	u_int calls[NX_CLASSES] = {0};
	struct rng r = rng_init(0);

	do {
		u_int k = rng_below(&r, NX_CLASSES);

		xc_unicast(nx_class_flags[k], call_count_2, &runs[k], NULL,
		    cpu_lookup(rng_below(&r, nx_running())));
		calls[k]++;
	} while (budget_left(&b));
	for (u_int k = 0; k < NX_CLASSES; k++) {
		nx_call(nx_class_flags[k], NULL, call_count_2, &runs[k], NULL);
		CHECK_EQ(mark_read(&runs[k]), calls[k] + nx_running());
	}
	case_metric("calls", "", calls[0] + calls[1]);
}

/* --- the ends of the counters: xc_preset is ours --- */

#define PARAM_PRESET(value) \
	PARAM("xc_preset", value, "counts each class begins with")

/* The four tickets below 2^63 are good; the caller's next call panics. */
static void
use_up_tickets(u_int flags)
{
	struct mark runs = {0};
	uint64_t ticket;

	for (u_int i = 1; i <= 4; i++) {
		ticket =
		    xc_unicast(flags, call_count_2, &runs, NULL, nx_last_cpu());
		CHECK_EQ(ticket & ~NX_HIGH_BIT, NX_HIGH_BIT - 5 + i);
		xc_wait(ticket);
		CHECK_EQ(mark_read(&runs), i);
	}
	xc_unicast(flags, call_count_2, &runs, NULL, nx_last_cpu());
}

CASE(n14_end_of_low_tickets, .api = XCVM_API_XCALL, .kind = XCVM_KIND_MISUSE,
    .contract = "N14,D12", .decision = 12,
    .panic = "xcall: ticket 0x8000000000000000",
    .doc = "LOW tickets up to 2^63 - 1 work; the call that would need another "
	   "panics.",
    PARAMS(PARAM_KERNEL, PARAM_PRESET(NX_HIGH_BIT - 5)))
{
	use_up_tickets(0);
}

CASE(n14_end_of_high_tickets, .api = XCVM_API_XCALL, .kind = XCVM_KIND_MISUSE,
    .contract = "N14,D12", .decision = 12,
    .panic = "xcall: ticket 0x8000000000000000",
    .doc = "HIGH tickets up to 2^63 - 1 work; the call that would need "
	   "another panics.",
    PARAMS(PARAM_KERNEL, PARAM_PRESET(NX_HIGH_BIT - 5)))
{
	use_up_tickets(XC_HIGHPRI);
}

/* --- counters that outgrow 8, 16, 31, 32 and 33 bits --- */

#define BEFORE 20 /* calls from xc_preset to the boundary */

/*
 * The last ticket below the boundary is done, the first above it in flight:
 * a wait for the one returns, a wait for the other does not.
 */
static void
cross(u_int flags)
{
	const uint64_t boundary = case_param("xc_preset") + BEFORE;
	struct nx_caller waiter;
	struct mark runs = {0};
	struct nx_gate gate;
	uint64_t below, above;

	do
		below = xc_unicast(flags, call_count_2, &runs, NULL, curcpu());
	while ((below & ~NX_HIGH_BIT) + 1 < boundary);
	CHECK_EQ(below & ~NX_HIGH_BIT, boundary - 1);
	xc_wait(below);
	CHECK_EQ(mark_read(&runs), BEFORE - 1);

	nx_gate_close(&gate);
	above = xc_unicast(flags, nx_pass, &gate, NULL, nx_last_cpu());
	CHECK_EQ(above & ~NX_HIGH_BIT, boundary);
	waiter = (struct nx_caller){.c_ticket = above};
	nx_caller_start(&waiter, curcpu());
	nx_wait_asleep(waiter.c_lwp, &waiter.c_returned);
	xc_wait(below);
	CHECK_EQ(mark_read(&waiter.c_returned), 0);
	CHECK_EQ(mark_read(&gate.g_left), 0);
	nx_gate_open(&gate);
	thread_join(waiter.c_lwp);
	CHECK_EQ(mark_read(&gate.g_left), 1);

	above = xc_broadcast(flags, call_count_2, &runs, NULL);
	CHECK_EQ(above & ~NX_HIGH_BIT, boundary + nx_running());
	xc_wait(above);
	xc_wait(below);
	CHECK_EQ(mark_read(&runs), BEFORE - 1 + nx_running());
}

#define CROSS(bits)                                                          \
	CASE(n14_tickets_cross_##bits##_bits, .api = XCVM_API_XCALL,         \
	    .contract = "N14,D12", .decision = 12,                           \
	    .doc =                                                           \
		"Waits know done from not done where tickets outgrow " #bits \
		" bits.",                                                    \
	    PARAMS(PARAM_KERNEL, PARAM_PRESET((1ULL << (bits)) - BEFORE)))   \
	{                                                                    \
		cross(0);                                                    \
		cross(XC_HIGHPRI);                                           \
	}

CROSS(8)
CROSS(16)
CROSS(31)
CROSS(32)
CROSS(33)

/* --- tickets from nowhere --- */

CASE(n13_low_ticket_never_issued, .api = XCVM_API_XCALL,
    .kind = XCVM_KIND_MISUSE, .contract = "N13,D12", .decision = 12,
    .panic = "xc_wait: ticket 0x1 was never issued",
    .doc = "Waiting for a LOW ticket that no call has returned panics.")
{
	xc_wait(1);
}

CASE(n13_highest_ticket, .api = XCVM_API_XCALL, .kind = XCVM_KIND_MISUSE,
    .contract = "N13,D12", .decision = 12,
    .panic = "xc_wait: ticket 0xffffffffffffffff was never issued",
    .doc = "Waiting for the highest HIGH ticket there could be panics, and the "
	   "message has all of it.")
{
	xc_wait(UINT64_MAX);
}

CASE(n13_high_ticket_never_issued, .api = XCVM_API_XCALL,
    .kind = XCVM_KIND_MISUSE, .contract = "N13,D12", .decision = 12,
    .panic = "was never issued",
    .doc = "Waiting for a HIGH ticket beyond the last one panics.")
{
	struct mark runs = {0};
	uint64_t ticket = xc_broadcast(XC_HIGHPRI, call_count_2, &runs, NULL);

	xc_wait(ticket);
	xc_wait(ticket + 1);
}
