/* SPDX-License-Identifier: ISC */
/*
 * Output that is whole or not at all: what is left in a file or pipe when a
 * write fails, a reader lags, or a writer is killed.
 */
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/writer.h"
#include "unit.h"

static struct writer *w; /* in memory that children share */
static int file;

static void
begin(int flags)
{
	static char path[64];

	if (w == NULL)
		w = mmap(NULL, sizeof(*w), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	snprintf(path, sizeof(path), "/tmp/xcvm-writer-%ld", (long)getpid());
	file = open(path, O_RDWR | O_CREAT | O_EXCL | flags, 0600);
	CHECK(file != -1);
	unlink(path);
	CHECK(write(file, "before\n", 7) == 7);
	if ((flags & O_APPEND) != 0)
		lseek(file, 0, SEEK_SET); /* as a shell's >> has it */
	CHECK(writer_open(w, file) == 0);
	CHECK(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
}

static void
end(void)
{
	writer_close(w);
	close(file);
}

/* No file may grow beyond that; 0: any may. */
static void
limit(rlim_t size)
{
	struct rlimit r;

	getrlimit(RLIMIT_FSIZE, &r);
	r.rlim_cur = size == 0 ? r.rlim_max : size;
	CHECK(setrlimit(RLIMIT_FSIZE, &r) == 0);
}

static void
holds(const char *expected, int line)
{
	char text[256];
	ssize_t n = pread(file, text, sizeof(text), 0);

	if (!CHECK(n == (ssize_t)strlen(expected) &&
		   memcmp(text, expected, (size_t)n) == 0))
		printf("line %d: it holds '%.*s'\n", line, (int)n, text);
}

#define HOLDS(expected) holds((expected), __LINE__)
#define WRITE(text)	writer_write(w, (text), strlen(text))

static void
pieces(void)
{
	begin(0);
	CHECK(WRITE("one\n") == 0);
	CHECK(WRITE("") == 0);
	CHECK(WRITE("two\n") == 0);
	CHECK_EQ((uint64_t)writer_error(w), 0);
	HOLDS("before\none\ntwo\n");
	writer_close(w);
	/* The descriptor stays the caller's. */
	CHECK(write(file, "after\n", 6) == 6);
	HOLDS("before\none\ntwo\nafter\n");
	writer_close(w);
	close(file);
	CHECK(writer_open(w, file) == -1 && errno == EBADF);
}

/* The piece goes, up to the limit, before the file system says no. */
static void
cut_back(int flags)
{
	begin(flags);
	CHECK(WRITE("one\n") == 0);
	limit(13);
	CHECK(WRITE("much more\n") == -1);
	CHECK_EQ((uint64_t)writer_error(w), EFBIG);
	HOLDS("before\none\n");
	CHECK_EQ((uint64_t)lseek(file, 0, SEEK_CUR), 11);
	/* The first error stands, although there is room again. */
	limit(0);
	CHECK(WRITE("x") == -1);
	CHECK_EQ((uint64_t)writer_error(w), EFBIG);
	HOLDS("before\none\n");
	end();
	/* The first piece already. */
	begin(flags);
	limit(10);
	CHECK(WRITE("much more\n") == -1);
	limit(0);
	HOLDS("before\n");
	end();
}

static void
no_room(void)
{
	cut_back(0);
	cut_back(O_APPEND);
}

/* Bytes of others, through a descriptor of their own or one that is ours. */
static void
others(void)
{
	begin(O_APPEND);
	CHECK(WRITE("one\n") == 0);
	CHECK(pwrite(file, "theirs\n", 7, 0) == 7);
	limit(20);
	CHECK(WRITE("much more\n") == -1);
	limit(0);
	HOLDS("before\none\ntheirs\n");
	end();
	/* Standard error where it is standard output. */
	begin(0);
	CHECK(WRITE("one\n") == 0);
	CHECK(write(file, "theirs\n", 7) == 7);
	writer_recover(w);
	HOLDS("before\none\ntheirs\n");
	limit(20);
	CHECK(WRITE("much more\n") == -1);
	limit(0);
	HOLDS("before\none\ntheirs\n");
	end();
	/* What lies behind the piece is not its. */
	begin(0);
	CHECK(pwrite(file, "behind\n", 7, 20) == 7);
	limit(10);
	CHECK(WRITE("much more\n") == -1);
	limit(0);
	CHECK_EQ((uint64_t)lseek(file, 0, SEEK_END), 27);
	end();
}

/* A child dies in the middle of a piece: by SIGXFSZ, at the limit. */
static void
killed(int flags, const char *one, const char *left)
{
	static const struct rlimit no_core;
	int status = 0;
	pid_t child;

	begin(flags);
	writer_recover(w);
	HOLDS("before\n");
	CHECK(WRITE(one) == 0);
	fflush(stdout);
	child = fork();
	if (child == 0) {
		setrlimit(RLIMIT_CORE, &no_core);
		signal(SIGXFSZ, SIG_DFL);
		limit(14);
		WRITE("much more\n");
		_exit(0);
	}
	CHECK(waitpid(child, &status, 0) == child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ);
	CHECK_EQ((uint64_t)lseek(file, 0, SEEK_END), 14);
	writer_recover(w);
	HOLDS(left);
	/* Between pieces there is nothing to cut off. */
	writer_recover(w);
	CHECK(WRITE("two\n") == 0);
	writer_recover(w);
	CHECK_EQ((uint64_t)lseek(file, 0, SEEK_END), strlen(left) + 4);
	end();
}

static void
recovery(void)
{
	killed(0, "one\n", "before\none\n");
	killed(0, "", "before\n");
	killed(O_APPEND, "one\n", "before\none\n");
	killed(O_APPEND, "", "before\n");
}

static void
devices(void)
{
	int full = open("/dev/full", O_WRONLY);

	begin(0);
	end();
	CHECK(writer_open(w, full) == 0);
	CHECK(WRITE("text") == -1);
	CHECK_EQ((uint64_t)writer_error(w), ENOSPC);
	writer_recover(w);
	CHECK(WRITE("text") == -1);
	CHECK_EQ((uint64_t)writer_error(w), ENOSPC);
	writer_close(w);
	close(full);
}

/* ---- pipes ---- */

#define LONG (1024 * 1024 + 7)

static char long_piece[LONG], arrived[LONG + 1];
static int pipe_end[2];

static void
begin_pipe(int flags)
{
	begin(0);
	end();
	CHECK(pipe2(pipe_end, flags) == 0);
	CHECK(writer_open(w, pipe_end[1]) == 0);
}

static void
end_pipe(void)
{
	writer_close(w);
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
	*(int *)arg = writer_write(w, long_piece, LONG);
	return (NULL);
}

/* Many times what the pipe holds, and signals while it holds no more. */
static void
through_a_pipe(int flags)
{
	struct sigaction action = {.sa_handler = interrupt};
	size_t done = 0, full;
	pthread_t reader, writer;
	int result = -1;

	for (size_t i = 0; i < LONG; i++)
		long_piece[i] = (char)(i * 31 >> 3);
	memset(arrived, 0, sizeof(arrived));
	begin_pipe(flags);
	full = fill();
	sigaction(SIGUSR1, &action, NULL);
	interrupts = 0;
	CHECK(pthread_create(&writer, NULL, write_long, &result) == 0);
	for (unsigned i = 0; i < 100; i++) {
		pthread_kill(writer, SIGUSR1);
		while (interrupts <= i)
			sched_yield();
	}
	CHECK(read(pipe_end[0], arrived, full) == (ssize_t)full);
	CHECK(pthread_create(&reader, NULL, read_all, &done) == 0);
	pthread_join(writer, NULL);
	close(pipe_end[1]);
	pthread_join(reader, NULL);
	CHECK(result == 0);
	CHECK_EQ(done, LONG);
	CHECK(memcmp(arrived, long_piece, LONG) == 0);
	writer_close(w);
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
	CHECK(WRITE("text") == 0);
	close(pipe_end[0]);
	CHECK(WRITE("text") == -1);
	CHECK_EQ((uint64_t)writer_error(w), EPIPE);
	writer_close(w);
	close(pipe_end[1]);
}

static void *
write_text(void *arg)
{
	*(int *)arg = WRITE("text");
	return (NULL);
}

static void
abandoned(void)
{
	pthread_t writer;
	int result = 0;

	/* Before it blocks, or while it does: whichever comes first. */
	begin_pipe(0);
	fill();
	CHECK(pthread_create(&writer, NULL, write_text, &result) == 0);
	writer_abandon(w);
	pthread_join(writer, NULL);
	CHECK(result == -1);
	CHECK_EQ((uint64_t)writer_error(w), EINTR);
	end_pipe();
	/* A part of it fits. */
	begin_pipe(0);
	CHECK(pthread_create(&writer, NULL, write_long, &result) == 0);
	writer_abandon(w);
	pthread_join(writer, NULL);
	CHECK(result == -1);
	CHECK_EQ((uint64_t)writer_error(w), EINTR);
	end_pipe();
	/* What does not block is written all the same. */
	begin_pipe(0);
	writer_abandon(w);
	CHECK(WRITE("text") == 0);
	CHECK(WRITE("more") == 0);
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
		CHECK(WRITE("text") == -1);
		CHECK_EQ((uint64_t)writer_error(w), EINTR);
		/* It was looked at, not taken. */
		CHECK(sigwait(&set, &sig) == 0 && sig == signals[i]);
		pthread_sigmask(SIG_SETMASK, &old, NULL);
		end_pipe();
	}
}

static void
streams(void)
{
	FILE *f;

	begin(0);
	f = writer_stream(w);
	CHECK(f != NULL);
	CHECK(fprintf(f, "%d %s\n", 1, "one") == 6);
	CHECK(fclose(f) == 0);
	HOLDS("before\n1 one\n");
	f = writer_stream(w);
	CHECK(f != NULL);
	limit(15);
	CHECK(fprintf(f, "%s\n", "much more") > 0);
	CHECK(fclose(f) == EOF);
	limit(0);
	CHECK_EQ((uint64_t)writer_error(w), EFBIG);
	HOLDS("before\n1 one\n");
	end();
}

UNIT_MAIN(TEST(pieces), TEST(no_room), TEST(others), TEST(recovery),
    TEST(devices), TEST(long_pieces), TEST(reader_gone), TEST(abandoned),
    TEST(asked_to_end), TEST(streams))
