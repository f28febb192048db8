/* SPDX-License-Identifier: ISC */
/*
 * ipi(9): the store before a trigger is seen by the handler, also when the
 * number was already pending.
 *
 * The trap (contract, section 3.5): a sender that first loads the pending
 * word, and does nothing when the bit is set.  x86 may serve that load while
 * the store before it still waits in the store buffer; should the target take
 * the bit in between, its handler misses the store, and no other execution
 * follows.
 */
#include <sys/kmem.h>
#include <machine/lapic.h>
#include "ipi_case.h"

#ifdef MULTIPROCESSOR

/*
 * Stores that go before the one that counts, each to a line that is in no
 * cache near: the store buffer has them to drain first.
 */
#define AHEAD	    24
#define COLD	    (32U << 20) /* bytes to choose them from, if there are */

/* Loops between the start of a round and the store, or the look. */
#define SENDER_WAIT 500
#define LATEST	    2000U

struct line {
	volatile u_long word;
} __cacheline_aligned;

struct litmus {
	struct line l_x;      /* what the sender publishes */
	struct line l_sender; /* steps of the two CPUs: 4 * round + step */
	struct line l_receiver;
	struct line l_stop;
	char *l_cold;
	size_t l_cold_size;
	u_long l_seen __cacheline_aligned; /* l_x, as the handler saw it */
	u_int l_id, l_runs;
	u_long l_rounds, l_early, l_stale;
};

static void
read_x(void *arg)
{
	struct litmus *l = arg;

	l->l_seen = l->l_x.word;
	l->l_runs++;
}

/*
 * A plain loop at first: a PAUSE may cost a VM exit.  But on a host with too
 * few CPUs the other side may need ours.
 */
#define SPIN_HARD_UNTIL(e)                        \
	do {                                      \
		for (u_int n_ = 0; !(e); n_++)    \
			if (n_ > 100000)          \
				CPU_BUSY_CYCLE(); \
	} while (0)

/* A line in each of so many pages. */
#define STRIDE (PAGE_SIZE + CACHE_LINE_SIZE)

/*
 * Choose the first line, and touch others of the same pages, so that the
 * stores to come need no address translation.
 */
static volatile char *
choose_lines(struct litmus *l, struct rng *r)
{
	volatile char *first =
	    l->l_cold +
	    rng_below(r, (u_int)(l->l_cold_size / PAGE_SIZE) - AHEAD - 1) *
		PAGE_SIZE +
	    rng_below(r, 32) * CACHE_LINE_SIZE;

	for (u_int i = 0; i < AHEAD; i++)
		first[i * PAGE_SIZE + PAGE_SIZE / 2] = 0;
	return (first);
}

/* In a straight line: a loop would fill the buffer with its own variables. */
static inline void
store_ahead(volatile char *first)
{
#define STORE(i) *(volatile u_long *)(first + (i)*STRIDE) = 0
#define STORE_8(i)            \
	do {                  \
		STORE(i);     \
		STORE(i + 1); \
		STORE(i + 2); \
		STORE(i + 3); \
		STORE(i + 4); \
		STORE(i + 5); \
		STORE(i + 6); \
		STORE(i + 7); \
	} while (0)
	STORE_8(0);
	STORE_8(8);
	STORE_8(16);
	CTASSERT(AHEAD == 24);
#undef STORE_8
#undef STORE
}

static void
spin_for(u_int loops)
{
	for (u_int i = 0; i < loops; i++)
		__insn_barrier();
}

/*
 * What a round was like decides when CPU 1 looks in the next: later if the
 * look came before the trigger, which then had to make the number pending
 * again, else sooner.  So it hovers around the moment that is the test; with
 * a little chance, not to swing past it.
 */
static u_int
next_wait(struct rng *r, u_int wait, bool early)
{
	u_int step = 1 + rng_below(r, 8);

	if (early)
		return (MIN(wait + step, LATEST));
	return (wait > step ? wait - step : 0);
}

/*
 * CPU 1, at IPL_HIGH with interrupts off; in place of its interrupt it calls
 * the handler's entry itself, at the moment it wants.
 */
static void
receive(void *arg)
{
	struct litmus *l = arg;
	struct rng r = rng_init(1);
	uint64_t flags;
	u_int wait = SENDER_WAIT;
	bool early;
	u_long round;
	int s;

	kpreempt_disable();
	s = splhigh();
	flags = intr_disable();
	for (round = 1;; round++) {
		l->l_seen = l->l_x.word;
		/* As after another trigger, whose interrupt is on its way. */
		atomic_or_32(&curcpu()->ci_ipipend[l->l_id >> IPI_BITW_SHIFT],
		    1U << (l->l_id & IPI_BITW_MASK));
		l->l_receiver.word = 4 * round;
		SPIN_HARD_UNTIL(
		    l->l_sender.word >= 4 * round || l->l_stop.word);
		if (l->l_stop.word)
			break;

		l->l_runs = 0;
		l->l_receiver.word = 4 * round + 1;
		spin_for(wait);
		ipi_cpu_handler();
		SPIN_HARD_UNTIL(l->l_sender.word > 4 * round);
		/*
		 * The trigger has returned.  If no handler that began after
		 * it has seen the store, one is still due.
		 */
		ipi_cpu_handler();
		l->l_rounds++;
		if (l->l_seen != round)
			l->l_stale++;
		early = l->l_runs > 1;
		if (early)
			l->l_early++;
		wait = next_wait(&r, wait, early);
	}
	intr_restore(flags);
	splx(s);
	kpreempt_enable();
}

