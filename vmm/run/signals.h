/* SPDX-License-Identifier: ISC */
/*
 * The signals a run answers, and the one place where it waits.
 */
#ifndef VMM_RUN_SIGNALS_H
#define VMM_RUN_SIGNALS_H

#include <stdint.h>

#include "base/failure.h"
#include "event/sink.h"

enum wake {
	WAKE_GUEST,	/* the guest has ended its part */
	WAKE_INTERRUPT, /* SIGINT, SIGTERM or SIGHUP: signals_interrupt() */
	WAKE_DUMP,	/* SIGQUIT */
	WAKE_EVENTS,	/* events cannot be written any more */
	WAKE_TIMEOUT,
	WAKE_DEAD /* not from signals_wait(): nothing can happen any more */
};

/*
 * Take the signals over: from now on an interrupt also frees whoever waits for
 * a reader of events.  `*wake_fd` becomes an eventfd; whoever writes to it
 * wakes signals_wait() as WAKE_GUEST.  0 or -1.  One run at a time in a
 * process.
 */
int signals_take(struct event_sink *sink, int *wake_fd, struct failure *why);

/* Give the signals back as they were, and close the eventfd. */
void signals_give_back(void);

/*
 * Wait until something wakes the run, at most until `deadline_us` of
 * clock_us().
 */
enum wake signals_wait(uint64_t deadline_us);

/* The first interrupting signal so far, or 0. */
int signals_interrupt(void);

/* The name of an interrupting signal: "SIGINT". */
const char *signals_name(int sig);

#endif /* VMM_RUN_SIGNALS_H */
