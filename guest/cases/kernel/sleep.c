/* SPDX-License-Identifier: ISC */
/* tsleep and wakeup, cond_wait and cond_signal: who is woken, and who not. */
#include "ground.h"

#define SLEEPERS 4

static const volatile char idents[512]; /* addresses to sleep on */
static struct lwp *sleepers[SLEEPERS];
static volatile u_int woken;

static void
sleeper_thread(void *ident)
{
	CHECK_EQ(tsleep(ident, PWAIT, "case", 0), 0);
	CHECK_EQ(cpu_ipl(), IPL_NONE);
	atomic_inc_uint(&woken);
}

/* Threads asleep on idents[0], on all CPUs in turn. */
static void
sleepers_start(void)
{
	woken = 0;
	for (u_int i = 0; i < SLEEPERS; i++) {
		sleepers[i] = thread_start(cpu_lookup(i % ncpu), sleeper_thread,
		    (void *)(uintptr_t)&idents[0]);
		wait_asleep(sleepers[i], &idents[0]);
	}
}

static u_int
sleepers_asleep(void)
{
	u_int n = 0;

	for (u_int i = 0; i < SLEEPERS; i++)
		n += sleepers[i]->l_wchan == &idents[0];
	return (n);
}

static void
sleepers_join(void)
{
	for (u_int i = 0; i < SLEEPERS; i++)
		thread_join(sleepers[i]);
	CHECK_EQ(woken, SLEEPERS);
}

CASE(sleep_wakeup_all, .api = XCVM_API_KERNEL,
    .doc = "wakeup() wakes every thread on the address, on every CPU.")
{
	sleepers_start();
	CHECK_EQ(sleepers_asleep(), SLEEPERS);
	wakeup(&idents[0]);
	CHECK_EQ(sleepers_asleep(), 0);
	sleepers_join();
}

CASE(sleep_wakeup_some, .api = XCVM_API_KERNEL,
    .doc = "wakeup_one() wakes one thread, wakeup_n() so many, no more.")
{
	sleepers_start();
	wakeup_one(&idents[0]);
	CHECK_EQ(sleepers_asleep(), SLEEPERS - 1);
	YIELD_UNTIL(woken == 1);
	wakeup_n(&idents[0], 2);
	CHECK_EQ(sleepers_asleep(), SLEEPERS - 3);
	YIELD_UNTIL(woken == 3);
	take_interrupts_everywhere();
	CHECK_EQ(woken, 3);
	wakeup_n(&idents[0], 100);
	sleepers_join();
}

CASE(sleep_wakeup_address, .api = XCVM_API_KERNEL,
    .doc = "wakeup() of other addresses, as near as they may be, wakes nobody.")
{
	sleepers_start();
	for (u_int i = 1; i < nitems(idents); i++)
		wakeup(&idents[i]);
	for (uintptr_t i = 1; i < 256; i++)
		wakeup((void *)((uintptr_t)&idents[0] + (i << 12)));
	CHECK_EQ(sleepers_asleep(), SLEEPERS);
	take_interrupts_everywhere();
	CHECK_EQ(woken, 0);
	wakeup(&idents[0]);
	sleepers_join();
}

static void
wakeup_handler(void *ident)
{
	wakeup(ident);
}

CASE(sleep_wakeup_contexts, .api = XCVM_API_KERNEL,
    .doc = "wakeup() works from interrupts, soft interrupts and at splhigh().")
{
	void *ident = (void *)(uintptr_t)&idents[0];
	void *soft = softint_establish(
	    SOFTINT_SERIAL | SOFTINT_MPSAFE, wakeup_handler, ident);
	int s;

	test_interrupt_establish(wakeup_handler, ident);
	sleepers_start();
	test_interrupt(curcpu());
	sleepers_join();

	sleepers_start();
	softint_schedule(soft);
	sleepers_join();

	sleepers_start();
	s = splhigh();
	wakeup(ident);
	CHECK_EQ(sleepers_asleep(), 0);
	splx(s);
	sleepers_join();
}

CASE(sleep_cond_signalled_before, .api = XCVM_API_KERNEL,
    .doc = "cond_wait() returns at once when the signal came before.")
{
	struct cond c = COND_INITIALIZER();

	cond_signal(&c);
	cond_wait(&c, "case");
	/* It stays signalled until it is initialised again. */
	cond_wait(&c, "case");
	cond_init(&c);
	CHECK_EQ(c.c_wait, 1);
}

struct baton {
	struct cond b_cond;
	volatile bool b_passed;
};

static void
baton_thread(void *arg)
{
	struct baton *b = arg;

	cond_wait(&b->b_cond, "baton");
	CHECK(b->b_passed);
}

CASE(sleep_cond_spurious, .api = XCVM_API_KERNEL,
    .doc = "cond_wait() sleeps on when its address is woken without a signal.")
{
	struct baton b = {COND_INITIALIZER(), false};
	struct lwp *l = thread_start(cpu_lookup(ncpu - 1), baton_thread, &b);

	for (u_int i = 0; i < 3; i++) {
		wait_asleep(l, &b.b_cond);
		wakeup(&b.b_cond);
	}
	wait_asleep(l, &b.b_cond);
	b.b_passed = true;
	cond_signal(&b.b_cond);
	thread_join(l);
}
