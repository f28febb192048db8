/* SPDX-License-Identifier: ISC */
/* Sleepers at each place of a queue: who is woken, who times out, who goes on. */
#include <sys/condvar.h>
#include <sys/mutex.h>
#include "ground.h"

#define SLEEPERS 5
#define FIVE_MS	 5000000ULL

/* Addresses so near each other that whoever hashes them makes one of them. */
static const volatile char idents[16] __aligned(16);

static struct order order; /* of those that went on */
static kmutex_t mutex;
static kcondvar_t cv;

/* How a thread sleeps, and what its call must return. */
struct sleeper {
	char s_letter;
	u_int s_ident;
	bool s_timed;
	volatile bool s_ended;
	struct lwp *s_thread;
};

static void
sleep_tsleep(struct sleeper *s)
{
	CHECK_EQ(tsleep_nsec(&idents[s->s_ident], PWAIT, "case",
		     s->s_timed ? FIVE_MS : INFSLP),
	    s->s_timed ? EWOULDBLOCK : 0);
}

static void
sleep_cv(struct sleeper *s)
{
	mutex_enter(&mutex);
	/* At 0 ticks it is for ever. */
	CHECK_EQ(cv_timedwait(&cv, &mutex, s->s_timed),
	    s->s_timed ? EWOULDBLOCK : 0);
	mutex_exit(&mutex);
}

static void (*sleeps)(struct sleeper *);

static void
sleeping_thread(void *arg)
{
	struct sleeper *s = arg;

	sleeps(s);
	order_add(&order, s->s_letter);
	s->s_ended = true;
}

/*
 * Threads that sleep in turn, all on this CPU and of one priority, so that
 * they go on in the order in which they are woken: a, b, c...
 */
static void
sleepers_start(struct sleeper *s, u_int n, void (*how)(struct sleeper *))
{
	order_clear(&order);
	sleeps = how;
	for (u_int i = 0; i < n; i++) {
		s[i].s_letter = (char)('a' + i);
		s[i].s_thread = thread_start(curcpu(), sleeping_thread, &s[i]);
		/* On a slow host its time may be over by now. */
		YIELD_UNTIL(s[i].s_thread->l_wchan ==
				(how == sleep_cv ? (const volatile void *)&cv
						 : &idents[s[i].s_ident]) ||
			    s[i].s_ended);
	}
}

static void
sleepers_join(struct sleeper *s, u_int n)
{
	for (u_int i = 0; i < n; i++)
		thread_join(s[i].s_thread);
}

/* Let those go on that have been woken. */
static void
let_go_on(void)
{
	for (u_int i = 0; i < 3; i++)
		yield();
}

CASE(sleep_wakeup_places, .api = XCVM_API_KERNEL,
    .doc = "Of threads asleep on several addresses that share a queue, those "
	   "of the address are woken, who slept first the first, wherever "
	   "they stand.")
{
	static const struct {
		u_int ident;
		int n;
		const char *then;
	} wakes[] = {
	    {2, 1, "c"},
	    {1, 1, "cb"},
	    {3, 1, "cb"},
	    {1, 2, "cbde"},
	    {0, -1, "cbdea"},
	};
	static struct sleeper s[SLEEPERS] = {{.s_ident = 0}, {.s_ident = 1},
	    {.s_ident = 2}, {.s_ident = 1}, {.s_ident = 1}};

	sleepers_start(s, nitems(s), sleep_tsleep);
	for (u_int i = 0; i < nitems(wakes); i++) {
		wakeup_n(&idents[wakes[i].ident], wakes[i].n);
		let_go_on();
		CHECK_ORDER(&order, wakes[i].then);
	}
	sleepers_join(s, nitems(s));
}

CASE(sleep_timeout_places, .api = XCVM_API_KERNEL,
    .doc = "Who times out is gone from the queue, at any place; the others "
	   "sleep on, and are woken in their order.")
{
	for (u_int timed = 0; timed < SLEEPERS; timed++) {
		static const char *const orders[SLEEPERS] = {
		    "abcde", "bacde", "cabde", "dabce", "eabcd"};
		struct sleeper s[SLEEPERS] = {{0}};
		char first[2] = {(char)('a' + timed), '\0'};

		s[timed].s_timed = true;
		sleepers_start(s, nitems(s), sleep_tsleep);
		thread_join(s[timed].s_thread);
		CHECK_ORDER(&order, first);
		for (u_int i = 1; i < SLEEPERS; i++) {
			wakeup_one(&idents[0]);
			let_go_on();
		}
		CHECK_ORDER(&order, orders[timed]);
		for (u_int i = 0; i < SLEEPERS; i++)
			if (i != timed)
				thread_join(s[i].s_thread);
	}
}

static void
cv_places(int ipl)
{
	struct sleeper s[SLEEPERS] = {{.s_timed = false}, {.s_timed = true}};
	static const char *const orders[] = {"b", "ba", "bac", "bacde"};

	cv_init(&cv, "case");
	mutex_init(&mutex, MUTEX_DEFAULT, ipl);
	sleepers_start(s, nitems(s), sleep_cv);
	thread_join(s[1].s_thread);
	for (u_int i = 0; i < nitems(orders); i++) {
		CHECK_ORDER(&order, orders[i]);
		mutex_enter(&mutex);
		CHECK_EQ(cv_has_waiters(&cv), i + 1 < nitems(orders));
		if (i < 2)
			cv_signal(&cv);
		else
			cv_broadcast(&cv);
		mutex_exit(&mutex);
		let_go_on();
	}
	for (u_int i = 0; i < nitems(s); i++)
		if (i != 1)
			thread_join(s[i].s_thread);
	cv_destroy(&cv);
}

CASE(cv_places, .api = XCVM_API_KERNEL,
    .doc = "cv_signal() wakes who has waited longest; who timed out before is "
	   "counted out, alone.")
{
	cv_places(IPL_NONE);
	cv_places(IPL_VM);
}

/* --- one thread, again and again --- */

static const struct {
	bool timed; /* it is not woken, but times out */
	bool cv;    /* by cv_timedwait(), not tsleep_nsec() */
} steps[] = {{true, false}, {false, false}, {true, true}, {false, true},
    {true, true}, {false, false}, {true, false}, {false, true}, {false, false}};

static volatile u_int step;

static void
stepping_thread(void *arg __unused)
{
	for (u_int i = 0; i < nitems(steps); i++) {
		struct sleeper s = {.s_timed = steps[i].timed};

		step = i;
		if (steps[i].cv)
			sleep_cv(&s);
		else
			sleep_tsleep(&s);
	}
}

CASE(sleep_after_a_timeout, .api = XCVM_API_KERNEL,
    .doc = "A sleep without a time returns 0, whatever the thread's last "
	   "sleep returned.")
{
	struct lwp *l;

	cv_init(&cv, "case");
	mutex_init(&mutex, MUTEX_DEFAULT, IPL_NONE);
	l = thread_start(curcpu(), stepping_thread, NULL);
	for (u_int i = 0; i < nitems(steps); i++) {
		if (steps[i].timed)
			continue;
		YIELD_UNTIL(
		    step == i &&
		    l->l_wchan == (steps[i].cv ? (const volatile void *)&cv
					       : &idents[0]));
		if (steps[i].cv)
			cv_signal(&cv);
		else
			wakeup(&idents[0]);
	}
	thread_join(l);
}
