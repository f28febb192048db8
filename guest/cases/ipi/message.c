/* SPDX-License-Identifier: ISC */
/* ipi(9): messages to one CPU, and what sender and function see. */
#include <sys/kmem.h>
#include <machine/lapic.h>
#include "ipi/ipi_case.h"

#ifdef MULTIPROCESSOR

/* A letter there and an answer back, in plain words. */
#define WORDS 8
struct letter {
	u_long l_there[WORDS], l_back[WORDS];
	struct mark l_runs;
	u_int l_cpu;
	int l_ipl;
	bool l_intr, l_good;
};

static u_long
word(u_long key, u_int i)
{
	return (key * 0x9e3779b97f4a7c15 + i);
}

static void
answer(void *arg)
{
	struct letter *l = arg;

	l->l_good = true;
	for (u_int i = 0; i < WORDS; i++) {
		l->l_good &= l->l_there[i] == word(l->l_there[0], i) -
						  word(l->l_there[0], 0) +
						  l->l_there[0];
		l->l_back[i] = ~l->l_there[i];
	}
	l->l_cpu = cpu_number();
	l->l_ipl = cpu_ipl();
	l->l_intr = cpu_intr_p();
	mark_add(&l->l_runs);
}

static void
check_answered(const struct letter *l, u_int target)
{
	CHECK_EQ(mark_read(&l->l_runs), 1);
	CHECK(l->l_good);
	CHECK_EQ(l->l_cpu, target);
	CHECK_EQ(l->l_ipl, IPL_HIGH);
	CHECK(l->l_intr);
	for (u_int i = 0; i < WORDS; i++)
		CHECK_EQ(l->l_back[i], ~l->l_there[i]);
}

static void
exchange(u_int target, u_long key)
{
	struct letter l = {.l_runs = {0}};
	ipi_msg_t msg = {.func = answer, .arg = &l};

	for (u_int i = 0; i < WORDS; i++)
		l.l_there[i] = word(key, i);
	PINNED(ipi_unicast(&msg, cpu_lookup(target)));
	ipi_wait(&msg);
	check_answered(&l, target);
	ipi_settle(cpu_lookup(target));
	CHECK_EQ(mark_read(&l.l_runs), 1);
}

static void
exchange_with_others(void *arg)
{
	u_int self = cpu_number();
	struct rng *r = arg;

	for (u_int i = 0; i < ncpu; i++)
		if (i != self && (ncpu <= 8 || i == 0 || self == 0))
			exchange(i, rng_next(r));
}

CASE(i10_unicast, .api = XCVM_API_IPI, .contract = "I10", .min_vcpus = 2,
    .doc = "From each CPU to each other: the function runs once, on the "
	   "target, at IPL_HIGH, in a hard interrupt; it sees what was "
	   "written before, and the waiter what it wrote.")
{
	struct rng r = rng_init(0);

	for (u_int i = 0; i < ncpu; i++)
		thread_join(
		    thread_start(cpu_lookup(i), exchange_with_others, &r));
}

CASE(i10_private_field_is_not_read, .api = XCVM_API_IPI, .contract = "I10",
    .min_vcpus = 2,
    .doc = "A message works whatever its private field was before.")
{
	static const u_int leftovers[] = {1, 2, 0xffff, 0xffffffff, 0xdededede};
	struct mark runs = {0};
	ipi_msg_t msg = {.func = call_count, .arg = &runs};

	for (u_int i = 0; i < nitems(leftovers); i++) {
		msg._pending = leftovers[i];
		PINNED(ipi_unicast(&msg, cpu_lookup(1)));
		ipi_wait(&msg);
		CHECK_EQ(mark_read(&runs), i + 1);
	}
}

/*
 * Is a message left alone once its sender has been told?  An NMI at some
 * moment around the end of the function stops the target there; by the time
 * it goes on, the sender has been told, and looks what comes.  In every other
 * round it has overwritten its message first.
 */
#define POISON 0xd5d5d5d5d5d5d5d5
struct aftermath {
	u_int a_round;
	struct mark a_ended; /* the function, in all rounds */
	struct mark a_told;  /* the sender */
	struct mark a_nmis, a_strays;
	u_int a_loops;	     /* the function's, to end at any moment */
	uint64_t a_patience; /* TSC cycles to wait for the sender */
};

static void
stop_until_told(void *arg)
{
	struct aftermath *a = arg;
	uint64_t start = cpu_counter();

	/* Before the end of the function there is nothing to wait for. */
	if (mark_read(&a->a_ended) == a->a_round)
		SPIN_UNTIL(mark_read(&a->a_told) >= a->a_round ||
			   cpu_counter() - start > a->a_patience);
	mark_add(&a->a_nmis);
}

static void
take_some_time(void *arg)
{
	struct aftermath *a = arg;

	for (u_int i = 0; i < a->a_loops; i++)
		__insn_barrier();
	mark_add(&a->a_ended);
}

static void
stray(void *arg)
{
	struct aftermath *a = arg;

	mark_add(&a->a_strays);
}

