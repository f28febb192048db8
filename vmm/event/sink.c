/* SPDX-License-Identifier: ISC */
/*
 * The sink of events: one line at a time, from any thread or child process.
 */
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "event/line.h"

static struct event_shared *
shared_create(void)
{
	struct event_shared *shared;
	pthread_mutexattr_t attr;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return (NULL);
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&shared->lock, &attr);
	pthread_mutexattr_destroy(&attr);
	return (shared);
}

/* The descriptor of --events; -1 with `why` filled. */
static int
open_file(const char *path, struct refusal *why)
{
	struct stat st;
	int fd;

	if (strcmp(path, "-") == 0)
		return (STDOUT_FILENO);
	/* Without O_TRUNC: only a regular file has to be truncated, below. */
	fd = open(
	    path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0666);
	if (fd == -1)
		return (refuse(why,
		    "--events %s: %s: name a file that can be written, or -",
		    path, strerror(errno)));
	if (fstat(fd, &st) == -1 ||
	    (S_ISREG(st.st_mode) && ftruncate(fd, 0) == -1)) {
		refuse(why, "--events %s: %s", path, strerror(errno));
		close(fd);
		return (-1);
	}
	return (fd);
}

struct event_sink *
event_open(const char *path, struct report *report, struct refusal *why)
{
	struct event_sink *sink = calloc(1, sizeof(*sink));

	if (sink == NULL || (sink->shared = shared_create()) == NULL) {
		free(sink);
		refuse(why, "events: out of memory");
		return (NULL);
	}
	json_init(&sink->json);
	sink->report = report;
	sink->path = path;
	sink->fd = sink->failure_fd = -1;
	sink->shared->writer.fd = sink->shared->writer.abandon_fd = -1;
	event_begin(sink, 0);
	if (path == NULL)
		return (sink);
	sink->fd = open_file(path, why);
	if (sink->fd == -1) {
		event_close(sink);
		return (NULL);
	}
	sink->failure_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (sink->failure_fd == -1 ||
	    writer_open(&sink->shared->writer, sink->fd) == -1) {
		refuse(why, "--events %s: %s", path, strerror(errno));
		event_close(sink);
		return (NULL);
	}
	return (sink);
}

void
event_close(struct event_sink *sink)
{

	if (sink == NULL)
		return;
	writer_close(&sink->shared->writer);
	if (sink->fd != -1 && sink->fd != STDOUT_FILENO)
		close(sink->fd);
	if (sink->failure_fd != -1)
		close(sink->failure_fd);
	munmap(sink->shared, sizeof(*sink->shared));
	json_free(&sink->json);
	free(sink);
}

bool
event_wanted(const struct event_sink *sink)
{

	return (sink->fd != -1);
}

uint64_t
event_run_us(const struct event_sink *sink)
{

	return (clock_us() - sink->start_us);
}

void
event_begin(struct event_sink *sink, uint32_t number)
{

	event_resume(sink, number, clock_us());
}

void
event_resume(struct event_sink *sink, uint32_t number, uint64_t start_us)
{

	sink->run = number;
	sink->start_us = start_us;
}

void
event_child(
    struct event_sink *sink, struct report *report, _Atomic int *progress)
{

	sink->report = report;
	sink->progress = progress;
}

void
event_progress(struct event_sink *sink, int told)
{

	if (sink->progress != NULL)
		*sink->progress = told;
}

const char *
event_failed(struct event_sink *sink)
{
	int error;

	if (sink->fd == -1)
		return (NULL);
	/* Without the lock: its holder may be waiting for a reader. */
	error = writer_error(&sink->shared->writer);
	if (error == 0)
		return (NULL);
	event_lock(sink);
	snprintf(sink->failure, sizeof(sink->failure),
	    "--events %.160s: %s: the report is incomplete", sink->path,
	    strerrordesc_np(error));
	event_unlock(sink);
	return (sink->failure);
}

int
event_failure_fd(const struct event_sink *sink)
{

	return (sink->failure_fd);
}

void
event_abandon(struct event_sink *sink)
{

	if (sink->fd != -1)
		writer_abandon(&sink->shared->writer);
	if (sink->report != NULL)
		report_abandon(sink->report);
}

/* Is a signal pending that asks this process to end? */
static bool
interrupt_waits(void)
{
	sigset_t set;

	return (sigpending(&set) == 0 && (sigismember(&set, SIGINT) == 1 ||
					     sigismember(&set, SIGTERM) == 1 ||
					     sigismember(&set, SIGHUP) == 1));
}

/*
 * Another process may hold the lock while it waits for a reader: a process that
 * has its signals blocked, as the parent of --each, must notice them all the
 * same.  ThreadSanitizer does not know pthread_mutex_clocklock(): with a clock
 * that is set back, signals are noticed later.
 */
void
event_lock(struct event_sink *sink)
{
	struct timespec until;
	int error;

	do {
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec++;
		error = pthread_mutex_timedlock(&sink->shared->lock, &until);
		if (error == ETIMEDOUT && interrupt_waits())
			event_abandon(sink);
	} while (error == ETIMEDOUT);
	if (error == EOWNERDEAD) {
		writer_recover(&sink->shared->writer);
		pthread_mutex_consistent(&sink->shared->lock);
	}
}

void
event_unlock(struct event_sink *sink)
{

	pthread_mutex_unlock(&sink->shared->lock);
}

bool
event_line(struct event_sink *sink, const char *kind)
{
	struct json *j = &sink->json;

	if (sink->fd == -1)
		return (false);
	json_reset(j);
	json_object(j, NULL);
	json_string(j, "event", kind);
	json_u64(j, "run", sink->run);
	json_u64(j, "t_us", clock_us() - sink->start_us);
	return (true);
}

void
event_line_end(struct event_sink *sink)
{
	struct writer *w = &sink->shared->writer;
	struct json *j = &sink->json;
	uint64_t one = 1;

	json_object_end(j);
	json_newline(j);
	if (json_failed(j) && w->error == 0)
		w->error = ENOMEM;
	if (writer_write(w, j->text, j->len) == 0)
		return;
	if (write(sink->failure_fd, &one, sizeof(one)) == -1)
		return; /* already readable */
}
