/* SPDX-License-Identifier: ISC */
/*
 * Where everything goes that a run tells.  There is a function for each kind
 * of event, in the header of its family; each writes one JSON object on one
 * line to --events, whole or not at all, and tells a person the same through
 * the report.
 *
 * All functions but event_open() and event_close() may be called from any
 * thread, and from several processes that share one sink by fork().
 *
 * A write that fails is remembered: nothing more is written, a regular file
 * is cut back to its last whole line, and event_failed() says so.  Whoever
 * waits for a run to end polls event_failed() or event_failure_fd(), and ends
 * the run as VERDICT_USAGE.
 */
#ifndef VMM_EVENT_SINK_H
#define VMM_EVENT_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/refusal.h"

struct event_sink;
struct report;

/*
 * `path` is --events (NULL: no JSON at all); `report` is where a person
 * reads, and may be NULL.  The file is created or truncated here.  NULL with
 * `why` filled if it cannot be written.
 */
struct event_sink *event_open(
    const char *path, struct report *report, struct refusal *why);
void event_close(struct event_sink *sink);

/* Is there a reader of JSON?  If not, statistics need not be gathered. */
bool event_wanted(const struct event_sink *sink);

/*
 * Begin run `number` (from 1), the `run` of its events, whose `t_us` count from
 * now.  Not for the run itself to call.
 */
void event_begin(struct event_sink *sink, uint32_t number);

/* For --each: begin a run that started at `start_us` of clock_us(). */
void event_resume(struct event_sink *sink, uint32_t number, uint64_t start_us);

/*
 * In a child of --each: tell events to another report from now on, and note in
 * `progress` how far the run has told of itself.
 */
#define EVENT_TOLD_RUN 1
#define EVENT_TOLD_END 2
void event_child(
    struct event_sink *sink, struct report *report, _Atomic int *progress);

/* The value that `t_us` has now. */
uint64_t event_run_us(const struct event_sink *sink);

/*
 * What went wrong with a write, "--events FILE: No space left on device: ...",
 * or NULL.
 */
const char *event_failed(struct event_sink *sink);

/*
 * A descriptor that becomes readable (poll) when a write fails; -1 if there is
 * no JSON.
 */
int event_failure_fd(const struct event_sink *sink);

/*
 * Stop waiting for a reader that does not read: a write that blocks for more
 * than a moment fails, of the report as well.  For Ctrl-C; async-signal-safe.
 */
void event_abandon(struct event_sink *sink);

#endif /* VMM_EVENT_SINK_H */