static bool
send_and_look(struct aftermath *a, uint64_t nmi_delay)
{
	struct cpu_info *ci = cpu_lookup(1);
	ipi_msg_t msg = {.func = take_some_time, .arg = a}, left;
	uint64_t start;

	PINNED(ipi_unicast(&msg, ci));
	start = cpu_counter();
	SPIN_UNTIL(cpu_counter() - start >= nmi_delay);
	lapic_icr_write(ICR_DEST(ci->ci_cpuid) | ICR_NMI | ICR_ASSERT);
	ipi_wait(&msg);
	left = (ipi_msg_t){take_some_time, a, msg._pending};
	if (a->a_round % 2 == 0)
		left = msg = (ipi_msg_t){stray, a, (u_int)POISON};
	mark_add(&a->a_told);
	mark_wait(&a->a_nmis, a->a_round);
	ipi_settle(ci);
	return (READ_ONCE(msg.func) == left.func &&
		READ_ONCE(msg.arg) == left.arg &&
		msg._pending == left._pending);
}

CASE(i10_message_is_left_alone, .api = XCVM_API_IPI, .kind = XCVM_KIND_STRESS,
    .contract = "I10,D10", .min_vcpus = 2,
    .doc = "When a sender has been told, its message is its own again: the "
	   "target touches it no more.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(200)))
{
	struct aftermath a = {.a_patience = ns_to_tsc(2000000)};
	struct budget b = budget_start();
	struct rng r = rng_init(0);
	uint64_t start, longest = 1;
	u_int touched = 0;

	nmi_test_establish(stop_until_told, &a);
	while (budget_left(&b)) {
		a.a_round++;
		a.a_loops = rng_below(&r, 400);
		start = cpu_counter();
		touched += !send_and_look(&a, rng_next(&r) % longest);
		/* As long as a message takes here, host load apart. */
		longest = (longest * 7 + (cpu_counter() - start) / 2) / 8 + 1;
	}
	CHECK_EQ(touched, 0);
	CHECK_EQ(mark_read(&a.a_ended), a.a_round);
	CHECK_EQ(mark_read(&a.a_strays), 0);
	case_metric("messages", "", a.a_round);
}

/* --- sending from raised levels, and from functions --- */

struct raised {
	struct mark r_raised, r_sent;
	struct mark *r_runs; /* of each CPU */
	u_int r_cpus, r_round;
};

/* All of them are at IPL_HIGH while all send to their neighbours. */
static void
send_high_wait_low(void *arg)
{
	struct raised *r = arg;
	u_int self = cpu_number(), next = (self + 1) % r->r_cpus;
	ipi_msg_t msg = {.func = call_count, .arg = &r->r_runs[next]};
	int s = splhigh();

	mark_meet(&r->r_raised, r->r_round * r->r_cpus);
	ipi_unicast(&msg, cpu_lookup(next));
	mark_meet(&r->r_sent, r->r_round * r->r_cpus);
	CHECK_EQ(mark_read(&r->r_runs[self]), r->r_round - 1);
	splx(s);
	ipi_wait(&msg);
	CHECK_EQ(mark_read(&r->r_runs[next]), r->r_round);
}

#define RAISED_CPUS 8U
CASE(i19_send_high_wait_low, .api = XCVM_API_IPI, .contract = "I19",
    .min_vcpus = 2,
    .doc = "Up to eight CPUs send at IPL_HIGH to their neighbours in a "
	   "circle, lower the level, and then wait: all are served.")
{
	struct mark runs[RAISED_CPUS] = {{0}};
	struct lwp *threads[RAISED_CPUS];
	struct raised r = {.r_runs = runs, .r_cpus = MIN(ncpu, RAISED_CPUS)};

	for (r.r_round = 1; r.r_round <= 3; r.r_round++) {
		for (u_int i = 0; i < r.r_cpus; i++)
			threads[i] =
			    thread_start(cpu_lookup(i), send_high_wait_low, &r);
		for (u_int i = 0; i < r.r_cpus; i++)
			thread_join(threads[i]);
	}
}

/* A function that sends a message of its own. */
struct relay {
	ipi_msg_t r_msg;
	struct cpu_info *r_target;
	struct mark r_runs, r_sent;
};

static void
pass_on(void *arg)
{
	struct relay *r = arg;

	ipi_unicast(&r->r_msg, r->r_target);
	mark_add(&r->r_sent);
}

CASE(i37_function_sends, .api = XCVM_API_IPI, .contract = "I37", .min_vcpus = 2,
    .doc = "A message's function sends a message to another CPU, here the "
	   "sender's or a third, without waiting: both run.")
{
	struct relay r = {.r_msg = {.func = call_count, .arg = &r.r_runs}};
	ipi_msg_t msg = {.func = pass_on, .arg = &r};

	for (u_int i = 0; i < MIN(ncpu, 4U); i++) {
		if (i == 1)
			continue;
		r.r_runs.m_count = 0;
		r.r_target = cpu_lookup(i);
		PINNED(ipi_unicast(&msg, cpu_lookup(1)));
		ipi_wait(&msg);
		CHECK_EQ(mark_read(&r.r_sent), i == 0 ? 1 : i);
		ipi_wait(&r.r_msg);
		CHECK_EQ(mark_read(&r.r_runs), 1);
	}
}

#endif /* MULTIPROCESSOR */
