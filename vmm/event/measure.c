/* SPDX-License-Identifier: ISC */
/*
 * What a measurement tells: section, histogram.
 */
#include <inttypes.h>

#include <xcvm/abi.h>

#include "base/histogram.h"
#include "base/text.h"
#include "event/line.h"
#include "event/measure.h"

static void
report_section(struct report *report, const struct event_section *section)
{
	uint64_t exits = 0;
	FILE *out;

	if (report->config.quiet)
		return;
	out = report_say(report, REPORT_LINE);
	for (uint32_t i = 0; i < section->nvcpus; i++)
		exits += section->exits[i];
	fprintf(out, "[cpu%" PRIu32 "] ", section->cpu);
	text_string(out, section->name);
	fprintf(out, ": %" PRIu64 " operations in ", section->operations);
	text_duration(out, section->elapsed_ns / 1000, 0);
	fprintf(out, ", %" PRIu64 " exits to xcvm\n", exits);
	fflush(out);
}

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
report_histogram(struct report *report, const struct event_histogram *h)
{
	FILE *out;

	if (report->config.quiet)
		return;
	out = report_say(report, REPORT_LINE);
	fprintf(out, "[cpu%" PRIu32 "] ", h->cpu);
	text_string(out, h->phase);
	if (h->target != XCVM_NO_CPU)
		fprintf(out, " (cpu%" PRIu32 ")", h->target);
	fprintf(out, ": n %" PRIu64, h->count);
	if (h->count != 0)
		fprintf(out,
		    ", min %" PRIu64 ", p50 %" PRIu64 ", p99 %" PRIu64
		    ", max %" PRIu64 " cycles",
		    h->min,
		    histogram_quantile(
			h->counts, h->ncounts, h->count, h->max, 500),
		    histogram_quantile(
			h->counts, h->ncounts, h->count, h->max, 990),
		    h->max);
	putc('\n', out);
	fflush(out);
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
