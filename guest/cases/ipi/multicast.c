/* SPDX-License-Identifier: ISC */
/* ipi(9): messages to sets of CPUs. */
#include <sys/lock.h>
#include "ipi/ipi_case.h"

static struct ipi_tally tally;

/* What a call below finds on the stack has every bit set. */
static __noinline void
use_stack(void)
{
	volatile u_long words[128];

	for (u_int i = 0; i < nitems(words); i++)
		words[i] = ~0UL;
}

/* One multicast to the set, from a CPU at that level. */
static void
multicast(const kcpuset_t *set, int ipl)
{
	ipi_msg_t msg = {.func = ipi_tally_run, .arg = &tally};
	u_int self = cpu_number();
	int s;

	ipi_tally_clear(&tally);
	kpreempt_disable();
	s = splraise(ipl);
	use_stack();
	ipi_multicast(&msg, set);
	CHECK_EQ(mark_read(&tally.t_runs[self]), kcpuset_isset(set, self));
	CHECK_EQ(cpu_ipl(), ipl);
	splx(s);
	kpreempt_enable();
	ipi_wait(&msg);
	CHECK_TALLY(&tally, set, 1);
	ipi_settle_all();
	CHECK_TALLY(&tally, set, 1);
}

static void
multicast_all_levels(const kcpuset_t *set)
{
	multicast(set, IPL_NONE);
	multicast(set, IPL_SOFTSERIAL);
	multicast(set, IPL_HIGH);
}

static void
multicast_to_random_sets(u_int n)
{
	struct rng r = rng_init(0);
	kcpuset_t set;

	while (n-- > 0) {
		kcpuset_zero(&set);
		for (u_int i = 0; i < ncpu; i++)
			if (rng_below(&r, 2))
				kcpuset_set(&set, i);
		multicast(&set, IPL_NONE);
	}
}

CASE(i11_multicast, .api = XCVM_API_IPI, .contract = "I11",
    .doc = "ipi_multicast() to no CPU, this one, each other, all, all others, "
	   "and random sets: once on each of the set, here before it returns.")
{
	kcpuset_t set;

	ipi_tally_init(&tally);
	kcpuset_zero(&set);
	multicast_all_levels(&set);
	kcpuset_set(&set, cpu_number());
	multicast_all_levels(&set);
	for (u_int i = 1; i < MIN(ncpu, 8U); i++) {
		kcpuset_zero(&set);
		kcpuset_set(&set, i);
		multicast(&set, IPL_NONE);
	}
	kcpuset_copy(&set, kcpuset_running);
	multicast_all_levels(&set);
	kcpuset_clear(&set, cpu_number());
	multicast_all_levels(&set);
	multicast_to_random_sets(ncpu <= 8 ? 4 : 2);
}

/* Who must have run a broadcast: all, or all but this CPU. */
static void
check_broadcast(ipi_msg_t *msg, bool skip_self)
{
	kcpuset_t set;

	CHECK_EQ(mark_read(&tally.t_runs[cpu_number()]), !skip_self);
	CHECK_EQ(cpu_ipl(), IPL_NONE);
	ipi_wait(msg);
	kcpuset_copy(&set, kcpuset_running);
	if (skip_self)
		kcpuset_clear(&set, cpu_number());
	CHECK_TALLY(&tally, &set, 1);
	ipi_settle_all();
	CHECK_TALLY(&tally, &set, 1);
	ipi_tally_clear(&tally);
}

static void
broadcast_all_forms(void)
{
	ipi_msg_t msg = {.func = ipi_tally_run, .arg = &tally};

	ipi_tally_init(&tally);
	PINNED(ipi_broadcast(&msg));
	check_broadcast(&msg, false);
	PINNED(ipi_broadcast(&msg, false));
	check_broadcast(&msg, false);
	PINNED(ipi_broadcast(&msg, true));
	check_broadcast(&msg, true);
}

CASE(i13_broadcast, .api = XCVM_API_IPI, .contract = "I13",
    .doc = "ipi_broadcast() in both forms: once on every CPU, or on all but "
	   "this one; here before it returns.")
{
	broadcast_all_forms();
}

CASE(i14_broadcast_alone, .api = XCVM_API_IPI, .contract = "I14",
    .max_vcpus = 1,
    .doc = "On the only CPU there is, a broadcast runs here or not at all, "
	   "and the wait is over at once.")
{
	broadcast_all_forms();
}

