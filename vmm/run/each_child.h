/* SPDX-License-Identifier: ISC */
/*
 * One case of --each in its child process.
 */
#ifndef VMM_RUN_EACH_CHILD_H
#define VMM_RUN_EACH_CHILD_H

#include <sys/types.h>

#include <signal.h>

#include "event/hostinfo.h"
#include "event/report.h"
#include "event/sink.h"
#include "run/run.h"

/* How far a child has got, in memory that it shares with its parent. */
struct each_slot {
	_Atomic int progress; /* EVENT_TOLD_* */
	_Atomic bool done;    /* `result` is complete */
	struct run_result result;
};

struct each_child {
	const struct image_case *c;
	struct each_slot *slot;
	uint32_t number; /* of the run, from 1 */
	pid_t pid;	 /* 0: not running */
	bool ended;	 /* slot->result is final */
	bool counted;	 /* counted in the summary */
	int details_fd;	 /* the child's report; -1: none */
	uint64_t start_us;
};

/* What a child needs to know of the command. */
struct each_world {
	const struct options *options;
	const struct image *image;
	struct event_sink *sink;
	const struct report_config *config;
	const struct hostinfo *host;
	sigset_t mask; /* signal mask of a child */
};

/*
 * Fork the child.  If that fails, the child has ended as a crash that says why.
 * Returns in the parent only.
 */
void each_child_start(struct each_child *child, const struct each_world *world);

/*
 * Find out whether the child has ended.  If so, its result is in the slot,
 * whatever it died of, and its last event is told.  `stopped_by` is the signal
 * that made the parent stop its children, or 0.
 */
void each_child_reap(
    struct each_child *child, const struct each_world *world, int stopped_by);

/* Drop the child's report, which is no longer needed. */
void each_child_forget(struct each_child *child);

#endif /* VMM_RUN_EACH_CHILD_H */
