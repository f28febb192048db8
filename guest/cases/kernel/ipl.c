/* SPDX-License-Identifier: ISC */
/* Interrupt levels: raising, blocking, recording, replay in order. */
#include <machine/lapic.h>
#include "ground.h"

static const char letters[SOFTINT_LEVELS] = {'c', 'b', 'n', 's'};
static struct order order;

static void
add_letter(void *letter)
{
	order_add(&order, *(const char *)letter);
}

/* A softint of each level that adds its letter, 't' for LIR_TEST. */
static void
letters_establish(void *handle[SOFTINT_LEVELS])
{
	static const char test = 't';

	order_clear(&order);
	for (u_int i = 0; i < SOFTINT_LEVELS; i++)
		handle[i] = softint_establish(i | SOFTINT_MPSAFE, add_letter,
		    (void *)(uintptr_t)&letters[i]);
	test_interrupt_establish(add_letter, (void *)(uintptr_t)&test);
}

/* Interrupt this CPU, at IPL_HIGH, and wait until that is recorded. */
static void
record_test_interrupt(void)
{
	test_interrupt(curcpu());
	SPIN_UNTIL(intr_is_pending(LIR_TEST));
}

CASE(ipl_raise_never_lowers, .api = XCVM_API_KERNEL,
    .doc = "splraise() sets the higher of two levels, splx() goes back.")
{
	for (int a = IPL_NONE; a < IPL_COUNT; a++) {
		for (int b = IPL_NONE; b < IPL_COUNT; b++) {
			int s = splraise(a), t;

			CHECK_EQ(s, IPL_NONE);
			CHECK_EQ(cpu_ipl(), a);
			t = splraise(b);
			CHECK_EQ(t, a);
			CHECK_EQ(cpu_ipl(), MAX(a, b));
			/* A level is no context. */
			CHECK(!cpu_intr_p() && !cpu_softintr_p());
			splx(t);
			CHECK_EQ(cpu_ipl(), a);
			splx(s);
			CHECK_EQ(cpu_ipl(), IPL_NONE);
		}
	}
}

static volatile bool asleep_ident;

static void
urgent_thread(void *rounds)
{
	for (u_int i = *(u_int *)rounds; i > 0; i--) {
		tsleep((void *)(uintptr_t)&asleep_ident, PWAIT, "case", 0);
		order_add(&order, 'p');
	}
}

CASE(ipl_order_of_replay, .api = XCVM_API_KERNEL,
    .doc = "What was recorded at splhigh() runs by level when it ends.")
{
	struct rng rng = rng_init(0);
	void *handle[SOFTINT_LEVELS];
	u_int rounds = 6;
	struct lwp *urgent =
	    thread_start_pri(curcpu(), PRI_KTHREAD + 1, urgent_thread, &rounds);

	for (u_int round = 0; round < rounds; round++) {
		u_int first = rng_below(&rng, 8), step = 1 + 2 * (round % 4);
		int s;

		letters_establish(handle);
		s = splhigh();
		/* The eight steps visit every number below 8 once. */
		for (u_int i = 0; i < 8; i++) {
			u_int what = (first + i * step) % 8;

			if (what < SOFTINT_LEVELS)
				softint_schedule(handle[what]);
			else if (what == 4)
				record_test_interrupt();
			else if (what == 5)
				wakeup((void *)(uintptr_t)&asleep_ident);
		}
		CHECK_ORDER(&order, "");
		splx(s);
		CHECK_ORDER(&order, "tsnbcp");
		for (u_int i = 0; i < SOFTINT_LEVELS; i++)
			softint_disestablish(handle[i]);
	}
	thread_join(urgent);
}

CASE(ipl_replay_in_steps, .api = XCVM_API_KERNEL,
    .doc = "splx() to a level in between runs only what is above it.")
{
	void *handle[SOFTINT_LEVELS];
	int none, clock, net;

	letters_establish(handle);
	none = splsoftclock();
	clock = splsoftnet();
	net = splhigh();
	for (u_int i = 0; i < SOFTINT_LEVELS; i++)
		softint_schedule(handle[i]);
	record_test_interrupt();
	CHECK_ORDER(&order, "");
	splx(net);
	CHECK_ORDER(&order, "ts");
	CHECK_EQ(cpu_ipl(), IPL_SOFTNET);
	splx(clock);
	CHECK_ORDER(&order, "tsnb");
	CHECK_EQ(cpu_ipl(), IPL_SOFTCLOCK);
	splx(none);
	CHECK_ORDER(&order, "tsnbc");
	CHECK_EQ(cpu_ipl(), IPL_NONE);
}