CASE(i12_local_level, .api = XCVM_API_IPI, .contract = "I12,D2", .decision = 2,
    .doc = "In ipi_multicast() and ipi_broadcast() the function runs at "
	   "IPL_HIGH on the sender's CPU as well, whatever the sender's level.")
{
	ipi_msg_t msg = {.func = ipi_tally_run, .arg = &tally};
	int s;

	ipi_tally_init(&tally);
	for (int ipl = IPL_NONE; ipl <= IPL_HIGH; ipl++) {
		kpreempt_disable();
		s = splraise(ipl);
		ipi_multicast(&msg, kcpuset_running);
		splx(s);
		ipi_wait(&msg);
		s = splraise(ipl);
		ipi_broadcast(&msg, false);
		splx(s);
		ipi_wait(&msg);
		kpreempt_enable();
		CHECK_EQ(mark_read(&tally.t_runs[cpu_number()]),
		    2 * (u_int)(ipl + 1));
	}
	CHECK_EQ(tally.t_wrong_ipl, 0);
}

#ifdef MULTIPROCESSOR

/* Each has every CPU take the lock: all of 64 CPUs would for a minute. */
#define LOCK_SENDERS 8

/* A lock with a memory for its owner. */
struct owned {
	__cpu_simple_lock_t o_lock;
	volatile u_int o_owner; /* CPU index + 1 */
	u_int o_runs;		/* under the lock */
	volatile u_int o_recursions;
	volatile u_int o_sent;
	struct budget o_budget;
};

static void
lock_briefly(void *arg)
{
	struct owned *o = arg;
	u_int self = cpu_number() + 1;

	if (o->o_owner == self) {
		/* We interrupted ourselves: the lock would never come. */
		atomic_inc_uint(&o->o_recursions);
		return;
	}
	__cpu_simple_lock(&o->o_lock);
	o->o_owner = self;
	o->o_runs++;
	for (u_int i = 0; i < 300; i++)
		__insn_barrier();
	o->o_owner = 0;
	__cpu_simple_unlock(&o->o_lock);
}

static void
broadcast_often(u_int self, void *arg)
{
	struct owned *o = arg;
	ipi_msg_t msg = {.func = lock_briefly, .arg = o};

	if (self >= LOCK_SENDERS)
		return;
	do {
		PINNED(ipi_broadcast(&msg, false));
		ipi_wait(&msg);
		atomic_inc_uint(&o->o_sent);
	} while (budget_left(&o->o_budget));
}

CASE(i12_lock_in_a_broadcast, .api = XCVM_API_IPI, .kind = XCVM_KIND_STRESS,
    .contract = "I12,D2", .decision = 2, .min_vcpus = 2,
    .doc = "A broadcast function that takes a spin lock never meets itself on "
	   "the sender's CPU.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(100)))
{
	struct owned o = {.o_budget = budget_start()};

	on_each_cpu(broadcast_often, &o);
	CHECK_EQ(o.o_recursions, 0);
	CHECK_EQ(o.o_runs, o.o_sent * ncpu);
	case_metric("broadcasts", "", o.o_sent);
}

CASE(i33_cpus_that_do_not_run, .api = XCVM_API_IPI, .contract = "I33,D6",
    .decision = 6, .min_vcpus = 2,
    .doc = "A set that names CPUs that do not exist or do not run, and a "
	   "broadcast beside one: exactly the running ones count, and the "
	   "wait ends.",
    PARAMS(PARAM_KERNEL,
	PARAM("unstarted", 1, "CPUs left out at start-up, the last ones")))
{
	kcpuset_t everything, running;
	u_int id;

	ipi_tally_init(&tally);
	kcpuset_fill(&everything);
	kcpuset_copy(&running, kcpuset_running);
	CHECK_EQ(kcpuset_countset(&running), ncpu - 1);
	CHECK(!kcpuset_isset(&running, ncpu - 1));
	for (u_int round = 1; round <= 2; round++) {
		ipi_msg_t msg = {.func = ipi_tally_run, .arg = &tally};

		PINNED(ipi_multicast(&msg, &everything));
		ipi_wait(&msg);
		CHECK_TALLY(&tally, &running, 2 * round - 1);
		PINNED(ipi_broadcast(&msg, false));
		ipi_wait(&msg);
		CHECK_TALLY(&tally, &running, 2 * round);
	}
	ipi_tally_clear(&tally);
	id = ipi_number(ipi_tally_run, &tally);
	for (u_int round = 1; round <= 2; round++) {
		PINNED(ipi_trigger_multi(id, &everything));
		ipi_settle_all();
		CHECK_TALLY(&tally, &running, 2 * round - 1);
		PINNED(ipi_trigger_broadcast(id, false));
		ipi_settle_all();
		CHECK_TALLY(&tally, &running, 2 * round);
	}
	ipi_unregister(id);
}

#endif /* MULTIPROCESSOR */
