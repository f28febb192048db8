/* SPDX-License-Identifier: ISC */
/* Mutexes: exclusion, levels, who waits how, misuse. */
#include <sys/mutex.h>
#include <machine/lapic.h>
#include "ground.h"

static kmutex_t mutex;
static struct order order;

/* --- adaptive --- */

CASE(mutex_types, .api = XCVM_API_KERNEL,
    .doc = "The level makes a default mutex adaptive or spinning.")
{
	for (int ipl = IPL_NONE; ipl < IPL_COUNT; ipl++) {
		if (ipl == IPL_PREEMPT)
			continue;
		mutex_init(&mutex, MUTEX_DEFAULT, ipl);
		CHECK(!mutex_owned(&mutex));
		mutex_enter(&mutex);
		CHECK(mutex_owned(&mutex));
		CHECK_EQ(cpu_ipl(), ipl >= IPL_VM ? ipl : IPL_NONE);
		mutex_exit(&mutex);
		CHECK(!mutex_owned(&mutex));
		CHECK_EQ(cpu_ipl(), IPL_NONE);
		mutex_destroy(&mutex);
	}
}

static void
urgent_owner(void *ident)
{
	tsleep(ident, PWAIT, "case", 0);
	order_add(&order, 'u');
	mutex_enter(&mutex);
	CHECK(mutex_owned(&mutex));
	order_add(&order, 'U');
	mutex_exit(&mutex);
}

CASE(mutex_sleeps_for_lower, .api = XCVM_API_KERNEL,
    .doc = "A better thread waits asleep for the owner it preempted, and goes "
	   "next.")
{
	int ident;
	struct lwp *l =
	    thread_start_pri(curcpu(), PRI_KTHREAD + 1, urgent_owner, &ident);

	mutex_init(&mutex, MUTEX_DEFAULT, IPL_NONE);
	wait_asleep(l, &ident);
	mutex_enter(&mutex);
	wakeup(&ident);
	order_add(&order, 'm');
	take_interrupts();
	CHECK(mutex_owned(&mutex));
	mutex_exit(&mutex);
	order_add(&order, 'M');
	thread_join(l);
	CHECK_ORDER(&order, "umUM");
}

static void
trying_thread(void *expected)
{
	int got = mutex_tryenter(&mutex);

	CHECK_EQ(got != 0, expected != NULL);
	CHECK_EQ(mutex_owned(&mutex) != 0, expected != NULL);
	if (got)
		mutex_exit(&mutex);
	CHECK_EQ(cpu_ipl(), IPL_NONE);
}

CASE(mutex_tryenter_adaptive, .api = XCVM_API_KERNEL,
    .doc = "mutex_tryenter() takes a free mutex, and leaves one that is held.")
{
	struct cpu_info *ci = cpu_lookup(ncpu - 1);

	mutex_init(&mutex, MUTEX_DEFAULT, IPL_NONE);
	thread_join(thread_start(ci, trying_thread, &mutex));
	CHECK(mutex_tryenter(&mutex));
	thread_join(thread_start(ci, trying_thread, NULL));
	CHECK(mutex_owned(&mutex));
	mutex_exit(&mutex);
	thread_join(thread_start(ci, trying_thread, &mutex));
}

/* --- spin --- */

CASE(mutex_spin_nests, .api = XCVM_API_KERNEL,
    .doc = "The level goes up with each spin mutex, down with the last only.")
{
	static const int ipls[] = {IPL_VM, IPL_HIGH, IPL_SCHED};
	kmutex_t spin[nitems(ipls)];
	int top;

	for (u_int i = 0; i < nitems(ipls); i++)
		mutex_init(&spin[i], MUTEX_DEFAULT, ipls[i]);
	/* Released in every order of three: first a, then b, then the rest. */
	for (u_int order_ = 0; order_ < 6; order_++) {
		u_int a = order_ / 2, b = (a + 1 + order_ % 2) % 3;
		u_int c = 3 - a - b;
		int s = splsoftbio();

		top = IPL_SOFTBIO;
		for (u_int i = 0; i < nitems(ipls); i++) {
			mutex_enter(&spin[i]);
			top = MAX(top, ipls[i]);
			CHECK_EQ(cpu_ipl(), top);
		}
		mutex_exit(&spin[a]);
		CHECK_EQ(cpu_ipl(), top);
		mutex_exit(&spin[b]);
		CHECK_EQ(cpu_ipl(), top);
		mutex_exit(&spin[c]);
		CHECK_EQ(cpu_ipl(), IPL_SOFTBIO);
		splx(s);
	}
}

static void
letter_handler(void *letter)
{
	order_add(&order, (char)(uintptr_t)letter);
}

CASE(mutex_spin_holds_off, .api = XCVM_API_KERNEL,
    .doc = "What a spin mutex holds off runs at the exit of the last one.")
{
	void *soft = softint_establish(SOFTINT_SERIAL | SOFTINT_MPSAFE,
	    letter_handler, (void *)(uintptr_t)'s');
	kmutex_t vm, high;

	test_interrupt_establish(letter_handler, (void *)(uintptr_t)'t');
	mutex_init(&vm, MUTEX_SPIN, IPL_VM);
	mutex_init(&high, MUTEX_SPIN, IPL_HIGH);
	mutex_enter(&vm);
	softint_schedule(soft);
	test_interrupt(curcpu());
	SPIN_UNTIL(order.o_count != 0);
	mutex_enter(&high);
	test_interrupt(curcpu());
	SPIN_UNTIL(intr_is_pending(LIR_TEST));
	order_add(&order, 'h');
	mutex_exit(&high);
	order_add(&order, 'v');
	mutex_exit(&vm);
	CHECK_ORDER(&order, "thvts");
}

