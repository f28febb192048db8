/* SPDX-License-Identifier: ISC */
/*
 * What a run tells of its fault plan: each fault, and how many there were.
 */
#include <string.h>

#include "event/event_private.h"

/* What else there is to know of a fault of that kind. */
static void
detail_json(struct json *j, const struct fault_hit *hit)
{
	const struct fault_spec *spec = hit->spec;

	json_object(j, "detail");
	switch (spec->kind) {
	case FAULT_DUP:
	case FAULT_DELAY:
	case FAULT_REORDER:
		json_u64(j, "delay_us", spec->delay_us);
		break;
	case FAULT_MISROUTE:
		json_u64(j, "to", hit->to);
		break;
	case FAULT_STALL:
		json_u64(j, "stall_us", spec->stall_us);
		break;
	case FAULT_SLOW:
		json_u64(j, "duty", spec->duty);
		json_u64(j, "every_us", spec->every_us);
		break;
	case FAULT_PREEMPT:
		json_string(j, "function", spec->function);
		json_u64(j, "for_us", spec->for_us);
		break;
	case FAULT_LOST:
	case FAULT_NMI:
	case FAULT_SPURIOUS:
		break;
	}
	json_object_end(j);
}

void
event_fault(
    struct event_sink *sink, const struct fault_hit *hit, const char *name)
{
	struct json *j = &sink->json;

	event_lock(sink);
	if (event_line(sink, "fault")) {
		json_u64(j, "entry", hit->entry);
		json_string(j, "kind", fault_kind_name(hit->spec->kind));
		json_u64(j, "nth", hit->nth);
		if (hit->src == FAULT_CPU_NONE)
			json_null(j, "src");
		else
			json_u64(j, "src", hit->src);
		json_u64(j, "dst", hit->dst);
		if (hit->vector == FAULT_VECTOR_NONE ||
		    hit->vector == FAULT_VECTOR_NMI)
			json_null(j, "vector");
		else
			json_u64(j, "vector", hit->vector);
		json_string(j, "vector_name", name);
		detail_json(j, hit);
		event_line_end(sink);
	}
	if (sink->report != NULL)
		report_fault(sink->report, hit, name);
	event_unlock(sink);
}

void
event_plan_json(struct json *j, const struct fault_plan *plan)
{
	char text[FAULT_SPEC_MAX];

	json_array(j, "faults");
	for (size_t i = 0; i < plan->count; i++) {
		fault_spec_format(&plan->specs[i], text);
		json_string(j, NULL, text);
	}
	json_array_end(j);
}

void
event_injected_json(struct json *j, const struct event_end *end)
{
	char text[FAULT_SPEC_MAX];

	json_array(j, "faults");
	for (size_t i = 0; end->faults != NULL && i < end->faults->count; i++) {
		const struct fault_spec *spec = &end->faults->specs[i];
		struct fault_count count = {0, 0};

		if (end->injected != NULL)
			count = end->injected[i];
		fault_spec_format(spec, text);
		json_object(j, NULL);
		json_string(j, "spec", text);
		json_string(j, "kind", fault_kind_name(spec->kind));
		json_u64(j, "eligible", count.eligible);
		json_u64(j, "injected", count.injected);
		json_object_end(j);
	}
	json_array_end(j);
}