static volatile u_int taken;

static void
take_at_high(void *arg __unused)
{
	CHECK_EQ(cpu_ipl(), IPL_HIGH);
	CHECK(cpu_intr_p());
	atomic_inc_uint(&taken);
}

CASE(ipl_blocks_interrupt, .api = XCVM_API_KERNEL,
    .doc = "An interrupt of IPL_HIGH comes at every level below, and not at "
	   "it.")
{
	test_interrupt_establish(take_at_high, NULL);
	for (int ipl = IPL_NONE; ipl < IPL_COUNT; ipl++) {
		int s = splraise(ipl);

		taken = 0;
		if (ipl < IPL_HIGH) {
			test_interrupt(curcpu());
			SPIN_UNTIL(taken != 0);
			CHECK_EQ(cpu_ipl(), ipl);
		} else {
			record_test_interrupt();
			CHECK_EQ(taken, 0);
		}
		splx(s);
		CHECK_EQ(taken, 1);
	}
	CHECK(!cpu_intr_p());
}

static void
count_callout(void *count)
{
	(*(volatile u_int *)count)++;
}

CASE(ipl_blocks_timer, .api = XCVM_API_KERNEL,
    .doc = "The timer comes at splvm(), and is recorded at splsched().")
{
	volatile u_int fired = 0;
	callout_t c;
	int s;

	callout_init(&c, CALLOUT_MPSAFE);
	s = splvm();
	callout_reset_nsec(&c, 0, count_callout, (void *)(uintptr_t)&fired);
	/* Handled; what remains is its soft interrupt. */
	SPIN_UNTIL(intr_is_pending(SIR_CLOCK));
	CHECK(!intr_is_pending(LIR_TIMER));
	CHECK_EQ(fired, 0);
	splx(s);
	CHECK_EQ(fired, 1);

	s = splsched();
	callout_reset_nsec(&c, 0, count_callout, (void *)(uintptr_t)&fired);
	SPIN_UNTIL(intr_is_pending(LIR_TIMER));
	CHECK(!intr_is_pending(SIR_CLOCK));
	CHECK_EQ(fired, 1);
	splx(s);
	CHECK_EQ(fired, 2);
}

static void
interrupted_softint(void *level)
{
	u_int before = taken;

	CHECK_EQ(cpu_ipl(), IPL_SOFTCLOCK + *(u_int *)level);
	test_interrupt(curcpu());
	SPIN_UNTIL(taken != before);
	CHECK_EQ(cpu_ipl(), IPL_SOFTCLOCK + *(u_int *)level);
}

CASE(ipl_interrupts_softint, .api = XCVM_API_KERNEL,
    .doc = "An interrupt comes while a soft interrupt of any level runs.")
{
	u_int level;

	test_interrupt_establish(take_at_high, NULL);
	for (level = 0; level < SOFTINT_LEVELS; level++) {
		void *handle = softint_establish(
		    level | SOFTINT_MPSAFE, interrupted_softint, &level);

		softint_schedule(handle);
		SPIN_UNTIL(taken == level + 1);
		softint_disestablish(handle);
	}
}

#ifdef MULTIPROCESSOR

CASE(ipl_remote_is_recorded, .api = XCVM_API_KERNEL, .min_vcpus = 2,
    .doc = "A CPU at splhigh() takes another's IPI when its level drops.")
{
	struct hold hold;
	struct cpu_info *ci = cpu_lookup(1);

	test_interrupt_establish(take_at_high, NULL);
	hold_cpu(&hold, ci, IPL_HIGH);
	test_interrupt(ci);
	SPIN_UNTIL((ci->ci_ipending & 1U << LIR_TEST) || taken != 0);
	/* Time for what must not happen. */
	delay(1000);
	CHECK_EQ(taken, 0);
	hold_release(&hold);
	CHECK_EQ(taken, 1);
}

#endif
