/* SPDX-License-Identifier: ISC */
/* OpenBSD's mutexes: levels, exclusion, who waits, misuse. */
#include <sys/mutex.h>
#include "ground.h"

static struct mutex mtx = MUTEX_INITIALIZER(IPL_SCHED);

static const int levels[] = {
    IPL_NONE, IPL_SOFTCLOCK, IPL_SOFTSERIAL, IPL_VM, IPL_SCHED, IPL_HIGH};

/* Take it at that level, one way or the other, and give it back. */
static void
at_level(int before, int wanted, bool try)
{
	int s = splraise(before);

	mtx_init(&mtx, wanted);
	MUTEX_ASSERT_UNLOCKED(&mtx);
	if (try)
		CHECK_EQ(mtx_enter_try(&mtx), 1);
	else
		mtx_enter(&mtx);
	MUTEX_ASSERT_LOCKED(&mtx);
	CHECK_EQ(cpu_ipl(), MAX(before, wanted));
	mtx_leave(&mtx);
	MUTEX_ASSERT_UNLOCKED(&mtx);
	CHECK_EQ(cpu_ipl(), before);
	splx(s);
	CHECK_EQ(cpu_ipl(), IPL_NONE);
}

CASE(mtx_levels, .api = XCVM_API_KERNEL,
    .doc = "mtx_enter() raises the level to the mutex's, and never lowers it; "
	   "mtx_leave() restores it: from each level to each.")
{
	for (u_int i = 0; i < nitems(levels); i++)
		for (u_int j = 0; j < nitems(levels); j++) {
			at_level(levels[i], levels[j], false);
			at_level(levels[i], levels[j], true);
		}
}

CASE(mtx_nests, .api = XCVM_API_KERNEL,
    .doc = "Each mutex of several restores the level that it was taken at.")
{
	static const int wanted[] = {IPL_SOFTCLOCK, IPL_VM, IPL_HIGH, IPL_VM};
	struct mutex nested[nitems(wanted)];
	int ipl[nitems(wanted)];

	for (u_int i = 0; i < nitems(wanted); i++) {
		ipl[i] = cpu_ipl();
		mtx_init(&nested[i], wanted[i]);
		mtx_enter(&nested[i]);
		CHECK_EQ(cpu_ipl(), MAX(ipl[i], wanted[i]));
	}
	for (u_int i = nitems(wanted); i-- > 0;) {
		mtx_leave(&nested[i]);
		CHECK_EQ(cpu_ipl(), ipl[i]);
	}
}

static struct order order;

static void
letter(void *arg)
{
	order_add(&order, (char)(uintptr_t)arg);
}

CASE(mtx_holds_off, .api = XCVM_API_KERNEL,
    .doc = "What a mutex holds off runs as it is left, after what that "
	   "protects.")
{
	test_interrupt_establish(letter, (void *)(uintptr_t)'t');
	mtx_init(&mtx, IPL_HIGH);
	mtx_enter(&mtx);
	test_interrupt(curcpu());
	SPIN_UNTIL(intr_is_pending(LIR_TEST));
	order_add(&order, 'm');
	mtx_leave(&mtx);
	order_add(&order, 'n');
	CHECK_ORDER(&order, "mtn");
}

/* --- others --- */

#ifdef MULTIPROCESSOR

static struct mark held, let_go;

static void
hold_mtx(void *arg __unused)
{
	mtx_enter(&mtx);
	mark_add(&held);
	mark_wait(&let_go, 1);
	order_add(&order, 'h');
	mtx_leave(&mtx);
}

CASE(mtx_try_of_a_held_one, .api = XCVM_API_KERNEL, .min_vcpus = 2,
    .doc = "mtx_enter_try() of a mutex held elsewhere returns 0, and leaves "
	   "level and owner alone.")
{
	struct lwp *l = thread_start(cpu_lookup(1), hold_mtx, NULL);

	mark_wait(&held, 1);
	for (u_int i = 0; i < nitems(levels); i++) {
		int s = splraise(levels[i]);

		CHECK_EQ(mtx_enter_try(&mtx), 0);
		CHECK_EQ(cpu_ipl(), levels[i]);
		CHECK(mtx.mtx_owner == cpu_lookup(1));
		splx(s);
	}
	mark_add(&let_go);
	/* Now it is to wait, with nothing but the owner to end that. */
	mtx_enter(&mtx);
	order_add(&order, 'm');
	CHECK_EQ(cpu_ipl(), IPL_SCHED);
	mtx_leave(&mtx);
	thread_join(l);
	CHECK_ORDER(&order, "hm");
	CHECK_EQ(cpu_ipl(), IPL_NONE);
}

#endif

/* --- exclusion --- */

#define ROUNDS 60

static struct {
	volatile u_int inside;
	volatile u_int count; /* not atomic: the mutex is what makes it so */
	volatile u_int wrong;
} shared;

static void
inside_once(void)
{
	u_int count;

	if (shared.inside++ != 0)
		shared.wrong++;
	count = shared.count;
	for (volatile u_int i = 0; i < 5; i++)
		continue;
	shared.count = count + 1;
	shared.inside--;
}

static void
from_interrupt(void *arg __unused)
{
	mtx_enter(&mtx);
	inside_once();
	mtx_leave(&mtx);
}

static void
take_often(u_int cpu __unused, void *tried)
{
	for (u_int i = 0; i < ROUNDS; i++) {
		if (i % 8 == 0)
			test_interrupt(curcpu());
		if (i % 3 == 0) {
			if (mtx_enter_try(&mtx) == 0) {
				atomic_inc_uint(tried);
				continue;
			}
		} else {
			mtx_enter(&mtx);
		}
		inside_once();
		mtx_leave(&mtx);
		if (cpu_ipl() != IPL_NONE)
			shared.wrong++;
	}
}

CASE(mtx_excludes, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_STRESS,
    .doc = "One at a time is inside, from threads and interrupts of all CPUs.")
{
	u_int failed = 0, sent = ncpu * ((ROUNDS + 7) / 8);

	mtx_init(&mtx, IPL_HIGH);
	test_interrupt_establish(from_interrupt, NULL);
	on_each_cpu(take_often, &failed);
	take_interrupts_everywhere();
	CHECK_EQ(shared.wrong, 0);
	/* Interrupts that come while one waits to be taken are one. */
	CHECK_GE(shared.count, ncpu * ROUNDS - failed);
	CHECK_LE(shared.count, ncpu * ROUNDS - failed + sent);
	case_metric("tries that failed", "", failed);
}

/* --- misuse --- */

CASE(mtx_against_myself, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .panic = "mtx_enter: locking against myself",
    .doc = "Entering a mutex that this CPU holds panics.")
{
	mtx_enter(&mtx);
	mtx_enter(&mtx);
}

CASE(mtx_try_against_myself, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .panic = "mtx_enter: locking against myself",
    .doc = "Trying a mutex that this CPU holds panics.")
{
	mtx_enter(&mtx);
	mtx_enter_try(&mtx);
}

CASE(mtx_leave_not_held, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .panic = "mtx_owner == curcpu()",
    .doc = "Leaving a mutex that nobody holds panics.")
{
	mtx_leave(&mtx);
}
