/* SPDX-License-Identifier: ISC */
/*
 * One event being told: what the functions that tell a kind of event share.
 */
#ifndef VMM_EVENT_LINE_H
#define VMM_EVENT_LINE_H

#include <pthread.h>

#include "base/json.h"
#include "base/writer.h"
#include "event/report.h"
#include "event/sink.h"

/* In memory that --each and its children share. */
struct event_shared {
	pthread_mutex_t lock; /* robust: its holder may be killed */
	struct writer writer;
};

struct event_sink {
	struct event_shared *shared;
	int fd;		/* -1: no JSON */
	int failure_fd; /* -1: no JSON */
	const char *path;
	struct report *report; /* may be NULL */
	struct json json;      /* the line being made */
	uint32_t run;
	uint64_t start_us;
	_Atomic int *progress; /* NULL, or where to note EVENT_TOLD_* */
	char failure[256];
};

/*
 * event_lock() ... event_unlock() enclose one event.  event_line() begins its
 * JSON object and tells whether there is a reader of JSON at all;
 * event_line_end() writes the line.
 */
void event_lock(struct event_sink *sink);
void event_unlock(struct event_sink *sink);
bool event_line(struct event_sink *sink, const char *kind);
void event_line_end(struct event_sink *sink);

/* Note how far the run has told of itself. */
void event_progress(struct event_sink *sink, int told);

#endif /* VMM_EVENT_LINE_H */
