/* SPDX-License-Identifier: ISC */
/* Mutexes and sleeping: two operations at once. */
#include <sys/condvar.h>
#include <sys/mutex.h>
#include <sys/xcall.h>
#include "ground.h"
#include "pair.h"

#ifdef MULTIPROCESSOR

/* --- mutexes --- */

static kmutex_t adaptive, spin;
static u_int under_adaptive, under_spin; /* plain: the mutex makes it atomic */
static struct mark did_adaptive, did_spin;

/* With the mutex, which is left. */
static void
count(kmutex_t *mtx, u_int *under, struct mark *did, u_int spins, struct rng *r)
{
	u_int was = *(volatile u_int *)under;

	spin_randomly(r, spins);
	CHECK(mutex_owned(mtx));
	*(volatile u_int *)under = was + 1;
	mark_add(did);
	mutex_exit(mtx);
}

static void
op_adaptive(struct pair_side *side)
{
	mutex_enter(&adaptive);
	count(&adaptive, &under_adaptive, &did_adaptive, 16, &side->s_rng);
}

/* The other sleeps as well, as the holder is off its CPU. */
static void
op_adaptive_asleep(struct pair_side *side)
{
	mutex_enter(&adaptive);
	(void)tsleep_nsec(side, PWAIT, "pair", rng_below(&side->s_rng, 30000));
	count(&adaptive, &under_adaptive, &did_adaptive, 16, &side->s_rng);
}

static void
op_adaptive_try(struct pair_side *side)
{
	if (mutex_tryenter(&adaptive))
		count(
		    &adaptive, &under_adaptive, &did_adaptive, 4, &side->s_rng);
}

static void
op_spin(struct pair_side *side)
{
	mutex_enter(&spin);
	count(&spin, &under_spin, &did_spin, 16, &side->s_rng);
}

static void
op_spin_try(struct pair_side *side)
{
	if (mutex_tryenter(&spin))
		count(&spin, &under_spin, &did_spin, 4, &side->s_rng);
}

static void
op_spin_under_adaptive(struct pair_side *side)
{
	mutex_enter(&adaptive);
	op_spin(side);
	count(&adaptive, &under_adaptive, &did_adaptive, 4, &side->s_rng);
}

static bool
all_are_counted(void)
{
	bool good = CHECK_EQ(under_adaptive, mark_read(&did_adaptive));

	good &= CHECK_EQ(under_spin, mark_read(&did_spin));
	return (good & CHECK(!mutex_owned(&adaptive) && !mutex_owned(&spin)));
}

CASE(mutex_pairs, .api = XCVM_API_KERNEL, PAIR,
    .doc = "Two of each pair of operations at once, on two CPUs: a mutex has "
	   "one holder, and who waits for it gets it.")
{
	static const struct pair_op ops[] = {
	    {"an adaptive mutex", op_adaptive},
	    {"an adaptive mutex, its holder asleep", op_adaptive_asleep},
	    {"a try of an adaptive mutex", op_adaptive_try},
	    {"a spin mutex", op_spin},
	    {"a try of a spin mutex", op_spin_try},
	    {"a spin mutex under an adaptive one", op_spin_under_adaptive},
	};

	mutex_init(&adaptive, MUTEX_DEFAULT, IPL_NONE);
	mutex_init(&spin, MUTEX_SPIN, IPL_SOFTSERIAL);
	pairs_run(ops, nitems(ops), all_are_counted);
	mutex_destroy(&adaptive);
	mutex_destroy(&spin);
}

/* --- sleeping, and being woken by the other CPU --- */

/* What a side waits for, and what the other CPU does about it. */
static struct waiter {
	struct xcall w_xc[PAIR_BURST];
	struct cond w_cond;
	kmutex_t w_lock; /* spin */
	kcondvar_t w_cv;
	volatile bool w_done;
	u_int w_asked;
	struct mark w_woken;
} waiters[PAIR_SIDES];

