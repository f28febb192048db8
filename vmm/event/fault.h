/* SPDX-License-Identifier: ISC */
/*
 * What is told of a fault plan: its entries, each fault that is injected, and
 * how many there were.
 */
#ifndef VMM_EVENT_FAULT_H
#define VMM_EVENT_FAULT_H

#include <stdio.h>

#include "base/json.h"
#include "event/sink.h"
#include "fault/fault.h"
#include "fault/plan.h"

/* ---- fault: a fault was injected; `name`: its vector's, or NULL ---- */
void event_fault(
    struct event_sink *sink, const struct fault_hit *hit, const char *name);

/* The member "faults": the plan's entries, as texts. */
void event_plan_json(struct json *j, const struct fault_plan *plan);

/*
 * How often each entry of the plan was eligible and injected, as the member
 * "faults" and as lines; `counts` has one for each entry, or is NULL: not
 * known.
 */
void event_counts_json(struct json *j, const struct fault_plan *plan,
    const struct fault_count *counts);
void text_counts(
    FILE *out, const struct fault_plan *plan, const struct fault_count *counts);

#endif /* VMM_EVENT_FAULT_H */
