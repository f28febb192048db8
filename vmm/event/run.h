/* SPDX-License-Identifier: ISC */
/*
 * What is told first: the conditions of a run.
 */
#ifndef VMM_EVENT_RUN_H
#define VMM_EVENT_RUN_H

#include <stdint.h>
#include <stdio.h>

#include "event/hostinfo.h"
#include "event/sink.h"
#include "fault/plan.h"
#include "options/options.h"

/* ---- run: the first event of a run, all that is needed to repeat it ---- */
struct event_run {
	const struct options *options;
	const struct image *image;
	const struct image_case *test;
	enum options_apic apic; /* that it has */
	const struct fault_plan *faults;
	const struct hostinfo *host;
	uint64_t mem_size;
};
void event_run(struct event_sink *sink, const struct event_run *run);

/* A report's first lines: host, image, what is under test. */
void text_header(
    FILE *out, const struct image *image, const struct hostinfo *host);

#endif /* VMM_EVENT_RUN_H */
