/* SPDX-License-Identifier: ISC */
/*
 * What event.c (the sink) and event_*.c (the kinds of event) share.
 */
#ifndef VMM_EVENT_EVENT_PRIVATE_H
#define VMM_EVENT_EVENT_PRIVATE_H

#include <pthread.h>

#include "base/json.h"
#include "base/writer.h"
#include "event/event.h"

/* In memory shared by --each's children. */
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
 * event_line_end() writes it.
 */
void event_lock(struct event_sink *sink);
void event_unlock(struct event_sink *sink);
bool event_line(struct event_sink *sink, const char *kind);
void event_line_end(struct event_sink *sink);

/* An address; a backtrace, as the member "backtrace". */
void event_symbol_json(
    struct json *j, const char *key, const struct symbol *symbol);
void event_backtrace_json(
    struct json *j, const struct symbol *frames, size_t nframes);

/* Of a vCPU: its APIC, and what its kernel keeps. */
void event_snapshot_json(
    struct json *j, const struct snapshot *snapshot, uint32_t cpu);

/* The plan of a run, as its entries' texts; its entries' counts. */
void event_plan_json(struct json *j, const struct fault_plan *plan);
void event_injected_json(struct json *j, const struct event_end *end);

/* Note how far the run has told of itself. */
void event_progress(struct event_sink *sink, int told);

#endif /* VMM_EVENT_EVENT_PRIVATE_H */