static void
wake_cond(void *arg)
{
	struct waiter *w = arg;

	mark_add(&w->w_woken);
	cond_signal(&w->w_cond);
}

static void
wake_cv(void *arg)
{
	struct waiter *w = arg;

	mutex_enter(&w->w_lock);
	w->w_done = true;
	cv_signal(&w->w_cv);
	mutex_exit(&w->w_lock);
	mark_add(&w->w_woken);
}

static void
wake_ident(void *arg)
{
	struct waiter *w = arg;

	w->w_done = true;
	wakeup(&w->w_done);
	mark_add(&w->w_woken);
}

static struct waiter *
ask(struct pair_side *side, void (*wake)(void *))
{
	struct waiter *w = &waiters[side->s_number];
	struct xcall *xc = &w->w_xc[side->s_time];

	w->w_done = false;
	w->w_asked++;
	cpu_xcall_set(xc, wake, w);
	cpu_xcall(side->s_other, xc);
	return (w);
}

static void
op_cond(struct pair_side *side)
{
	struct waiter *w = &waiters[side->s_number];

	cond_init(&w->w_cond);
	ask(side, wake_cond);
	cond_wait(&w->w_cond, "pair");
}

static void
op_cv(struct pair_side *side)
{
	struct waiter *w = ask(side, wake_cv);

	mutex_enter(&w->w_lock);
	while (!w->w_done)
		cv_wait(&w->w_cv, &w->w_lock);
	mutex_exit(&w->w_lock);
	/* It is done with the lock and the condition. */
	mark_wait(&w->w_woken, w->w_asked);
}

/* Woken, or too early and so timed out. */
static void
op_ident(struct pair_side *side)
{
	struct waiter *w = ask(side, wake_ident);

	while (!w->w_done)
		(void)tsleep_nsec(
		    &w->w_done, PWAIT, "pair", rng_below(&side->s_rng, 50000));
	mark_wait(&w->w_woken, w->w_asked);
}

/* Its time is over; nobody wakes it, though others are woken. */
static void
op_timeout(struct pair_side *side)
{
	CHECK_EQ(
	    tsleep_nsec(side, PWAIT, "pair", rng_below(&side->s_rng, 30000)),
	    EWOULDBLOCK);
}

static void
op_wake_nobody(struct pair_side *side)
{
	wakeup(side);
}

static bool
all_were_woken(void)
{
	bool good = true;

	for (u_int i = 0; i < PAIR_SIDES; i++) {
		struct waiter *w = &waiters[i];

		mark_wait(&w->w_woken, w->w_asked);
		good &= CHECK_EQ(mark_read(&w->w_woken), w->w_asked);
		good &= CHECK(!cv_has_waiters(&w->w_cv));
	}
	return (good);
}

CASE(sleep_pairs, .api = XCVM_API_KERNEL, PAIR,
    .doc = "Two of each pair of operations at once, on two CPUs: who sleeps "
	   "is woken by the other, or by its time.")
{
	static const struct pair_op ops[] = {
	    {"a condition, signalled by the other", op_cond},
	    {"a condition variable, signalled by the other", op_cv},
	    {"an address, woken by the other or its time", op_ident},
	    {"an address, woken by its time", op_timeout},
	    {"a wakeup of nobody", op_wake_nobody},
	};

	for (u_int i = 0; i < PAIR_SIDES; i++) {
		mutex_init(&waiters[i].w_lock, MUTEX_SPIN, IPL_SOFTCLOCK);
		cv_init(&waiters[i].w_cv, "pair");
	}
	pairs_run(ops, nitems(ops), all_were_woken);
	for (u_int i = 0; i < PAIR_SIDES; i++) {
		cv_destroy(&waiters[i].w_cv);
		mutex_destroy(&waiters[i].w_lock);
	}
}

#endif /* MULTIPROCESSOR */
