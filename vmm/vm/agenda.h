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
 * An item of the agenda, embedded in the structure that it is about.  Set
 * `run`; leave the other members, zeroed at first, to the agenda.  `run` is
 * called in the agenda's thread, with no lock held and the item off the agenda:
 * it may set the item again, or free it.  It must not take long: all other
 * items wait for it.
 */
struct agenda_item {
	void (*run)(struct agenda_item *item);
	uint64_t at_ns;
	bool listed; /* on the agenda */
	TAILQ_ENTRY(agenda_item) link;
};

/*
 * Start an agenda with its thread.  NULL with `why` filled if there is no
 * thread or no memory.
 */
struct agenda *agenda_open(struct failure *why);

/*
 * End the thread and free the agenda, which may be NULL.  When agenda_close()
 * has returned, no item runs, and none that was listed will.
 */
void agenda_close(struct agenda *agenda);

/*
 * Run the item at `at_ns` of clock_ns(), or as soon as possible if that time
 * has passed; an item that is listed already is moved.  Any thread, under any
 * lock.
 */
void agenda_set(
    struct agenda *agenda, struct agenda_item *item, uint64_t at_ns);

/*
 * Take the item off the agenda, if it is listed.  An item that has begun to run
 * is not waited for; the structure that it is in must last until
 * agenda_close().
 */
void agenda_cancel(struct agenda *agenda, struct agenda_item *item);

#endif /* VMM_VM_AGENDA_H */
