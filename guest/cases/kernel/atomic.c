/* SPDX-License-Identifier: ISC */
/* Atomic operations, barriers, the simple lock; the CPUs as the BSDs see them. */
#include <sys/kmem.h>
#include <sys/lock.h>
#include <machine/hypercall.h>
#include "ground.h"

#define TOP(type) ((type)1 << (8 * sizeof(type) - 1))

/* What every width must do, with a value that fills it. */
#define CHECK_OPS(suffix, type, top)                                           \
	do {                                                                   \
		volatile type v_ = (top);                                      \
		CHECK_EQ(atomic_cas_##suffix(&v_, 1, 2), (type)(top));         \
		CHECK_EQ(v_, (type)(top));                                     \
		CHECK_EQ(                                                      \
		    atomic_cas_##suffix(&v_, (type)(top), 5), (type)(top));    \
		CHECK_EQ(v_, 5);                                               \
		CHECK_EQ(atomic_swap_##suffix(&v_, (type)(top)), 5);           \
		CHECK_EQ(atomic_inc_##suffix##_nv(&v_), (type)(top) + 1);      \
		CHECK_EQ(atomic_dec_##suffix##_nv(&v_), (type)(top));          \
		atomic_and_##suffix(&v_, ~(type)0xf);                          \
		CHECK_EQ(v_, (type)(top) & ~(type)0xf);                        \
		atomic_or_##suffix(&v_, 3);                                    \
		CHECK_EQ(v_, ((type)(top) & ~(type)0xf) | 3);                  \
		v_ = 10;                                                       \
		CHECK_EQ(atomic_add_##suffix##_nv(&v_, -3), 7);                \
		atomic_add_##suffix(&v_, 2);                                   \
		atomic_inc_##suffix(&v_);                                      \
		CHECK_EQ(v_, 10);                                              \
		atomic_dec_##suffix(&v_);                                      \
		CHECK_EQ(v_, 9);                                               \
		/* All bits count, in and out. */                              \
		CHECK_EQ(atomic_cas_##suffix(&v_, 9, (type)(top)), 9);         \
		CHECK_EQ(atomic_cas_##suffix(&v_, (type)(top) ^ TOP(type), 1), \
		    (type)(top));                                              \
		CHECK_EQ(atomic_swap_##suffix(&v_, TOP(type)), (type)(top));   \
		atomic_or_##suffix(&v_, TOP(type) >> 1);                       \
		CHECK_EQ(v_, TOP(type) | TOP(type) >> 1);                      \
		atomic_and_##suffix(&v_, TOP(type) >> 1);                      \
		CHECK_EQ(v_, TOP(type) >> 1);                                  \
		CHECK_EQ(                                                      \
		    atomic_add_##suffix##_nv(&v_, (long)(TOP(type) >> 1)),     \
		    TOP(type));                                                \
		atomic_add_##suffix(&v_, (long)(TOP(type) >> 2));              \
		CHECK_EQ(v_, TOP(type) | TOP(type) >> 2);                      \
		v_ = (type)-1;                                                 \
		atomic_inc_##suffix(&v_);                                      \
		CHECK_EQ(v_, 0);                                               \
		atomic_dec_##suffix(&v_);                                      \
		CHECK_EQ(v_, (type)-1);                                        \
	} while (0)

CASE(atomic_operations, .api = XCVM_API_KERNEL,
    .doc = "Each atomic operation on each width returns and leaves what it "
	   "should.")
{
	int x, y;
	void *volatile p = &x;

	CHECK_OPS(uint, u_int, 0xfedcba98);
	CHECK_OPS(32, uint32_t, 0xfedcba98);
	CHECK_OPS(ulong, u_long, 0xfedcba9876543210);
	CHECK_OPS(64, uint64_t, 0xfedcba9876543210);
	CHECK(atomic_cas_ptr(&p, &y, NULL) == &x && p == &x);
	CHECK(atomic_cas_ptr(&p, &x, &y) == &x && p == &y);
	CHECK(atomic_swap_ptr(&p, &x) == &y && p == &x);
}

static struct budget budget;
static volatile u_int total;

static struct {
	volatile u_int sum, bits;
	volatile uint64_t cas;
	__cpu_simple_lock_t lock;
	uint64_t locked; /* under lock */
} shared;

static void
atomic_cpu(u_int cpu, void *arg __unused)
{
	u_int bit = 1U << (cpu % 32), n = 0;
	bool alone = cpu < 32; /* the owner of that bit */
	uint64_t seen, locked;
	int s;

	for (; budget_left(&budget); n++) {
		atomic_inc_uint(&shared.sum);
		do {
			seen = shared.cas;
		} while (atomic_cas_64(&shared.cas, seen, seen + 3) != seen);
		if (alone) {
			atomic_or_uint(&shared.bits, bit);
			CHECK(shared.bits & bit);
			atomic_and_uint(&shared.bits, ~bit);
			CHECK(!(shared.bits & bit));
		}
		s = splhigh();
		__cpu_simple_lock(&shared.lock);
		locked = shared.locked;
		CPU_BUSY_CYCLE();
		shared.locked = locked + 1;
		__cpu_simple_unlock(&shared.lock);
		splx(s);
	}
	atomic_add_uint(&total, n);
}

CASE(atomic_stress, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_STRESS,
    .doc = "Atomic operations and the simple lock lose no update over all "
	   "CPUs.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(100)))
{
	budget = budget_start();
	on_each_cpu(atomic_cpu, NULL);
	CHECK_EQ(shared.sum, total);
	CHECK_EQ(shared.cas, 3ULL * total);
	CHECK_EQ(shared.bits, 0);
	CHECK_EQ(shared.locked, total);
	case_metric("rounds", "", total);
}

CASE(cpu_info, .api = XCVM_API_KERNEL,
    .doc = "Each CPU is found by its index, and by itself, and runs, offline "
	   "or not.")
{
	CPU_INFO_ITERATOR cii;
	struct cpu_info *ci;

	for (CPU_INFO_FOREACH(cii, ci)) {
		CHECK_EQ(cpu_index(ci), cii);
		CHECK_EQ(CPU_INFO_UNIT(ci), cii);
		CHECK_EQ(ci, cpu_lookup(cii));
		CHECK_EQ((uintptr_t)ci % CACHE_LINE_SIZE, 0);
		CHECK_EQ(ci->ci_cpuid, boot->apic_ids[cii]);
	}
	for (CPU_INFO_FOREACH(cii, ci)) {
		const volatile u_int *state = &ci->ci_schedstate.spc_flags;

		for (u_int i = 0; i < 4; i++) {
			cpu_setstate(ci, i / 2 == 1);
			CHECK_EQ(*state & SPCF_OFFLINE,
			    i / 2 == 1 ? 0 : SPCF_OFFLINE);
			CHECK(cpu_is_running(ci));
		}
	}
	CHECK(cpu_lookup(ncpu) == NULL);
	CHECK(cpu_lookup(UINT32_MAX) == NULL);
	CHECK_EQ(cpu_number(), 0);
	CHECK_EQ(curlwp->l_cpu, curcpu());
}

#ifdef MULTIPROCESSOR

/* --- store before load, by membar_sync() --- */

static struct {
	volatile u_int flag __cacheline_aligned;
	volatile u_int seen;
	struct mark done;
} side[2];
static struct mark round_start;
static volatile bool over;

static void
dekker(u_int me, struct rng *rng)
{
	spin_randomly(rng, 10);
	side[me].flag = 1;
	membar_sync();
	side[me].seen = side[!me].flag;
	mark_add(&side[me].done);
}

static void
dekker_thread(void *arg __unused)
{
	struct rng rng = rng_init(1);

	for (u_int round = 1;; round++) {
		mark_wait(&round_start, round);
		if (over)
			return;
		dekker(1, &rng);
	}
}

CASE(atomic_membar_stress, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_STRESS,
    .min_vcpus = 2,
    .doc = "membar_sync() keeps a load behind a store: one of two CPUs sees "
	   "it.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(100)))
{
	struct rng rng = rng_init(0);
	struct lwp *l = thread_start(cpu_lookup(1), dekker_thread, NULL);
	u_int rounds = 0, both = 0;

	for (budget = budget_start(); budget_left(&budget);) {
		side[0].flag = side[1].flag = 0;
		rounds++;
		mark_add(&round_start);
		dekker(0, &rng);
		mark_wait(&side[1].done, rounds);
		CHECK(side[0].seen || side[1].seen);
		both += side[0].seen && side[1].seen;
	}
	over = true;
	mark_add(&round_start);
	thread_join(l);
	case_metric("rounds", "", rounds);
	case_metric("saw each other", "", both);
}

#endif
