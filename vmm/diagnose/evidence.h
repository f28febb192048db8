/* SPDX-License-Identifier: ISC */
/*
 * What a snapshot proves about a wait and the CPUs it waits for.
 */
#ifndef VMM_DIAGNOSE_EVIDENCE_H
#define VMM_DIAGNOSE_EVIDENCE_H

#include "diagnose/diagnosis.h"
#include "diagnose/subject.h"
#include "look/snapshot.h"

/*
 * Gather the evidence about `target`, one of the CPUs that the wait waits for;
 * INSPECT_NONE if none is known.
 */
void evidence_gather(
    const struct subject *subject, uint32_t target, struct evidence *evidence);

/*
 * Gather the evidence about the reschedule IPI for a thread that is to run
 * again, and does not.
 */
void evidence_resched(const struct snapshot *snapshot, uint32_t thread,
    struct evidence *evidence);

/* --- evidence_trace.c: what the trace rings prove --- */

/*
 * Which CPU was the last to call `function` on `target` (INSPECT_NONE: on
 * any)?  Fills cpu and start; INSPECT_NONE and 0 if the rings do not have the
 * call.
 */
void trace_find_caller(const struct snapshot *snapshot, uint32_t primitive,
    uint64_t function, uint32_t target, struct inspect_wait *orphan);

/* The last CPU that the call was sent to, says the trace; or INSPECT_NONE. */
uint32_t trace_last_target(const struct subject *subject);

/* Has the call's CPU sent no interrupt of that kind, for certain? */
bool trace_says_nothing(const struct subject *subject);

/* Fill sent, taken, begun and returned. */
void trace_answers(
    const struct subject *subject, uint32_t target, struct evidence *evidence);

/*
 * The CPU that sent the interrupt that `target` has not taken; or INSPECT_NONE.
 */
uint32_t trace_sender(const struct subject *subject, uint32_t target);

#endif /* VMM_DIAGNOSE_EVIDENCE_H */
