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
	const struct image_record *way; /* how its call travels; or NULL */
	const struct image_record *box; /* that it is in; or NULL */
	uint32_t primitive;		/* enum xcvm_trace_primitive */
	uint64_t function;		/* that is to run; 0: not known */
	uint64_t outer;			/* that is called: see u.wrapper */
	uint64_t argument;		/* its argument; 0: not known */
};

void subject_of(const struct snapshot *snapshot,
    const struct inspect_wait *wait, struct subject *subject);

/*
 * The CPUs that have not done their part; `cpus` has room for all.  0: the
 * call is nowhere.
 */
size_t subject_targets(const struct subject *subject, uint32_t *cpus);

/* What of the call is queued for the CPU, or runs there; or NULL. */
const struct inspect_call *subject_call(
    const struct subject *subject, uint32_t target);

/* The work is a thread's, not a soft interrupt's. */
bool subject_by_thread(const struct subject *subject);

/* The thread that its way has a pointer to, or INSPECT_NONE. */
uint32_t subject_way_thread(const struct subject *subject, uint32_t target);

/* The mark that its way leaves at the CPU is not 0. */
bool subject_mark_is_set(const struct subject *subject, uint32_t target);

/* The thread that is to do the work there, or INSPECT_NONE. */
uint32_t subject_worker(const struct subject *subject, uint32_t target);

/* The same, where the work is a thread's and has not begun; or NONE. */
uint32_t subject_thread(const struct subject *subject, uint32_t target);

/* The thread that is at something else for that queue, or INSPECT_NONE. */
uint32_t subject_busy(const struct subject *subject, uint32_t target);

/* The work was put off, and has not begun: its mark is set. */
bool subject_marked(
    const struct subject *subject, uint32_t target, uint32_t *source);

#endif /* VMM_DIAGNOSE_SUBJECT_H */
