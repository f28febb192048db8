/* SPDX-License-Identifier: ISC */
/*
 * --each: every chosen case in a child process of its own, a summary last.
 */
#include <sys/mman.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/complain.h"
#include "base/files.h"
#include "run/each.h"
#include "run/each_child.h"
#include "run/each_report.h"

#define GRACE_US 3000000 /* from SIGTERM to SIGKILL */

struct each {
	struct each_world world;
	struct each_report report;
	struct each_child *children; /* in the order of the case table */
	struct each_slot *slots;
	size_t count;
	size_t next;  /* first not yet started */
	size_t shown; /* first whose line is not yet shown */
	size_t running;
	sigset_t signals; /* what wait_signal() waits for */
	bool stopping;
	int signal; /* the one that asked us to stop, or 0 */
	uint64_t stop_us;
	char trouble[FAILURE_TEXT_MAX + 64]; /* what stopped us */
	struct event_summary summary;
};

static int
prepare(struct each *each)
{
	const struct image *image = each->world.image;
	size_t n = 0;

	for (size_t i = 0; i < image->ncases; i++)
		n += options_chosen(each->world.options, &image->cases[i]);
	each->children = calloc(n, sizeof(*each->children));
	each->slots = mmap(NULL, n * sizeof(*each->slots),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (each->children == NULL || each->slots == MAP_FAILED) {
		free(each->children);
		if (each->slots != MAP_FAILED)
			munmap(each->slots, n * sizeof(*each->slots));
		return (-1);
	}
	for (size_t i = 0; i < image->ncases; i++) {
		const struct image_case *c = &image->cases[i];

		if (!options_chosen(each->world.options, c))
			continue;
		each->children[each->count].c = c;
		each->children[each->count].slot = &each->slots[each->count];
		each->children[each->count].details_fd = -1;
		each->count++;
		each->children[each->count - 1].number = (uint32_t)each->count;
	}
	return (0);
}

static void
kill_all(const struct each *each, int signal)
{

	for (size_t i = 0; i < each->next; i++) {
		if (each->children[i].pid != 0)
			kill(each->children[i].pid, signal);
	}
}

/* Start no more children, and end those that run. */
static void
stop(struct each *each)
{

	if (each->stopping)
		return;
	each->stopping = true;
	each->stop_us = clock_us();
	kill_all(each, each->signal != 0 ? each->signal : SIGTERM);
}

static void
block_signals(struct each *each)
{
	static const int ours[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	struct sigaction old;

	sigemptyset(&each->signals);
	sigaddset(&each->signals, SIGCHLD);
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		/*
		 * A signal that is ignored from the start, as by nohup, stays
		 * so.
		 */
		sigaction(ours[i], NULL, &old);
		if (old.sa_handler != SIG_IGN)
			sigaddset(&each->signals, ours[i]);
	}
	sigprocmask(SIG_BLOCK, &each->signals, &each->world.mask);
}

/*
 * Wait until a child has ended, a signal has come, or the grace time is over.
 */
static void
wait_signal(struct each *each)
{
	struct timespec left = {0, 0};
	siginfo_t info;
	uint64_t waited;
	int signal;

	if (!each->stopping) {
		signal = sigwaitinfo(&each->signals, &info);
	} else {
		waited = clock_us() - each->stop_us;
		if (waited < GRACE_US) {
			left.tv_sec = (time_t)((GRACE_US - waited) / 1000000);
			left.tv_nsec =
			    (long)((GRACE_US - waited) % 1000000) * 1000;
		}
		signal = sigtimedwait(&each->signals, &info, &left);
		if (signal == -1 && errno == EAGAIN) {
			kill_all(each, SIGKILL);
			each->stop_us = clock_us();
		}
	}
	switch (signal) {
	case SIGINT:
	case SIGTERM:
	case SIGHUP:
		if (each->signal != 0)
			kill_all(each, SIGKILL);
		else
			each->signal = signal;
		event_abandon(each->world.sink);
		writer_abandon(each->world.config->writer);
		stop(each);
		break;
	case SIGQUIT:
		/*
		 * From a terminal the signal has reached the children as well.
		 */
		if (info.si_code != SI_KERNEL)
			kill_all(each, SIGQUIT);
		break;
	}
}

/* Stop if the child's end is to end the command, not only the case. */
static void
look_for_trouble(struct each *each, const struct each_child *child)
{
	const struct run_result *result = &child->slot->result;
	const char *failed = event_failed(each->world.sink);

	if (each->stopping)
		return;
	if (failed != NULL)
		strcpy(each->trouble, failed);
	else if (result->verdict == VERDICT_NOKVM ||
		 result->verdict == VERDICT_USAGE)
		strcpy(each->trouble, result->reason);
	else if (!ferror(each->world.config->out))
		return;
	if (failed == NULL && each->trouble[0] != '\0')
		each->summary.count[result->verdict]++;
	stop(each);
}

static void
reap(struct each *each)
{
	int stopped_by = !each->stopping     ? 0
			 : each->signal != 0 ? each->signal
					     : SIGTERM;

	for (size_t i = each->shown; i < each->next; i++) {
		struct each_child *child = &each->children[i];

		if (child->pid == 0)
			continue;
		each_child_reap(child, &each->world, stopped_by);
		if (child->pid != 0)
			continue;
		each->running--;
		if (verdict_good(child->slot->result.verdict))
			each_child_forget(child);
		look_for_trouble(each, child);
	}
}

/*
 * Show the lines of the children that have ended, in order; with `last`, skip
 * those that have not.
 */
static void
show(struct each *each, bool last)
{

	for (; each->shown < each->next; each->shown++) {
		struct each_child *child = &each->children[each->shown];
		const struct run_result *result = &child->slot->result;

		if (!child->ended && !last)
			break;
		if (child->ended && result->verdict != VERDICT_NOKVM &&
		    result->verdict != VERDICT_USAGE &&
		    !(each->stopping && result->interrupted != 0)) {
			child->counted = true;
			each->summary.count[result->verdict]++;
			each->summary.faults += result->faults;
			each_report_case(&each->report, child->c, result,
			    child->details_fd, !child->slot->done);
		}
		each_child_forget(child);
	}
}

static void
run_all(struct each *each)
{

	for (;;) {
		while (!each->stopping && each->next < each->count &&
		       each->running < each->world.options->jobs) {
			struct each_child *child = &each->children[each->next];

			each_child_start(child, &each->world);
			each->next++;
			if (child->pid != 0)
				each->running++;
		}
		show(each, false);
		if (each->running == 0 &&
		    (each->stopping || each->next == each->count))
			break;
		if (each->running == 0)
			continue;
		each_report_running(&each->report,
		    each->children[each->shown].c, each->shown, each->count);
		wait_signal(each);
		reap(each);
	}
	show(each, true);
}

static void
show_again(struct each *each)
{

	for (size_t i = 0; i < each->shown && each->count > 1; i++) {
		const struct each_child *child = &each->children[i];
		const struct run_result *result = &child->slot->result;

		if (child->counted && !verdict_good(result->verdict))
			each_report_again(&each->report, child->c, result);
	}
}

static void
finish(struct each *each, uint64_t start_us)
{
	struct event_summary *summary = &each->summary;
	const char *failed = event_failed(each->world.sink);
	char text[64];

	summary->elapsed_us = clock_us() - start_us;
	summary->interrupted = each->signal;
	if (each->signal != 0)
		summary->code = 128 + each->signal;
	else if (failed != NULL)
		summary->code = verdict_code(VERDICT_USAGE);
	else
		summary->code = verdict_code(verdict_of_all(summary->count));
	event_resume(each->world.sink, 0, start_us);
	event_summary(each->world.sink, summary);
	each_report_clear(&each->report);
	show_again(each);
	if (each->trouble[0] != '\0')
		complain(each->trouble, each->signal != 0);
	if (each->signal != 0) {
		snprintf(text, sizeof(text), "interrupted by SIG%s",
		    sigabbrev_np(each->signal));
		complain(text, true);
	}
	each_report_summary(&each->report, summary, each->count);
}

int
each_run(const struct options *options, const struct image *image,
    struct event_sink *sink, const struct report_config *config)
{
	uint64_t start_us = clock_us();
	struct hostinfo host;
	struct each each = {
	    .world =
		{
		    .options = options,
		    .image = image,
		    .sink = sink,
		    .config = config,
		    .host = &host,
		},
	};

	if (prepare(&each) == -1) {
		complain("--each: out of memory", false);
		return (verdict_code(VERDICT_USAGE));
	}
	/* The report of a child stays open until those before it are shown. */
	files_allow(each.count);
	hostinfo_read(&host);
	each_report_open(&each.report, config, options, image);
	each_report_header(&each.report, options, image, &host, each.count);
	block_signals(&each);
	run_all(&each);
	finish(&each, start_us);
	sigprocmask(SIG_SETMASK, &each.world.mask, NULL);
	munmap(each.slots, each.count * sizeof(*each.slots));
	free(each.children);
	return (each.summary.code);
}
