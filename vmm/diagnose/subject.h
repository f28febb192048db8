/* SPDX-License-Identifier: ISC */
/*
 * What a wait waits for, as a snapshot has it: the call, and who is to do it.
 */
#ifndef VMM_DIAGNOSE_SUBJECT_H
#define VMM_DIAGNOSE_SUBJECT_H

#include "look/snapshot.h"

struct subject {
	const struct snapshot *snapshot;
	const struct inspect_wait *wait;
	const struct image_record *way; /* how the call travels; or NULL */
	const struct image_record *box; /* that the call is in; or NULL */
	uint32_t primitive;		/* enum xcvm_trace_primitive */
	uint64_t function;		/* that is to run; 0: not known */
	uint64_t outer;			/* that is called; see u.wrapper */
	uint64_t argument;		/* of `outer`; 0: not known */
};

void subject_of(const struct snapshot *snapshot,
    const struct inspect_wait *wait, struct subject *subject);

/*
 * The CPUs that have not done their part; `cpus` has room for all.  Returns how
 * many: 0 if the call is nowhere.
 */
size_t subject_targets(const struct subject *subject, uint32_t *cpus);

/* The call as it is queued for the CPU, or runs there; NULL if neither. */
const struct inspect_call *subject_call(
    const struct subject *subject, uint32_t target);

/* Is the work a thread's, rather than a soft interrupt's? */
bool subject_by_thread(const struct subject *subject);

/*
 * The thread that the call's way has a pointer to at the CPU, or INSPECT_NONE.
 */
uint32_t subject_way_thread(const struct subject *subject, uint32_t target);

/* Is the mark of the call's way at the CPU not 0? */
bool subject_mark_is_set(const struct subject *subject, uint32_t target);

/* The thread that is to do the work on the CPU, or INSPECT_NONE. */
uint32_t subject_worker(const struct subject *subject, uint32_t target);

/*
 * The thread that is to do the work on the CPU, if the work is a thread's and
 * its mark is set; or INSPECT_NONE.
 */
uint32_t subject_thread(const struct subject *subject, uint32_t target);

/*
 * The thread on the CPU that serves the call's queue and is at something else,
 * or INSPECT_NONE.
 */
uint32_t subject_busy(const struct subject *subject, uint32_t target);

/*
 * Was the work put off, and has it not begun?  `*source` is the source that it
 * waits for, or XCVM_NO_SOURCE.
 */
bool subject_marked(
    const struct subject *subject, uint32_t target, uint32_t *source);

#endif /* VMM_DIAGNOSE_SUBJECT_H */
