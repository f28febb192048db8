/* SPDX-License-Identifier: ISC */
/*
 * Output that is whole or not at all.
 */
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/writer.h"

#define LAST_CHANCE_MS 500

int
writer_open(struct writer *w, int fd)
{
	struct stat st;
	int flags;

	memset(w, 0, sizeof(*w));
	w->fd = fd;
	w->abandon_fd = -1;
	w->piece = -1;
	if (fstat(fd, &st) == -1 || (flags = fcntl(fd, F_GETFL)) == -1)
		return (-1);
	w->regular = S_ISREG(st.st_mode);
	w->append = (flags & O_APPEND) != 0;
	w->abandon_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return (w->abandon_fd == -1 ? -1 : 0);
}

void
writer_close(struct writer *w)
{

	if (w->abandon_fd != -1)
		close(w->abandon_fd);
	w->abandon_fd = -1;
}

int
writer_error(const struct writer *w)
{

	return (w->error);
}

void
writer_abandon(struct writer *w)
{
	uint64_t one = 1;
	ssize_t n;

	do
		n = write(w->abandon_fd, &one, sizeof(one));
	while (n == -1 && errno == EINTR);
}

/* Wait until a few bytes can be written without blocking. */
static int
wait_writable(struct writer *w)
{
	struct pollfd fds[3] = {
	    {.fd = w->fd, .events = POLLOUT},
	    {.fd = w->abandon_fd, .events = POLLIN},
	    {.fd = -1, .events = POLLIN},
	};
	sigset_t set;
	int n, error = 0;

	if (poll(fds, 1, 0) == 1)
		return (0);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	fds[2].fd = signalfd(-1, &set, SFD_CLOEXEC);
	do
		n = poll(fds, 3, -1);
	while (n == -1 && errno == EINTR);
	/* The run is to end: a reader that only lags gets a last chance. */
	if (n > 0 && fds[0].revents == 0) {
		do
			n = poll(fds, 1, LAST_CHANCE_MS);
		while (n == -1 && errno == EINTR);
		if (n == 0)
			error = EINTR;
	}
	if (n == -1)
		error = errno;
	if (fds[2].fd != -1)
		close(fds[2].fd);
	errno = error;
	return (error == 0 ? 0 : -1);
}

void
writer_recover(struct writer *w)
{
	off_t begin = w->piece;
	struct stat st;

	w->piece = -1;
	if (begin == -1 || fstat(w->fd, &st) == -1 || st.st_size <= begin)
		return;
	/* Someone else's bytes may stand behind ours: leave them. */
	if (st.st_size != lseek(w->fd, 0, SEEK_CUR))
		return;
	if (ftruncate(w->fd, begin) == 0)
		lseek(w->fd, begin, SEEK_SET);
}

int
writer_write(struct writer *w, const char *piece, size_t len)
{
	size_t done = 0;
	ssize_t n;

	if (w->error != 0)
		return (-1);
	/* Others may have written there since, or before us. */
	if (w->regular)
		w->piece = lseek(w->fd, 0, w->append ? SEEK_END : SEEK_CUR);
	while (done < len) {
		size_t chunk = len - done;

		if (!w->regular) {
			if (wait_writable(w) == -1)
				break;
			/* As much as poll() promises a pipe can take. */
			if (chunk > PIPE_BUF)
				chunk = PIPE_BUF;
		}
		n = write(w->fd, piece + done, chunk);
		if (n == -1 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n == -1)
			break;
		if (n == 0) {
			errno = ENOSPC;
			break;
		}
		done += (size_t)n;
	}
	if (done == len) {
		w->piece = -1;
		return (0);
	}
	w->error = errno;
	writer_recover(w);
	return (-1);
}

static ssize_t
stream_write(void *cookie, const char *text, size_t len)
{

	return (writer_write(cookie, text, len) == 0 ? (ssize_t)len : 0);
}

FILE *
writer_stream(struct writer *w)
{

	return (fopencookie(
	    w, "w", (cookie_io_functions_t){.write = stream_write}));
}
