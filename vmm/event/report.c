/* SPDX-License-Identifier: ISC */
/*
 * The report: opened, closed, and what stands between two things said.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "event/report.h"

bool
report_wants_colour(int fd)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return ((no == NULL || no[0] == '\0') && term != NULL &&
		strcmp(term, "dumb") != 0 && isatty(fd) == 1);
}

struct report *
report_open(const struct report_config *config)
{
	struct report *report = calloc(1, sizeof(*report));

	if (report == NULL)
		return (NULL);
	report->config = *config;
	console_open(
	    &report->console, config->out, config->style == REPORT_DETAILS);
	return (report);
}

void
report_close(struct report *report)
{
	if (report == NULL)
		return;
	console_close(&report->console);
	free(report);
}

void
report_abandon(struct report *report)
{
	if (report->config.writer != NULL)
		writer_abandon(report->config.writer);
}

FILE *
report_say(struct report *report, enum report_place place)
{
	bool apart = (place == REPORT_BLOCK && report->said) ||
		     (place == REPORT_AFTER && report->block);

	console_flush(&report->console);
	if (apart)
		putc('\n', report->config.out);
	report->said = true;
	report->block = place == REPORT_BLOCK;
	return (report->config.out);
}
