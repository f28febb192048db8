/* SPDX-License-Identifier: ISC */
/*
 * An agenda, and items that note that they ran: what the tests of agenda.h
 * share.
 */
#ifndef DIARY_H
#define DIARY_H

#include <pthread.h>

#include "unit.h"
#include "vm/agenda.h"

#define HOUR (3600ULL * 1000000000)

/* An item that notes that it ran. */
struct entry {
	struct agenda_item item; /* first: it is found by that */
	char name;
	unsigned again; /* how often it sets itself again */
	uint64_t ran_at;
};

#define ENTRY(var, name) struct entry var = {{.run = diary_note}, name, 0, 0}

extern struct agenda *agenda;
extern char ran[64]; /* names, in order; no more than fit */
extern size_t nran;

void diary_begin(void);
/* Close the agenda: those ran, and no others. */
void diary_end(const char *expected, int line);

#define DIARY_END(expected) diary_end((expected), __LINE__)

void diary_note(struct agenda_item *item);
/* Make it true in the agenda's thread; wait until it is. */
void diary_tell(bool *condition);
void diary_wait(const bool *condition);
void diary_wait_ran(size_t n);

/*
 * From the first to the second call an item runs that waits: what is set
 * meanwhile is all set before any of it runs.
 */
void diary_stop(void);
void diary_go_on(void);

/* Wait until the agenda's thread sleeps, as the system tells. */
void diary_wait_asleep(void);

#endif /* DIARY_H */
