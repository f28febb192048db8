/* SPDX-License-Identifier: ISC */
/*
 * The report of --each: a header, a line per case, the totals.
 */
#ifndef VMM_RUN_EACH_REPORT_H
#define VMM_RUN_EACH_REPORT_H

#include <stdio.h>

#include "event/end.h"
#include "event/hostinfo.h"
#include "event/report.h"
#include "run/run.h"

struct each_report {
	FILE *out;
	const struct options *options;
	bool quiet;
	bool colour;
	bool terminal; /* shows what runs now */
	bool progress; /* the last line says what runs now */
	bool told_emulated;
	bool spaced; /* the last line is empty */
	bool again;  /* "Did not pass:" has been written */
	int name_width;
	int verdict_width;
};

void each_report_open(struct each_report *r, const struct report_config *config,
    const struct options *options, const struct image *image);
void each_report_header(struct each_report *r, const struct options *options,
    const struct image *image, const struct hostinfo *host, size_t ncases);

/* On a terminal: say which case runs, on a line that the next one replaces. */
void each_report_running(struct each_report *r, const struct image_case *c,
    size_t ended, size_t ncases);

/*
 * A case's line; below it, if the verdict is not good, what its run told.
 * `cut` says that the run did not live to tell all.
 */
void each_report_case(struct each_report *r, const struct image_case *c,
    const struct run_result *result, int details_fd, bool cut);

/*
 * Repeat the line of a case that did not pass, near the totals: the end of a
 * long report is what a person sees, and what a CI keeps.
 */
void each_report_again(struct each_report *r, const struct image_case *c,
    const struct run_result *result);

/* Clear the line that says what runs, for somebody else's output. */
void each_report_clear(struct each_report *r);

void each_report_summary(
    struct each_report *r, const struct event_summary *summary, size_t ncases);

#endif /* VMM_RUN_EACH_REPORT_H */
