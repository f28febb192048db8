/* SPDX-License-Identifier: ISC */
/*
 * The agenda: when its thread wakes, and who else may use it meanwhile.
 */
#include <signal.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "diary.h"

static void
not_before(void)
{
	ENTRY(a, 'a');
	ENTRY(b, 'b');
	uint64_t now = clock_ns();

	diary_begin();
	/* In that order also on a host that comes too late for both. */
	diary_stop();
	agenda_set(agenda, &b.item, now + 20000000);
	agenda_set(agenda, &a.item, now + 5000000);
	diary_go_on();
	diary_wait_ran(2);
	CHECK(a.ran_at >= now + 5000000);
	CHECK(b.ran_at >= now + 20000000);
	DIARY_END("ab");
}

/* It sleeps for ever, or until what comes next: neither is waited for. */
static void
does_not_oversleep(void)
{
	ENTRY(a, 'a');
	ENTRY(b, 'b');
	ENTRY(far, 'f');

	diary_begin();
	diary_wait_asleep();
	agenda_set(agenda, &a.item, clock_ns());
	diary_wait_ran(1);
	agenda_set(agenda, &far.item, clock_ns() + HOUR);
	diary_wait_asleep();
	agenda_set(agenda, &b.item, clock_ns() + 1000000);
	diary_wait_ran(2);
	/* What is far is moved to now. */
	diary_wait_asleep();
	agenda_set(agenda, &far.item, 0);
	diary_wait_ran(3);
	DIARY_END("abf");
}

static pthread_mutex_t callers = PTHREAD_MUTEX_INITIALIZER;
static bool begun;

static void
take_callers(struct agenda_item *item)
{
	(void)item;
	diary_tell(&begun);
	pthread_mutex_lock(&callers);
	pthread_mutex_unlock(&callers);
}

/* Set under a lock that the item which runs waits for. */
static void
under_a_lock(void)
{
	struct agenda_item waiter = {.run = take_callers};
	ENTRY(a, 'a');
	ENTRY(b, 'b');

	diary_begin();
	begun = false;
	pthread_mutex_lock(&callers);
	agenda_set(agenda, &waiter, 0);
	diary_wait(&begun);
	CHECK(!waiter.listed);
	agenda_set(agenda, &a.item, 10);
	agenda_set(agenda, &b.item, 20);
	agenda_cancel(agenda, &b.item);
	pthread_mutex_unlock(&callers);
	diary_wait_ran(1);
	DIARY_END("a");
}

#define THREADS 4
#define EACH	500

static atomic_uint sum;

static void
count(struct agenda_item *item)
{
	(void)item;
	if (++sum == THREADS * EACH)
		diary_tell(&begun);
}

static void *
set_many(void *arg)
{
	struct agenda_item *items = arg;

	for (size_t i = 0; i < EACH; i++)
		agenda_set(agenda, &items[i], clock_ns() + i % 7 * 10000);
	return (NULL);
}

static void
from_many_threads(void)
{
	static struct agenda_item items[THREADS][EACH];
	pthread_t threads[THREADS];

	diary_begin();
	sum = 0;
	begun = false;
	for (size_t t = 0; t < THREADS; t++) {
		for (size_t i = 0; i < EACH; i++)
			items[t][i].run = count;
		CHECK(
		    pthread_create(&threads[t], NULL, set_many, items[t]) == 0);
	}
	for (size_t t = 0; t < THREADS; t++)
		pthread_join(threads[t], NULL);
	diary_wait(&begun);
	DIARY_END("");
	CHECK_EQ(sum, THREADS * EACH);
}

static sigset_t mask;

static void
look_at_mask(struct agenda_item *item)
{
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	diary_note(item);
}

/* Signals are for others; whose they were before is as it was. */
static void
signals(void)
{
	struct entry a = {{.run = look_at_mask}, 'a', 0, 0};
	sigset_t before, after;

	pthread_sigmask(SIG_SETMASK, NULL, &before);
	diary_begin();
	pthread_sigmask(SIG_SETMASK, NULL, &after);
	agenda_set(agenda, &a.item, 0);
	diary_wait_ran(1);
	DIARY_END("a");
	CHECK(sigismember(&mask, SIGINT) == 1);
	CHECK(sigismember(&mask, SIGTERM) == 1);
	CHECK(sigismember(&mask, SIGQUIT) == 1);
	CHECK(sigismember(&before, SIGINT) == sigismember(&after, SIGINT));
	CHECK(sigismember(&after, SIGTERM) == 0);
}

UNIT_MAIN(TEST(not_before), TEST(does_not_oversleep), TEST(under_a_lock),
    TEST(from_many_threads), TEST(signals))
