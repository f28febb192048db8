/* SPDX-License-Identifier: ISC */
/*
 * Output that is whole or not at all: what is left in a file when a write
 * fails or its writer is killed.
 */
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
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
    TEST(devices), TEST(streams))
