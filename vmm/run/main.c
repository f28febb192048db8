/* SPDX-License-Identifier: ISC */
/*
 * The program xcvm: boot a guest kernel on /dev/kvm and run its test cases.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/complain.h"
#include "base/version.h"
#include "run/each.h"
#include "run/list.h"
#include "run/run.h"

static int
usage(const struct refusal *why)
{

	complain(why->text, false);
	return (verdict_code(VERDICT_USAGE));
}

/* A closed standard descriptor must not become a file of ours. */
static void
fill_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

/* Print the text of --help or --version. */
static int
print(const char *text)
{
	struct refusal why;

	if (fputs(text, stdout) != EOF && fflush(stdout) == 0)
		return (0);
	refuse(&why, "standard output: %s", strerror(errno));
	return (usage(&why));
}

static int
list(const struct image *image)
{
	struct refusal why;

	if (list_cases(image, stdout, &why) == -1)
		return (usage(&why));
	return (0);
}

static int
run_one(const struct options *options, const struct image *image,
    struct event_sink *sink)
{
	struct run_result result;

	event_begin(sink, 1);
	run_case(options, image, image_find(image, options->case_name), sink,
	    &result);
	if (result.verdict == VERDICT_USAGE || result.verdict == VERDICT_NOKVM)
		complain(result.reason, result.interrupted != 0);
	return (result.code);
}

/* Run with the report's stream open. */
static int
run_with(const struct options *options, const struct image *image,
    struct report_config *config)
{
	struct report *report = NULL;
	struct event_sink *sink;
	struct refusal why = {.text = ""};
	int code;

	/* With --each a core's name is only known in the child. */
	if (options_events_file(options, &why) == -1 ||
	    (options->mode == OPTIONS_RUN &&
		options_core_file(options, &why) == -1))
		return (usage(&why));
	/* The children of --each have reports of their own. */
	if (options->mode == OPTIONS_RUN)
		report = report_open(config);
	sink = event_open(options->events, report, &why);
	if (sink == NULL) {
		report_close(report);
		return (usage(&why));
	}
	if (options->mode == OPTIONS_EACH)
		code = each_run(options, image, sink, config);
	else
		code = run_one(options, image, sink);
	event_close(sink);
	report_close(report);
	return (code);
}

static int
run(const struct options *options, const struct image *image)
{
	bool events_out =
	    options->events != NULL && strcmp(options->events, "-") == 0;
	int fd = events_out ? STDERR_FILENO : STDOUT_FILENO;
	struct writer writer;
	struct report_config config = {
	    .writer = &writer,
	    .style = REPORT_RUN,
	    .colour = report_wants_colour(fd),
	    .terminal = isatty(fd) == 1,
	    .quiet = options->quiet,
	};
	struct refusal why;
	int code;

	if (writer_open(&writer, fd) == -1 ||
	    (config.out = writer_stream(&writer)) == NULL) {
		refuse(&why, "standard %s: %s", events_out ? "error" : "output",
		    strerror(errno));
		writer_close(&writer);
		return (usage(&why));
	}
	code = run_with(options, image, &config);
	fclose(config.out);
	if (writer_error(&writer) != 0) {
		refuse(&why, "standard %s: %s: the report is incomplete",
		    events_out ? "error" : "output",
		    strerror(writer_error(&writer)));
		complain(why.text, writer_error(&writer) == EINTR);
		if (code == 0)
			code = verdict_code(VERDICT_USAGE);
	}
	writer_close(&writer);
	return (code);
}

static int
with_image(struct options *options)
{
	struct refusal why;
	struct image *image;
	int code;

	image = image_open(options->image, &why);
	if (image == NULL)
		return (usage(&why));
	if (options->mode == OPTIONS_LIST)
		code = list(image);
	else if (options_settle(options, image, &why) == -1)
		code = usage(&why);
	else
		code = run(options, image);
	image_close(image);
	return (code);
}

int
main(int argc, char **argv)
{
	struct options options;
	struct refusal why;
	char text[64];
	int code;

	fill_standard_descriptors();
	/* A write that fails says so by its errno. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	if (options_parse(&options, argc, argv, &why) == -1) {
		code = usage(&why);
	} else if (options.mode == OPTIONS_HELP) {
		code = print(options_help);
	} else if (options.mode == OPTIONS_VERSION) {
		snprintf(text, sizeof(text), "xcvm %s, ABI version %d\n",
		    XCVM_VERSION, XCVM_ABI_VERSION);
		code = print(text);
	} else {
		code = with_image(&options);
	}
	options_free(&options);
	return (code);
}
