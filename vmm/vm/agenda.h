/* SPDX-License-Identifier: ISC */
/*
 * What is to be done later: one thread that calls functions at points of
 * host time.
 */
#ifndef VMM_VM_AGENDA_H
#define VMM_VM_AGENDA_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"

struct agenda;

/*
 * One thing to be done, embedded in what it is about.  Set `run`; leave the
 * rest, zeroed at first, to the agenda.  `run` is called in the agenda's
 * thread, with no lock held and the item off the agenda: it may set it again,
 * or free it.  It must not wait for long: all others wait for it.
 */
struct agenda_item {
	void (*run)(struct agenda_item *item);
	uint64_t at_ns;
	bool listed; /* it is on the agenda */
	TAILQ_ENTRY(agenda_item) link;
};

/* NULL with `why` filled: there is no thread or no memory. */
struct agenda *agenda_open(struct failure *why);

/* When it returns nothing runs, and what was on it is not done.  NULL is
 * none. */
void agenda_close(struct agenda *agenda);

/*
 * Run the item at that time of clock_ns(), or as soon as can be if that has
 * passed; one that is on the agenda is moved.  Any thread, under any
 * lock.
 */
void agenda_set(
    struct agenda *agenda, struct agenda_item *item, uint64_t at_ns);

/*
 * Take it off, if it is on.  One that has begun to run is not waited for;
 * what it is about must last until agenda_close().
 */
void agenda_cancel(struct agenda *agenda, struct agenda_item *item);

#endif /* VMM_VM_AGENDA_H */
