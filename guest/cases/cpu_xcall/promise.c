/* SPDX-License-Identifier: ISC */
/* cpu_xcall(9): who is pinned meanwhile, and what is left alone afterwards. */
#include <sys/xcstat.h>
#include "cpu_xcall/cpu_xcall_case.h"

#ifdef MULTIPROCESSOR

/*
 * CPU 0 waits for a slot of CPU 1, which wakes a better thread for CPU 0
 * before it frees one.
 */
struct pin {
	struct cpu_info *p_caller;
	struct mark p_runs, p_better_ran;
	struct cond p_go;
	volatile bool p_released;
	bool p_too_early;
};

static void
until_woken(void *arg)
{
	struct pin *p = arg;
	uint64_t end;

	SPIN_UNTIL(p->p_caller->ci_xcstat[XCS_XCALL_SPIN] != 0);
	cond_signal(&p->p_go);
	/* Time for what must not happen. */
	end = nsecuptime() + 5000000;
	SPIN_UNTIL(mark_read(&p->p_better_ran) != 0 || nsecuptime() >= end);
	atomic_store_release(&p->p_released, true);
}

static void
better_thread(void *arg)
{
	struct pin *p = arg;

	cond_wait(&p->p_go, "case");
	p->p_too_early = !atomic_load_acquire(&p->p_released);
	mark_add(&p->p_better_ran);
}

CASE(d7_caller_is_pinned, .api = XCVM_API_CPU_XCALL, .contract = "D7",
    .decision = 7, .min_vcpus = 2,
    .doc = "A caller that waits for a slot is not preempted by a better "
	   "thread before its call is queued.")
{
	struct xcall xc[XCALL_CPU_SLOTS + 1];
	struct pin p = {.p_caller = curcpu(), .p_go = COND_INITIALIZER()};
	struct lwp *better =
	    thread_start_pri(curcpu(), PRI_XCALL, better_thread, &p);
	struct hold hold;

	hold_cpu_until(&hold, cpu_lookup(1), IPL_SOFTCLOCK, until_woken, &p);
	call_n(cpu_lookup(1), xc, nitems(xc), call_count, &p.p_runs);
	thread_join(better);
	CHECK(!p.p_too_early);
	hold_join(&hold);
	mark_wait(&p.p_runs, nitems(xc));
}

/*
 * A sync call whose target is stopped just after it has told the caller, by
 * a hard interrupt that the function left pending, until the caller has
 * overwritten its stack.
 */
#define ROUNDS	 8
#define POISON	 0xdededededededede
#define POISONED 128 /* words: more than a sync call's frames take */
struct after {
	struct mark a_poisoned, a_interrupts, a_over;
	void *a_softint;
	u_int a_round;
};

static void
stop_until_poisoned(void *arg)
{
	struct after *a = arg;
	uint64_t end = nsecuptime() + 20000000;

	/* Should it come before the caller was told, it must end as well. */
	SPIN_UNTIL(
	    mark_read(&a->a_poisoned) >= a->a_round || nsecuptime() >= end);
	mark_add(&a->a_interrupts);
}

static void
call_with_aftermath(void *arg)
{
	struct after *a = arg;

	/* Behind this call in the same soft interrupt. */
	softint_schedule(a->a_softint);
	/* The next splx() runs it: that of the wakeup. */
	intr_mark(LIR_TEST);
}

static __noinline void
sync_round(struct after *a)
{
	cpu_xcall_sync(cpu_lookup(1), call_with_aftermath, a, "case");
}

/* Its frame lies where that of sync_round() and its callees was. */
static __noinline u_int
overwritten_words(struct after *a)
{
	volatile u_long words[POISONED];
	u_int changed = 0;

	for (u_int i = 0; i < POISONED; i++)
		words[i] = POISON;
	mark_add(&a->a_poisoned);
	mark_wait(&a->a_over, a->a_round);
	for (u_int i = 0; i < POISONED; i++)
		changed += words[i] != POISON;
	return (changed);
}

CASE(d10_nothing_is_touched_after_done, .api = XCVM_API_CPU_XCALL,
    .contract = "D10", .decision = 10, .min_vcpus = 2,
    .doc = "When a sync caller has been told, its stack is its own: the "
	   "target touches nothing there.")
{
	struct after a = {0};

	a.a_softint = softint_establish(SOFTINT_CLOCK, call_count, &a.a_over);
	intr_test_establish(stop_until_poisoned, &a);
	for (a.a_round = 1; a.a_round <= ROUNDS; a.a_round++) {
		sync_round(&a);
		CHECK_EQ(overwritten_words(&a), 0);
	}
	CHECK_EQ(mark_read(&a.a_interrupts), ROUNDS);
	softint_disestablish(a.a_softint);
}

#endif /* MULTIPROCESSOR */
