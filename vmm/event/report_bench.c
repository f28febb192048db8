/* SPDX-License-Identifier: ISC */
/*
 * A measurement as a person reads it.
 */
#include <inttypes.h>
#include <string.h>

#include "base/histogram.h"
#include "event/event.h"
#include "event/report_text.h"

void
text_section(FILE *out, const struct event_section *section)
{
	uint64_t exits = 0;

	for (uint32_t i = 0; i < section->nvcpus; i++)
		exits += section->exits[i];
	fprintf(out, "[cpu%" PRIu32 "] ", section->cpu);
	text_safe(out, section->name, strlen(section->name));
	fprintf(out, ": %" PRIu64 " operations in ", section->operations);
	text_duration(out, section->elapsed_ns / 1000, 0);
	fprintf(out, ", %" PRIu64 " exits to xcvm\n", exits);
}

void
text_histogram(FILE *out, const struct event_histogram *h)
{
	fprintf(out, "[cpu%" PRIu32 "] ", h->cpu);
	text_safe(out, h->phase, strlen(h->phase));
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
}