static void
send(struct litmus *l, const struct budget *b)
{
	volatile char *first;
	struct rng r = rng_init(0);
	u_long round;

	kpreempt_disable();
	for (round = 1; budget_left(b); round++) {
		SPIN_HARD_UNTIL(l->l_receiver.word == 4 * round);
		first = choose_lines(l, &r);
		/* It finds the number pending; the next goes the same way. */
		ipi_trigger(l->l_id, cpu_lookup(1));
		l->l_sender.word = 4 * round;
		SPIN_HARD_UNTIL(l->l_receiver.word > 4 * round);
		spin_for(SENDER_WAIT);
		store_ahead(first);
		l->l_x.word = round;
		ipi_trigger(l->l_id, cpu_lookup(1));
		(void)atomic_swap_ulong(&l->l_sender.word, 4 * round + 1);
	}
	l->l_stop.word = 1;
	kpreempt_enable();
}

/* Cycles of a simple instruction that only an emulator takes. */
#define EMULATED 200

static struct litmus litmus;

static void
litmus_init(struct litmus *l)
{
	for (l->l_cold_size = COLD;; l->l_cold_size /= 2) {
		l->l_cold = kmem_alloc(l->l_cold_size, KM_NOSLEEP);
		if (l->l_cold != NULL)
			break;
	}
}

static void
run_litmus(struct litmus *l)
{
	struct budget b = budget_start();
	struct lwp *receiver;

	litmus_init(l);
	l->l_id = ipi_number(read_x, l);
	receiver = thread_start(cpu_lookup(1), receive, l);
	send(l, &b);
	thread_join(receiver);
	ipi_settle_all();
	ipi_unregister(l->l_id);
}

CASE(i5_store_before_trigger, IPI, STRESS, "I5", 2,
    "X = i, then a trigger of a number that is pending: no handler that "
    "begins after it misses the i, though the target takes the number at "
    "that very moment.",
    PARAM_KERNEL, PARAM_BUDGET(200))
{
	struct litmus *l = &litmus;

	run_litmus(l);
	CHECK_EQ(l->l_stale, 0);
	case_metric("rounds", "", l->l_rounds);
	case_metric("looks before the trigger", "", l->l_early);
	case_metric("stores missed", "", l->l_stale);
	case_metric("this host may be unable to show a miss", "",
	    clock_insn_cycles() > EMULATED);
}

/*
 * The same race against the interrupt itself: a plain store, then the ICR,
 * with nothing in between that would order the two but the fence.
 */
static void
note_x(void *arg)
{
	struct litmus *l = arg;

	l->l_seen = l->l_x.word;
	atomic_store_release(&l->l_runs, l->l_runs + 1);
}

static u_long
interrupt_rounds(struct litmus *l, u_long first_round, u_int rounds)
{
	struct rng r = rng_init(2);
	u_long stale = 0;

	l->l_runs = 0;
	for (u_int i = 0; i < rounds; i++) {
		volatile char *first = choose_lines(l, &r);

		store_ahead(first);
		l->l_x.word = first_round + i;
		lapic_ipi(cpu_lookup(1)->ci_cpuid, INTR_VECTOR(LIR_TEST));
		SPIN_UNTIL(atomic_load_acquire(&l->l_runs) > i);
		stale += l->l_seen != first_round + i;
	}
	return (stale);
}

/* A message there and back counts as a round as well. */
static u_long
message_rounds(struct litmus *l, u_long first_round, u_int rounds)
{
	ipi_msg_t msg = {.func = note_x, .arg = l};
	u_long stale = 0;

	for (u_int i = 0; i < rounds; i++) {
		l->l_x.word = first_round + i;
		PINNED(ipi_unicast(&msg, cpu_lookup(1)));
		ipi_wait(&msg);
		stale += l->l_seen != first_round + i;
	}
	return (stale);
}

CASE(i39_fence_before_the_icr, IPI, CONFORMANCE, "I39", 2,
    "In x2APIC mode a store before an interrupt command is seen by the "
    "interrupt, with the full fence; without it the misses are counted.",
    PARAM_KERNEL, PARAM("rounds", 20, "interrupts of each kind"))
{
	u_int rounds = (u_int)case_param("rounds");
	struct litmus *l = &litmus;
	bool fence = lapic_icr_fence;

	litmus_init(l);
	intr_test_establish(note_x, l);
	case_metric("fence in this run", "", fence);

	lapic_icr_fence = true;
	CHECK_EQ(interrupt_rounds(l, 1000, rounds), 0);
	CHECK_EQ(message_rounds(l, 2000, rounds), 0);
	lapic_icr_fence = false;
	case_metric("misses without the fence, interrupts", "",
	    interrupt_rounds(l, 3000, rounds));
	case_metric("misses without the fence, messages", "",
	    message_rounds(l, 4000, rounds));
	lapic_icr_fence = fence;
}

#endif /* MULTIPROCESSOR */
