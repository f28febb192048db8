/* SPDX-License-Identifier: ISC */
/*
 * What a snapshot proves about a wait and the CPUs it waits for.
 */
#ifndef VMM_EVIDENCE_H
#define VMM_EVIDENCE_H

#include "diagnosis.h"
#include "snapshot.h"

/* What a wait waits for. */
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

/* Of one of them; INSPECT_NONE if there is none. */
void evidence_gather(
    const struct subject *subject, uint32_t target, struct evidence *evidence);

/* Of a thread that is to run again, and does not: of its reschedule IPI. */
void evidence_resched(const struct snapshot *snapshot, uint32_t thread,
    struct evidence *evidence);

/* What of the call is queued for the CPU, or runs there; or NULL. */
const struct inspect_call *subject_call(
    const struct subject *subject, uint32_t target);

/* The thread that is to do the work there, or INSPECT_NONE. */
uint32_t subject_worker(const struct subject *subject, uint32_t target);

/* The same, where the work is a thread's and has not begun; or NONE. */
uint32_t subject_thread(const struct subject *subject, uint32_t target);

/* The thread that is at something else for that queue, or INSPECT_NONE. */
uint32_t subject_busy(const struct subject *subject, uint32_t target);

/* The work was put off, and has not begun: its mark is set. */
bool subject_marked(
    const struct subject *subject, uint32_t target, uint32_t *source);

/* --- evidence_trace.c: what the trace rings prove --- */

/*
 * Who called that function on that CPU (INSPECT_NONE: on any): fills cpu and
 * start; INSPECT_NONE and 0 if the rings do not have it.
 */
void trace_find_caller(const struct snapshot *snapshot, uint32_t primitive,
    uint64_t function, uint32_t target, struct inspect_wait *orphan);

/* The last CPU that it was sent to, says the trace; or INSPECT_NONE. */
uint32_t trace_last_target(const struct subject *subject);

/* The call's CPU has sent no interrupt of that kind, and it would be known. */
bool trace_says_nothing(const struct subject *subject);

/* Sent for it; taken since; begun; returned. */
void trace_answers(
    const struct subject *subject, uint32_t target, struct evidence *evidence);

/* Who sent the interrupt that the target has not taken; or INSPECT_NONE. */
uint32_t trace_sender(const struct subject *subject, uint32_t target);

#endif /* VMM_EVIDENCE_H */
