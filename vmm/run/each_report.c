/* SPDX-License-Identifier: ISC */
/*
 * The report of --each: a header, a line per case, the totals.
 */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "event/run.h"
#include "event/text.h"
#include "run/each_report.h"

#define CLEAR_LINE "\r\033[K"

void
each_report_open(struct each_report *r, const struct report_config *config,
    const struct options *options, const struct image *image)
{

	memset(r, 0, sizeof(*r));
	r->out = config->out;
	r->options = options;
	r->quiet = config->quiet;
	r->colour = config->colour;
	r->terminal = config->terminal;
	r->name_width = 20;
	r->verdict_width = 5;
	for (size_t i = 0; i < image->nimpls; i++)
		if (image->impls[i].foreign)
			r->verdict_width = 7; /* "differs" */
	for (size_t i = 0; i < image->ncases; i++) {
		int width = (int)strlen(image->cases[i].name);

		if (options_chosen(options, &image->cases[i]) &&
		    width > r->name_width)
			r->name_width = width;
	}
}

void
each_report_header(struct each_report *r, const struct options *options,
    const struct image *image, const struct hostinfo *host, size_t ncases)
{

	if (r->quiet)
		return;
	text_header(r->out, image, host);
	fprintf(r->out,
	    "run    %zu case%s, %" PRIu32 " vCPU%s%s, seed %" PRIu64 "\n\n",
	    ncases, ncases == 1 ? "" : "s", options->vcpus,
	    options->vcpus == 1 ? "" : "s",
	    options->vcpus_most != 0 ? " or what a case needs" : "",
	    options->seed);
	fflush(r->out);
}

static void
clear_progress(struct each_report *r)
{

	if (r->progress)
		fputs(CLEAR_LINE, r->out);
	r->progress = false;
}

void
each_report_running(struct each_report *r, const struct image_case *c,
    size_t ended, size_t ncases)
{

	if (!r->terminal)
		return;
	clear_progress(r);
	fprintf(r->out, "      %s (%zu of %zu)", c->name, ended + 1, ncases);
	fflush(r->out);
	r->progress = true;
}

/* Copy what the child's report wrote, each line indented. */
static void
details(struct each_report *r, int fd)
{
	char text[4096];
	bool start = true;
	off_t at = 0;
	ssize_t n;

	while ((n = pread(fd, text, sizeof(text), at)) > 0) {
		for (ssize_t i = 0; i < n; i++) {
			if (start && text[i] != '\n')
				fputs("      ", r->out);
			start = text[i] == '\n';
			putc(text[i], r->out);
		}
		at += n;
	}
	if (!start)
		putc('\n', r->out);
}

/*
 * Verdict, name, what the case tests, duration; the reason unless the case has
 * passed.
 */
static void
case_line(struct each_report *r, const struct image_case *c,
    const struct run_result *result)
{

	text_verdict(r->out, result->verdict, r->verdict_width, r->colour);
	fprintf(r->out, " %-*s  %-9s  %-14s", r->name_width, c->name,
	    image_api_name(c->api), c->contract);
	text_duration(r->out, result->elapsed_us, 8);
	if (options_vcpus(r->options, c) != r->options->vcpus)
		fprintf(r->out, "  %" PRIu32 " vCPUs",
		    options_vcpus(r->options, c));
	if (result->verdict != VERDICT_PASS) {
		fputs("  ", r->out);
		text_string(r->out, result->reason);
	}
	putc('\n', r->out);
}

void
each_report_case(struct each_report *r, const struct image_case *c,
    const struct run_result *result, int details_fd, bool cut)
{
	bool bad = !verdict_good(result->verdict);

	clear_progress(r);
	if (!r->told_emulated && result->insn_cycles >= EVENT_EMULATED_CYCLES &&
	    !r->quiet) {
		text_emulated(r->out, result->insn_cycles);
		putc('\n', r->out);
		r->told_emulated = true;
	}
	if (!r->quiet || bad)
		case_line(r, c, result);
	r->spaced = bad;
	if (bad) {
		details(r, details_fd);
		if (cut) {
			fputs("      again: ", r->out);
			text_command(r->out, r->options, c);
		}
		putc('\n', r->out);
	}
	fflush(r->out);
}

void
each_report_again(struct each_report *r, const struct image_case *c,
    const struct run_result *result)
{

	if (!r->again)
		fprintf(r->out, "%sDid not pass:\n", r->spaced ? "" : "\n");
	r->again = true;
	r->spaced = false;
	case_line(r, c, result);
}

void
each_report_clear(struct each_report *r)
{

	clear_progress(r);
	fflush(r->out);
}

void
each_report_summary(
    struct each_report *r, const struct event_summary *summary, size_t ncases)
{
	const char *separator = ": ";
	size_t ended = 0;

	clear_progress(r);
	for (int v = 0; v < VERDICT_COUNT; v++)
		ended += summary->count[v];
	if (r->again || (!r->quiet && !r->spaced))
		putc('\n', r->out);
	if (ended == ncases)
		fprintf(r->out, "%zu case%s", ncases, ncases == 1 ? "" : "s");
	else
		fprintf(r->out, "%zu of %zu cases ended", ended, ncases);
	for (int v = 0; v < VERDICT_COUNT; v++) {
		if (summary->count[v] == 0)
			continue;
		fprintf(r->out, "%s%u %s", separator, summary->count[v],
		    verdict_name((enum verdict)v));
		separator = ", ";
	}
	if (summary->faults > 0)
		fprintf(r->out, "; %" PRIu64 " fault%s injected",
		    summary->faults, summary->faults == 1 ? "" : "s");
	fputs("; ", r->out);
	text_duration(r->out, summary->elapsed_us, 0);
	putc('\n', r->out);
	fflush(r->out);
}
