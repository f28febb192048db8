/* SPDX-License-Identifier: ISC */
/*
 * What is told at an end: core, end, summary.
 */
#ifndef VMM_EVENT_END_H
#define VMM_EVENT_END_H

#include <stdint.h>

#include "base/outcome.h"
#include "event/sink.h"
#include "fault/fault.h"
#include "fault/plan.h"
#include "options/options.h"
#include "vm/stats.h"

/* ---- core: --core was written, or could not be ---- */
struct event_core {
	const char *path;
	const char *image;
	const char *error; /* NULL: the core was written */
	uint64_t bytes;	   /* the size of the file */
	uint64_t stored;   /* bytes of the file that are no hole */
};
void event_core(struct event_sink *sink, const struct event_core *core);

/* ---- end: the last event of a run ---- */
struct event_end {
	const struct options *options;
	const struct image_case *test;
	enum verdict verdict;
	const char *reason;    /* "" for a pass */
	const char *diagnosis; /* a hang's verdict; NULL: no hang */
	uint64_t elapsed_us;   /* of the run */
	uint32_t insn_cycles;  /* TSC cycles a simple instruction; 0 unknown */
	uint64_t failed_checks;
	const struct fault_plan *faults;    /* NULL: not known */
	const struct fault_count *injected; /* by entry; NULL: unknown */
	const struct stats *stats;	    /* NULL: none */
	int interrupted; /* the signal that ended the run, or 0 */
};
void event_end(struct event_sink *sink, const struct event_end *end);

/*
 * ---- summary: the last of --each ----
 * `run` is 0 and `t_us` counts from the start of the command.
 */
struct event_summary {
	unsigned count[VERDICT_COUNT];
	uint64_t faults; /* injected */
	uint64_t elapsed_us;
	int code;	 /* the exit code */
	int interrupted; /* the signal that ended --each early, or 0 */
};
void event_summary(
    struct event_sink *sink, const struct event_summary *summary);

#endif /* VMM_EVENT_END_H */
