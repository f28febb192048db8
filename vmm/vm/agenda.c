/* SPDX-License-Identifier: ISC */
/*
 * What is to be done later: a list of items in order of time, and a thread
 * that sleeps until the first of them.
 */
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/lock.h"
#include "vm/agenda.h"

struct agenda {
	struct lock lock;
	pthread_cond_t changed;
	pthread_t thread;
	TAILQ_HEAD(agenda_list, agenda_item) items; /* in order of time */
	uint64_t sleeps_until; /* 0: the thread is not asleep */
	bool closing;
};

static void
take_off(struct agenda *a, struct agenda_item *item)
{
	if (item->listed)
		TAILQ_REMOVE(&a->items, item, link);
	item->listed = false;
}

/* A new item is mostly due late: look for its place from the end. */
static void
put_on(struct agenda *a, struct agenda_item *item, uint64_t at_ns)
{
	struct agenda_item *before = TAILQ_LAST(&a->items, agenda_list);

	while (before != NULL && before->at_ns > at_ns)
		before = TAILQ_PREV(before, agenda_list, link);
	if (before == NULL)
		TAILQ_INSERT_HEAD(&a->items, item, link);
	else
		TAILQ_INSERT_AFTER(&a->items, before, item, link);
	item->at_ns = at_ns;
	item->listed = true;
}

static void
sleep_until(struct agenda *a, uint64_t at_ns)
{
	struct timespec t = {
	    .tv_sec = (time_t)(at_ns / NS_PER_S),
	    .tv_nsec = (long)(at_ns % NS_PER_S),
	};

	lock_held(&a->lock);
	a->sleeps_until = at_ns;
	if (at_ns == UINT64_MAX)
		lock_wait(&a->lock, &a->changed);
	else
		lock_wait_until(&a->lock, &a->changed, &t);
	a->sleeps_until = 0;
}

static void *
agenda_thread(void *arg)
{
	struct agenda *a = arg;

	pthread_setname_np(pthread_self(), "agenda");
	lock_take(&a->lock);
	while (!a->closing) {
		struct agenda_item *first = TAILQ_FIRST(&a->items);

		if (first == NULL || first->at_ns > clock_ns()) {
			sleep_until(
			    a, first == NULL ? UINT64_MAX : first->at_ns);
			continue;
		}
		take_off(a, first);
		lock_drop(&a->lock);
		first->run(first);
		lock_take(&a->lock);
	}
	lock_drop(&a->lock);
	return (NULL);
}

static int
start_thread(struct agenda *a)
{
	sigset_t all, old;
	int error;

	/* Signals are left to the thread that waits for them. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	error = pthread_create(&a->thread, NULL, agenda_thread, a);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return (error);
}

struct agenda *
agenda_open(struct failure *why)
{
	struct agenda *a = calloc(1, sizeof(*a));
	pthread_condattr_t attr;
	int error;

	if (a == NULL) {
		fail(why, VERDICT_CRASH, "out of memory");
		return (NULL);
	}
	TAILQ_INIT(&a->items);
	lock_init(&a->lock);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&a->changed, &attr);
	pthread_condattr_destroy(&attr);
	error = start_thread(a);
	if (error == 0)
		return (a);
	fail(why, VERDICT_USAGE,
	    "no thread for the timers: %s: raise the limit (ulimit -u)",
	    strerror(error));
	pthread_cond_destroy(&a->changed);
	lock_destroy(&a->lock);
	free(a);
	return (NULL);
}

void
agenda_close(struct agenda *a)
{
	if (a == NULL)
		return;
	lock_take(&a->lock);
	a->closing = true;
	pthread_cond_signal(&a->changed);
	lock_drop(&a->lock);
	pthread_join(a->thread, NULL);
	pthread_cond_destroy(&a->changed);
	lock_destroy(&a->lock);
	free(a);
}

void
agenda_set(struct agenda *a, struct agenda_item *item, uint64_t at_ns)
{
	XCVM_ASSERT(item->run != NULL);
	lock_take(&a->lock);
	take_off(a, item);
	put_on(a, item, at_ns);
	/* The thread needs waking only if it would oversleep. */
	if (at_ns < a->sleeps_until)
		pthread_cond_signal(&a->changed);
	lock_drop(&a->lock);
}

void
agenda_cancel(struct agenda *a, struct agenda_item *item)
{
	lock_take(&a->lock);
	take_off(a, item);
	lock_drop(&a->lock);
}
