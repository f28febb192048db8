/* SPDX-License-Identifier: ISC */
/*
 * What a person reads on the terminal, and nothing else.
 *
 * The functions named after events are called by event.c only, one at a
 * time; whoever runs a case tells its events and need not know this header.
 */
#ifndef VMM_EVENT_REPORT_H
#define VMM_EVENT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/outcome.h"
#include "base/writer.h"
#include "event/hostinfo.h"
#include "image/image.h"
#include "options/options.h"

struct report;
struct event_check;
struct fault_hit;
struct event_section;
struct event_histogram;
struct event_stall;
struct event_panic;
struct event_vcpu;
struct event_core;
struct event_diagnosis;
struct event_end;
struct event_summary;

enum report_style {
	REPORT_RUN,    /* one run: header, events, verdict */
	REPORT_DETAILS /* a run of --each: what stands below its line */
};

struct report_config {
	FILE *out;	       /* stays the caller's */
	struct writer *writer; /* behind `out`; may be NULL */
	enum report_style style;
	bool colour;
	bool terminal; /* may show what runs now */
	bool quiet;    /* leave out what is not about a failure */
};

/* NULL when memory runs out. */
struct report *report_open(const struct report_config *config);
void report_close(struct report *report);

/* See writer_abandon(). */
void report_abandon(struct report *report);

/* A terminal that knows colours, and NO_COLOR is not set. */
bool report_wants_colour(int fd);

void report_run(struct report *report, const struct options *options,
    const struct image *image, const struct image_case *c, uint64_t mem_size,
    const struct hostinfo *host);
void report_console(
    struct report *report, uint32_t cpu, const char *text, size_t len);
void report_check(struct report *report, const struct event_check *check);
void report_metric(struct report *report, uint32_t cpu, const char *name,
    uint64_t value, const char *unit);
void report_section(struct report *report, const struct event_section *section);
void report_histogram(
    struct report *report, const struct event_histogram *histogram);
void report_stall(struct report *report, const struct event_stall *stall);
void report_panic(struct report *report, const struct event_panic *panic);
void report_vcpu(struct report *report, const struct event_vcpu *vcpu);
void report_fault(
    struct report *report, const struct fault_hit *hit, const char *name);
void report_core(struct report *report, const struct event_core *core);
void report_diagnosis(
    struct report *report, const struct event_diagnosis *diagnosis);
void report_end(struct report *report, const struct event_end *end);

#endif /* VMM_EVENT_REPORT_H */
