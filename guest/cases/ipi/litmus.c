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
 *
 * Whether a host shows that at all, a control tells: the same rounds with a
 * sender that falls into the trap.
 */
#include "ipi/ipi_case.h"
#include "ipi/litmus.h"

#ifdef MULTIPROCESSOR

/*
 * Loops between the start of a round and the store, or the look; fewer where
 * an emulator makes them long.
 */
#define SENDER_WAIT (emulated() ? 20U : 500U)
#define LATEST	    (emulated() ? 200U : 8000U)

struct line {
	volatile u_long word;
} __cacheline_aligned;

struct litmus {
	struct line l_x;      /* what the sender publishes */
	struct line l_sender; /* steps of the two CPUs: 4 * round + step */
	struct line l_receiver;
	struct line l_stop;
	struct line l_pending; /* the control's number */
	struct ahead l_ahead;
	u_long l_seen __cacheline_aligned; /* l_x, as the handler saw it */
	u_int l_id;			   /* 0: the control */
	u_int l_runs;
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
 * a little chance, not to swing past it; and rather behind it, for a look
 * that came before costs an interrupt.
 */
static u_int
next_wait(struct rng *r, u_int wait, bool early)
{
	u_int step = 1 + rng_below(r, 1 + wait / 64);

	if (early)
		return (MIN(wait + 3 * step, LATEST));
	return (wait > step ? wait - step : 0);
}

/* The trap itself: nothing locked when the number is pending. */
static inline void
control_trigger(struct litmus *l)
{
	if (l->l_pending.word == 0)
		atomic_or_ulong(&l->l_pending.word, 1);
}

static void
control_handler(struct litmus *l)
{
	if (atomic_swap_ulong(&l->l_pending.word, 0) != 0)
		read_x(l);
}

/* Take what is pending, and run the handler. */
static void
look(struct litmus *l)
{
	if (l->l_id == 0)
		control_handler(l);
	else
		ipi_cpu_handler();
}

/* As after another trigger, whose interrupt is on its way. */
static void
make_pending(struct litmus *l)
{
	if (l->l_id == 0)
		atomic_or_ulong(&l->l_pending.word, 1);
	else
		atomic_or_32(&curcpu()->ci_ipipend[l->l_id >> IPI_BITW_SHIFT],
		    1U << (l->l_id & IPI_BITW_MASK));
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
		take_lines(&l->l_ahead);
		make_pending(l);
		l->l_receiver.word = 4 * round;
		SPIN_HARD_UNTIL(
		    l->l_sender.word >= 4 * round || l->l_stop.word);
		if (l->l_stop.word)
			break;

		l->l_runs = 0;
		l->l_receiver.word = 4 * round + 1;
		spin_for(wait);
		look(l);
		SPIN_HARD_UNTIL(l->l_sender.word > 4 * round);
		/*
		 * The trigger has returned.  If no handler that began after
		 * it has seen the store, one is still due.
		 */
		look(l);
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

/*
 * Until the time is over; but a host that has just run the two CPUs in turn,
 * not at once, gets more of it.
 */
#define ROUNDS	 1000
#define PATIENCE 10 /* times as long */

static struct budget
litmus_budget(uint64_t ms)
{
	return (budget_of(ms, ROUNDS, emulated() ? 0 : PATIENCE * ms));
}

/* Inline, so that nothing decides between the store and the trigger. */
static __always_inline void
send(struct litmus *l, struct budget *b, bool control)
{
	struct cpu_info *ci = cpu_lookup(1);
	const u_int id = l->l_id;
	u_long round = 0;

#define TRIGGER() (control ? control_trigger(l) : ipi_trigger(id, ci))
	kpreempt_disable();
	do {
		round++;
		SPIN_HARD_UNTIL(l->l_receiver.word == 4 * round);
		/* It finds the number pending; the next goes the same way. */
		TRIGGER();
		touch_pages(&l->l_ahead);
		l->l_sender.word = 4 * round;
		SPIN_HARD_UNTIL(l->l_receiver.word > 4 * round);
		spin_for(SENDER_WAIT);
		store_ahead(&l->l_ahead);
		l->l_x.word = round;
		TRIGGER();
		(void)atomic_swap_ulong(&l->l_sender.word, 4 * round + 1);
	} while (budget_left(b));
	l->l_stop.word = 1;
	kpreempt_enable();
#undef TRIGGER
}

static struct litmus litmus __cacheline_aligned;

static void
run_litmus(struct litmus *l, u_int id, uint64_t ms)
{
	struct budget b = litmus_budget(ms);
	struct lwp *receiver;

	memset(l, 0, sizeof(*l));
	l->l_id = id;
	receiver = thread_start(cpu_lookup(1), receive, l);
	if (id == 0)
		send(l, &b, true);
	else
		send(l, &b, false);
	thread_join(receiver);
}

static void
run_control(struct litmus *l)
{
	run_litmus(l, 0, case_param("control_ms"));
	case_metric("control: rounds", "", l->l_rounds);
	case_metric("control: stores missed", "", l->l_stale);
	case_metric("control: this host showed a miss", "", l->l_stale != 0);
}

/* No trace: to read the TSC, as it does, orders stores where QEMU emulates it. */
CASE(i5_store_before_trigger, .api = XCVM_API_IPI, .kind = XCVM_KIND_STRESS,
    .contract = "I5", .min_vcpus = 2,
    .doc = "X = i, then a trigger of a number that is pending: no handler "
	   "that begins after it misses the i, though the target takes the "
	   "number at that very moment.  A control shows whether this host "
	   "could miss one.",
    PARAMS(PARAM_ICR_FENCE(1), PARAM_STALL_LIMIT(2000), PARAM_TRACE(0),
	PARAM_BUDGET_MS(200),
	PARAM("control_ms", 50, "time for the control, milliseconds")))
{
	struct litmus *l = &litmus;

	run_control(l);
	run_litmus(l, ipi_number(read_x, l), case_param("budget_ms"));
	ipi_settle_all();
	ipi_unregister(l->l_id);
	CHECK_EQ(l->l_stale, 0);
	case_metric("rounds", "", l->l_rounds);
	case_metric("looks before the trigger", "", l->l_early);
	case_metric("stores missed", "", l->l_stale);
}

#endif /* MULTIPROCESSOR */
