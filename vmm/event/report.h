/* SPDX-License-Identifier: ISC */
/*
 * What a person reads on the terminal, and nothing else.
 *
 * Whoever runs a case tells its events and need not know this header: the
 * events themselves call it, one at a time (event_lock()).
 */
#ifndef VMM_EVENT_REPORT_H
#define VMM_EVENT_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/writer.h"
#include "event/console.h"

enum report_style {
	REPORT_RUN,    /* one run: header, events, verdict */
	REPORT_DETAILS /* a run of --each: what stands below its line */
};

struct report_config {
	FILE *out;	       /* stays the caller's */
	struct writer *writer; /* behind `out`; may be NULL */
	enum report_style style;
	bool colour;
	bool terminal; /* may show what runs now */
	bool quiet;    /* leave out what is not about a failure */
};

struct report {
	struct report_config config;
	struct console console; /* what the guest prints */
	uint64_t checks;	/* failed checks so far */
	uint64_t faults;	/* faults so far */
	bool said;		/* something has been said below the header */
	bool block;		/* what was said last was a block */
};

/* Open a report.  NULL when memory runs out. */
struct report *report_open(const struct report_config *config);
void report_close(struct report *report);

/* writer_abandon() of the report's writer, if it has one. */
void report_abandon(struct report *report);

/* Is it a terminal that knows colours, and is NO_COLOR not set? */
bool report_wants_colour(int fd);

/*
 * Begin to say something: what the guest has printed so far comes first.  The
 * caller writes to the stream, and calls fflush().
 */
enum report_place {
	REPORT_LINE,  /* a line among others */
	REPORT_BLOCK, /* a block: an empty line above it, unless it is first */
	REPORT_AFTER  /* a line; after a block, an empty line above it */
};
FILE *report_say(struct report *report, enum report_place place);

#endif /* VMM_EVENT_REPORT_H */