/* From an interrupt while the CPU holds another one. */
static void
enter_in_interrupt(void *arg)
{
	mutex_enter(arg);
	order_add(&order, 'i');
	CHECK_EQ(cpu_ipl(), IPL_HIGH);
	mutex_exit(arg);
	CHECK_EQ(cpu_ipl(), IPL_HIGH);
}

CASE(mutex_spin_in_interrupt, .api = XCVM_API_KERNEL,
    .doc = "An interrupt may take a spin mutex while its CPU holds another.")
{
	kmutex_t vm, high;

	mutex_init(&vm, MUTEX_SPIN, IPL_VM);
	mutex_init(&high, MUTEX_SPIN, IPL_HIGH);
	test_interrupt_establish(enter_in_interrupt, &high);
	mutex_enter(&vm);
	test_interrupt(curcpu());
	SPIN_UNTIL(order.o_count != 0);
	CHECK_EQ(cpu_ipl(), IPL_VM);
	CHECK(mutex_owned(&vm));
	mutex_exit(&vm);
	CHECK_EQ(cpu_ipl(), IPL_NONE);
}

#ifdef MULTIPROCESSOR

static void
holding_thread(void *release)
{
	mutex_enter(&mutex);
	order_add(&order, 'h');
	SPIN_UNTIL(atomic_load_acquire((volatile bool *)release));
	mutex_exit(&mutex);
}

CASE(mutex_tryenter_spin, .api = XCVM_API_KERNEL, .min_vcpus = 2,
    .doc = "mutex_tryenter() of a spin mutex held elsewhere leaves the level "
	   "alone.")
{
	volatile bool release = false;
	struct lwp *l;
	int s;

	mutex_init(&mutex, MUTEX_SPIN, IPL_SCHED);
	l = thread_start(
	    cpu_lookup(1), holding_thread, (void *)(uintptr_t)&release);
	SPIN_UNTIL(order.o_count != 0);
	CHECK(!mutex_tryenter(&mutex));
	CHECK(!mutex_owned(&mutex));
	CHECK_EQ(cpu_ipl(), IPL_NONE);
	s = splvm();
	CHECK(!mutex_tryenter(&mutex));
	CHECK_EQ(cpu_ipl(), IPL_VM);
	splx(s);
	release = true;
	thread_join(l);
	CHECK(mutex_tryenter(&mutex));
	CHECK(mutex_owned(&mutex));
	CHECK_EQ(cpu_ipl(), IPL_SCHED);
	mutex_exit(&mutex);
	CHECK_EQ(cpu_ipl(), IPL_NONE);
}

/* --- misuse that takes an owner elsewhere --- */

static void
enter_held(void *arg __unused)
{
	mutex_enter(&mutex);
}

static void
hold_mutex_elsewhere(void)
{
	static volatile bool never;

	mutex_init(&mutex, MUTEX_DEFAULT, IPL_NONE);
	(void)thread_start(
	    cpu_lookup(1), holding_thread, (void *)(uintptr_t)&never);
	SPIN_UNTIL(order.o_count != 0);
}

CASE(mutex_in_interrupt, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .min_vcpus = 2, .panic = "mutex_enter: adaptive mutex in interrupt context",
    .doc = "Waiting for an adaptive mutex in a hard interrupt panics.")
{
	hold_mutex_elsewhere();
	intr_test_establish(enter_held, NULL);
	lapic_self_ipi(INTR_VECTOR(LIR_TEST));
	take_interrupts();
}

CASE(mutex_with_spin_mutex, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .min_vcpus = 2,
    .panic = "mutex_enter: adaptive mutex with a spin mutex held",
    .doc = "Waiting for an adaptive mutex with a spin mutex held panics.")
{
	kmutex_t spin;

	hold_mutex_elsewhere();
	mutex_init(&spin, MUTEX_SPIN, IPL_VM);
	mutex_enter(&spin);
	enter_held(NULL);
}

#endif

/* --- misuse --- */

CASE(mutex_against_myself, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .panic = "mutex_enter: locking against myself",
    .doc = "Entering an adaptive mutex twice panics.")
{
	mutex_init(&mutex, MUTEX_DEFAULT, IPL_NONE);
	mutex_enter(&mutex);
	mutex_enter(&mutex);
}

CASE(mutex_spin_against_myself, .api = XCVM_API_KERNEL,
    .kind = XCVM_KIND_MISUSE,
    .panic = "mutex_spin_enter: locking against myself",
    .doc = "Entering a spin mutex twice panics.")
{
	mutex_init(&mutex, MUTEX_DEFAULT, IPL_HIGH);
	mutex_enter(&mutex);
	mutex_enter(&mutex);
}

CASE(mutex_exit_not_owned, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .panic = "OWNER(mtx->mtx_owner)",
    .doc = "Leaving an adaptive mutex that nobody holds panics.")
{
	mutex_init(&mutex, MUTEX_DEFAULT, IPL_NONE);
	mutex_exit(&mutex);
}

CASE(mutex_spin_exit_not_owned, .api = XCVM_API_KERNEL,
    .kind = XCVM_KIND_MISUSE, .panic = "mtx->mtx_owner == (uintptr_t)ci",
    .doc = "Leaving a spin mutex that nobody holds panics.")
{
	mutex_init(&mutex, MUTEX_DEFAULT, IPL_HIGH);
	mutex_exit(&mutex);
}

CASE(mutex_destroy_held, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .panic = "mtx->mtx_owner == 0",
    .doc = "Destroying a mutex that is held panics.")
{
	mutex_init(&mutex, MUTEX_DEFAULT, IPL_NONE);
	mutex_enter(&mutex);
	mutex_destroy(&mutex);
}
