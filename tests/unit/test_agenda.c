/* SPDX-License-Identifier: ISC */
/*
 * The agenda: what runs, in which order, and what never does.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "diary.h"

static void
order(void)
{
	ENTRY(a, 'a');
	ENTRY(b, 'b');
	ENTRY(c, 'c');
	ENTRY(d, 'd');
	ENTRY(e, 'e');

	diary_begin();
	diary_stop();
	agenda_set(agenda, &c.item, 30);
	agenda_set(agenda, &a.item, 10);
	agenda_set(agenda, &e.item, 40);
	/* Of two at one time, as they were set. */
	agenda_set(agenda, &d.item, 30);
	agenda_set(agenda, &b.item, 20);
	diary_go_on();
	diary_wait_ran(5);
	CHECK(!a.item.listed && !e.item.listed);
	DIARY_END("abcde");
}

static void
moves(void)
{
	ENTRY(a, 'a');
	ENTRY(b, 'b');
	ENTRY(c, 'c');

	diary_begin();
	diary_stop();
	agenda_set(agenda, &a.item, 10);
	agenda_set(agenda, &b.item, 20);
	agenda_set(agenda, &c.item, 30);
	CHECK(a.item.listed && b.item.listed);
	agenda_set(agenda, &a.item, 40);
	agenda_set(agenda, &c.item, 5);
	agenda_set(agenda, &b.item, 20);
	diary_go_on();
	diary_wait_ran(3);
	DIARY_END("cba");
}

static void
cancels(void)
{
	ENTRY(a, 'a');
	ENTRY(b, 'b');
	ENTRY(c, 'c');

	diary_begin();
	diary_stop();
	agenda_set(agenda, &a.item, 10);
	agenda_set(agenda, &b.item, 20);
	agenda_cancel(agenda, &a.item);
	CHECK(!a.item.listed);
	/* One that is not on it, and one that was before. */
	agenda_cancel(agenda, &c.item);
	agenda_cancel(agenda, &a.item);
	agenda_set(agenda, &c.item, 30);
	agenda_cancel(agenda, &c.item);
	agenda_set(agenda, &c.item, 15);
	diary_go_on();
	diary_wait_ran(2);
	DIARY_END("cb");
}

/* It sets itself again, and others have their turn between. */
static void
again(void)
{
	ENTRY(a, 'a');
	ENTRY(b, 'b');

	diary_begin();
	a.again = 3;
	diary_stop();
	agenda_set(agenda, &a.item, 10);
	agenda_set(agenda, &b.item, 20);
	diary_go_on();
	diary_wait_ran(5);
	DIARY_END("abaaa");
}

static void
free_item(struct agenda_item *item)
{
	free(item);
}

/* It frees itself as it runs. */
static void
frees(void)
{
	struct agenda_item *item = calloc(1, sizeof(*item));
	ENTRY(a, 'a');

	diary_begin();
	if (CHECK(item != NULL)) {
		item->run = free_item;
		agenda_set(agenda, item, 10);
	}
	agenda_set(agenda, &a.item, 20);
	diary_wait_ran(1);
	DIARY_END("a");
}

/* Closed in its sleep, with what is on it not done. */
static void
closes(void)
{
	ENTRY(a, 'a');
	ENTRY(b, 'b');
	ENTRY(c, 'c');

	diary_begin();
	agenda_set(agenda, &a.item, clock_ns() + HOUR);
	agenda_set(agenda, &b.item, UINT64_MAX - 1);
	agenda_set(agenda, &c.item, UINT64_MAX);
	diary_wait_asleep();
	DIARY_END("");
	/* One that has begun is waited for, and what it sets is not done. */
	diary_begin();
	a.item.listed = b.item.listed = c.item.listed = false;
	a.again = UINT_MAX;
	agenda_set(agenda, &a.item, 0);
	diary_wait_ran(1);
	agenda_close(agenda);
	CHECK(a.again > 0 && a.item.listed);
	CHECK(nran > 0 && strspn(ran, "a") == nran);
	/* None is none. */
	agenda_close(NULL);
}

UNIT_MAIN(TEST(order), TEST(moves), TEST(cancels), TEST(again), TEST(frees),
    TEST(closes))
