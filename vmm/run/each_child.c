/* SPDX-License-Identifier: ISC */
/*
 * One case of --each in its child process.
 */
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "event/end.h"
#include "event/run.h"
#include "run/each_child.h"

/* The name of the child's core.  NULL when memory runs out. */
static char *
core_name(const struct each_child *child, const struct options *options)
{
	char *name;

	if (asprintf(&name, "%s.%" PRIu32 "-%s", options->core, child->number,
		child->c->name) == -1)
		return (NULL);
	return (name);
}

static _Noreturn void
child_main(const struct each_child *child, const struct each_world *world,
    pid_t parent)
{
	struct each_slot *slot = child->slot;
	struct report_config config = *world->config;
	struct options options = *world->options;
	char *core = NULL;
	struct report *report;
	int code;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(verdict_code(VERDICT_CRASH));
	sigprocmask(SIG_SETMASK, &world->mask, NULL);
	config.style = REPORT_DETAILS;
	config.writer = NULL;
	config.quiet = false;
	config.out = fdopen(child->details_fd, "w");
	if (config.out == NULL)
		_exit(verdict_code(VERDICT_CRASH));
	if (options.core != NULL) {
		core = core_name(child, &options);
		if (core == NULL)
			_exit(verdict_code(VERDICT_CRASH));
		options.core = core;
	}
	report = report_open(&config);
	event_child(world->sink, report, &slot->progress);
	event_resume(world->sink, child->number, child->start_us);
	run_case(&options, world->image, child->c, world->sink, &slot->result);
	code = slot->result.code;
	report_close(report);
	fclose(config.out);
	free(core);
	slot->done = true;
	exit(code);
}

static void decide(struct each_child *child, enum verdict verdict,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Set the verdict of a child that could not give one itself. */
static void
decide(struct each_child *child, enum verdict verdict, const char *fmt, ...)
{
	struct run_result *result = &child->slot->result;
	va_list ap;

	memset(result, 0, sizeof(*result));
	result->verdict = verdict;
	result->code = verdict_code(verdict);
	result->elapsed_us = clock_us() - child->start_us;
	va_start(ap, fmt);
	vsnprintf(result->reason, sizeof(result->reason), fmt, ap);
	va_end(ap);
}

static void
tell_conditions(const struct each_child *child, const struct each_world *world)
{
	struct fault_plan plan;
	struct event_run run = {
	    .options = world->options,
	    .image = world->image,
	    .test = child->c,
	    .apic = options_apic_of(world->options, child->c),
	    .faults = &plan,
	    .host = world->host,
	    .mem_size = world->options->mem,
	};
	struct refusal why;

	if (options_faults(world->options, child->c, &plan, &why) == -1)
		fault_plan_free(&plan); /* memory may have run out */
	event_run(world->sink, &run);
	fault_plan_free(&plan);
}

/* Tell the events that the child did not live to tell. */
static void
tell_rest(const struct each_child *child, const struct each_world *world)
{
	const struct run_result *result = &child->slot->result;
	struct event_end end = {
	    .options = world->options,
	    .test = child->c,
	    .verdict = result->verdict,
	    .reason = result->reason,
	    .elapsed_us = result->elapsed_us,
	    .interrupted = result->interrupted,
	};

	event_resume(world->sink, child->number, child->start_us);
	if (child->slot->progress < EVENT_TOLD_RUN)
		tell_conditions(child, world);
	if (child->slot->progress < EVENT_TOLD_END)
		event_end(world->sink, &end);
}

void
each_child_start(struct each_child *child, const struct each_world *world)
{
	pid_t pid, parent = getpid();
	int error;

	child->start_us = clock_us();
	child->details_fd = memfd_create("xcvm-report", MFD_CLOEXEC);
	fflush(NULL);
	pid = child->details_fd == -1 ? -1 : fork();
	if (pid == 0)
		child_main(child, world, parent);
	if (pid == -1) {
		error = errno;
		each_child_forget(child);
		decide(child, VERDICT_CRASH, "a child process for it: %s",
		    strerror(error));
		tell_rest(child, world);
		child->ended = true;
		return;
	}
	child->pid = pid;
}

void
each_child_reap(
    struct each_child *child, const struct each_world *world, int stopped_by)
{
	struct each_slot *slot = child->slot;
	int status;

	if (child->pid == 0 ||
	    waitpid(child->pid, &status, WNOHANG) != child->pid)
		return;
	child->pid = 0;
	child->ended = true;
	if (slot->done && WIFEXITED(status) &&
	    WEXITSTATUS(status) == slot->result.code)
		return;
	if (stopped_by != 0) {
		decide(child, VERDICT_FAIL, "interrupted by SIG%s",
		    sigabbrev_np(stopped_by));
		slot->result.interrupted = stopped_by;
		slot->result.code = 128 + stopped_by;
	} else if (WIFSIGNALED(status)) {
		decide(child, VERDICT_CRASH,
		    "xcvm's child process died of %s%s",
		    sigabbrev_np(WTERMSIG(status)) != NULL ? "SIG" : "a signal",
		    sigabbrev_np(WTERMSIG(status)) != NULL
			? sigabbrev_np(WTERMSIG(status))
			: "");
	} else {
		decide(child, VERDICT_CRASH,
		    "xcvm's child process ended with exit code %d %s its "
		    "verdict",
		    WEXITSTATUS(status), slot->done ? "after" : "without");
	}
	tell_rest(child, world);
}

void
each_child_forget(struct each_child *child)
{

	if (child->details_fd != -1)
		close(child->details_fd);
	child->details_fd = -1;
}
