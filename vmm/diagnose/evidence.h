/* SPDX-License-Identifier: ISC */
/*
 * What a snapshot proves about a wait and the CPUs it waits for.
 */
#ifndef VMM_DIAGNOSE_EVIDENCE_H
#define VMM_DIAGNOSE_EVIDENCE_H

#include "diagnose/diagnosis.h"
#include "diagnose/subject.h"
#include "look/snapshot.h"

/* Of one of them; INSPECT_NONE if there is none. */
void evidence_gather(
    const struct subject *subject, uint32_t target, struct evidence *evidence);

/* Of a thread that is to run again, and does not: of its reschedule IPI. */
void evidence_resched(const struct snapshot *snapshot, uint32_t thread,
    struct evidence *evidence);

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

#endif /* VMM_DIAGNOSE_EVIDENCE_H */
