/* SPDX-License-Identifier: ISC */
/*
 * What is told of a fault plan.
 */
#include <inttypes.h>

#include "base/text.h"
#include "event/fault.h"
#include "event/line.h"

#define FAULTS_SHOWN 20

/* The member "detail": what else there is to know of the fault. */
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
		json_u64(j, "for_us", spec->for_us);
		break;
	case FAULT_LOST:
	case FAULT_NMI:
	case FAULT_SPURIOUS:
		break;
	}
	if (fault_spec_trigger(spec) == FAULT_AT_ENTRY) {
		json_string(j, "function", spec->function);
		json_u64(j, "offset", spec->offset);
		json_u64(j, "after", hit->after);
	}
	json_object_end(j);
}

static void
duration(FILE *out, const char *before, uint64_t us)
{

	fputs(before, out);
	text_duration(out, us, 0);
}

/* Say the interrupt, and between which CPUs. */
static void
interrupt(FILE *out, const struct fault_hit *hit, const char *name)
{

	if (hit->vector == FAULT_VECTOR_NMI)
		fputs("NMI", out);
	else if (name != NULL)
		fprintf(out, "%s", name);
	else
		fprintf(out, "vector %" PRIu32, hit->vector);
	if (hit->src != FAULT_CPU_NONE)
		fprintf(out, " from cpu%" PRIu32, hit->src);
	fprintf(out, " to cpu%" PRIu32, hit->dst);
}

static void
text_fault(FILE *out, const struct fault_hit *hit, const char *name)
{
	const struct fault_spec *spec = hit->spec;
	char place[FAULT_PLACE_MAX];

	fprintf(out, "[fault] %s: ", fault_kind_name(spec->kind));
	if (hit->vector == FAULT_VECTOR_NONE)
		fprintf(out, "cpu%" PRIu32, hit->dst);
	else
		interrupt(out, hit, name);
	if (fault_spec_trigger(spec) == FAULT_AT_ENTRY) {
		fault_spec_place(spec, place);
		fprintf(out, " at %s", place);
	}
	if (hit->after != 0)
		fprintf(out, ", %" PRIu64 " instruction%s on", hit->after,
		    hit->after == 1 ? "" : "s");
	switch (spec->kind) {
	case FAULT_DUP:
		if (spec->delay_us != 0)
			duration(out, ", again after ", spec->delay_us);
		break;
	case FAULT_DELAY:
		duration(out, ", by ", spec->delay_us);
		break;
	case FAULT_MISROUTE:
		fprintf(out, ", goes to cpu%" PRIu32, hit->to);
		break;
	case FAULT_NMI:
		if (hit->src != FAULT_CPU_NONE)
			fputs(", arrives as an NMI", out);
		break;
	case FAULT_STALL:
		duration(out, ", for ", spec->stall_us);
		break;
	case FAULT_SLOW:
		fprintf(out, ", runs %" PRIu32 " %% of ", spec->duty);
		duration(out, "", spec->every_us);
		break;
	case FAULT_PREEMPT:
		duration(out, ", for ", spec->for_us);
		break;
	case FAULT_LOST:
	case FAULT_REORDER:
	case FAULT_SPURIOUS:
		break;
	}
	putc('\n', out);
}

static void
report_fault(
    struct report *report, const struct fault_hit *hit, const char *name)
{
	FILE *out;

	if (report->config.quiet || ++report->faults > FAULTS_SHOWN + 1)
		return;
	out = report_say(report, REPORT_LINE);
	if (report->faults <= FAULTS_SHOWN)
		text_fault(out, hit, name);
	else
		fputs("(further faults are left out here)\n", out);
	fflush(out);
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
event_counts_json(struct json *j, const struct fault_plan *plan,
    const struct fault_count *counts)
{
	char text[FAULT_SPEC_MAX];

	json_array(j, "faults");
	for (size_t i = 0; plan != NULL && i < plan->count; i++) {
		const struct fault_spec *spec = &plan->specs[i];
		struct fault_count count = {0, 0};

		if (counts != NULL)
			count = counts[i];
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

void
text_counts(
    FILE *out, const struct fault_plan *plan, const struct fault_count *counts)
{
	char text[FAULT_SPEC_MAX];

	for (size_t i = 0; counts != NULL && i < plan->count; i++) {
		fault_spec_format(&plan->specs[i], text);
		fprintf(out,
		    "fault  %s: %" PRIu64 " of %" PRIu64 " eligible events\n",
		    text, counts[i].injected, counts[i].eligible);
	}
}
