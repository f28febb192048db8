/* SPDX-License-Identifier: ISC */
/*
 * The events of a measurement.
 */
#include "event/event_private.h"

void
event_section(struct event_sink *sink, const struct event_section *section)
{
	struct json *j = &sink->json;

	event_lock(sink);
	if (event_line(sink, "section")) {
		json_u64(j, "cpu", section->cpu);
		json_string(j, "name", section->name);
		json_u64(j, "operations", section->operations);
		json_u64(j, "elapsed_ns", section->elapsed_ns);
		json_array(j, "user_exits");
		for (uint32_t i = 0; i < section->nvcpus; i++)
			json_u64(j, NULL, section->exits[i]);
		json_array_end(j);
		stats_json(section->begin != NULL ? section->end : NULL,
		    section->begin, j);
		event_line_end(sink);
	}
	if (sink->report != NULL)
		report_section(sink->report, section);
	event_unlock(sink);
}

static void
buckets_json(struct json *j, const struct event_histogram *histogram)
{
	json_array(j, "buckets");
	for (uint32_t i = 0; i < histogram->ncounts; i++) {
		if (histogram->counts[i] == 0)
			continue;
		json_array(j, NULL);
		json_u64(j, NULL, i);
		json_u64(j, NULL, histogram->counts[i]);
		json_array_end(j);
	}
	json_array_end(j);
}

void
event_histogram(
    struct event_sink *sink, const struct event_histogram *histogram)
{
	struct json *j = &sink->json;

	event_lock(sink);
	if (event_line(sink, "histogram")) {
		json_u64(j, "cpu", histogram->cpu);
		if (histogram->target == XCVM_NO_CPU)
			json_null(j, "target");
		else
			json_u64(j, "target", histogram->target);
		json_string(j, "phase", histogram->phase);
		json_string(j, "unit", "cycles");
		json_u64(j, "digits", XCVM_HISTOGRAM_DIGITS);
		json_u64(j, "count", histogram->count);
		json_u64(j, "min", histogram->min);
		json_u64(j, "max", histogram->max);
		buckets_json(j, histogram);
		event_line_end(sink);
	}
	if (sink->report != NULL)
		report_histogram(sink->report, histogram);
	event_unlock(sink);
}
