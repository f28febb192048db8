/* SPDX-License-Identifier: ISC */
/*
 * Output into pipes: whole through slow readers and signals, and not waited
 * for once the run is to end.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/writer.h"
#include "unit.h"

static struct writer writer;
#define LONG (1024 * 1024 + 7)

static char long_piece[LONG], arrived[LONG + 1];
static int pipe_end[2];

static void
begin_pipe(int flags)
{
	CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	CHECK(pipe2(pipe_end, flags) == 0);
	CHECK(writer_open(&writer, pipe_end[1]) == 0);
}

static void
end_pipe(void)
{
	writer_close(&writer);
	close(pipe_end[1]);
	close(pipe_end[0]);
}

static void *
read_all(void *arg)
{
	size_t *done = arg;
	ssize_t n;

	do {
		n = read(pipe_end[0], arrived + *done,
		    sizeof(arrived) - *done < 3000 ? sizeof(arrived) - *done
						   : 3000);
		*done += n > 0 ? (size_t)n : 0;
	} while (n > 0 || (n == -1 && (errno == EINTR || errno == EAGAIN)));
	return (NULL);
}

/* No byte more goes in; how many are there? */
static size_t
fill(void)
{
	int flags = fcntl(pipe_end[1], F_GETFL);
	size_t sum = 0;
	ssize_t n;

	fcntl(pipe_end[1], F_SETFL, flags | O_NONBLOCK);
	while ((n = write(pipe_end[1], long_piece, PIPE_BUF)) > 0)
		sum += (size_t)n;
	CHECK_EQ((uint64_t)errno, EAGAIN);
	fcntl(pipe_end[1], F_SETFL, flags);
	return (sum);
}

static atomic_uint interrupts;

static void
interrupt(int sig)
{
	(void)sig;
	interrupts++;
}

static void *
write_long(void *arg)
{
	*(int *)arg = writer_write(&writer, long_piece, LONG);
	return (NULL);
}

/* Many times what the pipe holds, and signals while it holds no more. */
static void
through_a_pipe(int flags)
{
	struct sigaction action = {.sa_handler = interrupt};
	size_t done = 0, full;
	pthread_t reader, thread;
	int result = -1;

	for (size_t i = 0; i < LONG; i++)
		long_piece[i] = (char)(i * 31 >> 3);
	memset(arrived, 0, sizeof(arrived));
	begin_pipe(flags);
	full = fill();
	sigaction(SIGUSR1, &action, NULL);
	interrupts = 0;
	CHECK(pthread_create(&thread, NULL, write_long, &result) == 0);
	while (interrupts < 100) {
		pthread_kill(thread, SIGUSR1);
		sched_yield();
	}
	CHECK(read(pipe_end[0], arrived, full) == (ssize_t)full);
	CHECK(pthread_create(&reader, NULL, read_all, &done) == 0);
	pthread_join(thread, NULL);
	close(pipe_end[1]);
	pthread_join(reader, NULL);
	CHECK(result == 0);
	CHECK_EQ(done, LONG);
	CHECK(memcmp(arrived, long_piece, LONG) == 0);
	writer_close(&writer);
	close(pipe_end[0]);
}

static void
long_pieces(void)
{
	through_a_pipe(0);
	through_a_pipe(O_NONBLOCK);
}

static void
reader_gone(void)
{
	begin_pipe(0);
	CHECK(writer_write(&writer, "text", 4) == 0);
	close(pipe_end[0]);
	CHECK(writer_write(&writer, "text", 4) == -1);
	CHECK_EQ((uint64_t)writer_error(&writer), EPIPE);
	writer_close(&writer);
	close(pipe_end[1]);
}

static void *
write_text(void *arg)
{
	*(int *)arg = writer_write(&writer, "text", 4);
	return (NULL);
}

static void
abandoned(void)
{
	pthread_t thread;
	int result = 0;

	/* Before it blocks, or while it does: whichever comes first. */
	begin_pipe(0);
	fill();
	CHECK(pthread_create(&thread, NULL, write_text, &result) == 0);
	writer_abandon(&writer);
	pthread_join(thread, NULL);
	CHECK(result == -1);
	CHECK_EQ((uint64_t)writer_error(&writer), EINTR);
	end_pipe();
	/* A part of it fits. */
	begin_pipe(0);
	CHECK(pthread_create(&thread, NULL, write_long, &result) == 0);
	writer_abandon(&writer);
	pthread_join(thread, NULL);
	CHECK(result == -1);
	CHECK_EQ((uint64_t)writer_error(&writer), EINTR);
	end_pipe();
	/* What does not block is written all the same. */
	begin_pipe(0);
	writer_abandon(&writer);
	CHECK(writer_write(&writer, "text", 4) == 0);
	CHECK(writer_write(&writer, "more", 4) == 0);
	CHECK(read(pipe_end[0], arrived, 100) == 8);
	CHECK(memcmp(arrived, "textmore", 8) == 0);
	end_pipe();
}

static void
asked_to_end(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	sigset_t set, old;
	int sig;

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		begin_pipe(0);
		fill();
		sigemptyset(&set);
		sigaddset(&set, signals[i]);
		pthread_sigmask(SIG_BLOCK, &set, &old);
		raise(signals[i]);
		CHECK(writer_write(&writer, "text", 4) == -1);
		CHECK_EQ((uint64_t)writer_error(&writer), EINTR);
		/* It was looked at, not taken. */
		CHECK(sigwait(&set, &sig) == 0 && sig == signals[i]);
		pthread_sigmask(SIG_SETMASK, &old, NULL);
		end_pipe();
	}
}

UNIT_MAIN(
    TEST(long_pieces), TEST(reader_gone), TEST(abandoned), TEST(asked_to_end))
