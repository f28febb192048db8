/* SPDX-License-Identifier: ISC */
/*
 * What a measurement tells: section, histogram.
 */
#ifndef VMM_EVENT_MEASURE_H
#define VMM_EVENT_MEASURE_H

#include <stdint.h>

#include "event/sink.h"
#include "vm/stats.h"

/* ---- section: a measured section has ended ---- */
struct event_section {
	uint32_t cpu;
	const char *name;
	uint64_t operations;
	uint64_t elapsed_ns;
	const uint64_t *exits; /* by vCPU: exits to this program */
	uint32_t nvcpus;
	const struct stats *begin, *end; /* statistics; NULL: none */
};
void event_section(
    struct event_sink *sink, const struct event_section *section);

/* ---- histogram: what was measured of one phase ---- */
struct event_histogram {
	uint32_t cpu;
	uint32_t target; /* or XCVM_NO_CPU */
	const char *phase;
	uint64_t count, min, max;
	const uint32_t *counts; /* see <xcvm/abi.h> */
	uint32_t ncounts;
};
void event_histogram(
    struct event_sink *sink, const struct event_histogram *histogram);

#endif /* VMM_EVENT_MEASURE_H */
