/* SPDX-License-Identifier: ISC */
/* A core's file: whole or not at all, holes for zeros, nothing left behind. */
#include <sys/resource.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "look/core_file.h"
#include "unit.h"

#define PAGE   CORE_FILE_PAGE
#define PAGES  (3 * 256 + 7) /* some more than 3 MiB: 4 questions */
#define MEMORY ((size_t)PAGES * PAGE)
#define WHOLE  (PAGE + MEMORY)
#define OLD    "this was here before"

static uint8_t head[PAGE];
static uint8_t *memory;
static unsigned asked, answer_at;

/* Stop at question `answer_at`; 0: never. */
static int
stop(void)
{
	return (++asked == answer_at ? SIGINT : 0);
}

static int
write_core(const char *path, struct core_size *size)
{
	const struct core_piece pieces[] = {{head, PAGE}, {memory, MEMORY}};

	asked = 0;
	return (core_file_write(path, pieces, 2, stop, size));
}

/* Zero pages of all kinds, and others that differ from them by one byte. */
static uint64_t
fill(void)
{
	uint64_t stored = PAGE; /* of the head */

	memset(head, 'h', sizeof(head));
	memset(memory, 0, MEMORY);
	for (size_t i = 0; i < PAGES; i++) {
		uint8_t *page = memory + i * PAGE;

		if (i % 5 == 1)
			page[PAGE - 1] = (uint8_t)(i | 1);
		else if (i % 5 == 2)
			page[0] = 1;
		else if (i % 64 == 3)
			memset(page, (int)(i % 250) + 1, PAGE);
		else
			continue;
		stored += PAGE;
	}
	return (stored);
}

static size_t
files_here(void)
{
	DIR *dir = opendir(".");
	struct dirent *entry;
	size_t n = 0;

	while (dir != NULL && (entry = readdir(dir)) != NULL)
		n += entry->d_name[0] != '.';
	if (dir != NULL)
		closedir(dir);
	return (n);
}

static void
put_old(const char *path)
{
	FILE *file = fopen(path, "w");

	CHECK(file != NULL);
	if (file == NULL)
		return;
	fputs(OLD, file);
	fclose(file);
}

static bool
is_old(const char *path)
{
	char text[sizeof(OLD) + 1] = "";
	FILE *file = fopen(path, "r");
	size_t n = 0;

	if (file != NULL) {
		n = fread(text, 1, sizeof(text), file);
		fclose(file);
	}
	return (n == sizeof(OLD) - 1 && memcmp(text, OLD, n) == 0);
}

static bool
is_core(const char *path)
{
	uint8_t *text = calloc(1, WHOLE + 1);
	FILE *file = fopen(path, "r");
	size_t n = 0;
	bool same;

	if (file != NULL && text != NULL)
		n = fread(text, 1, WHOLE + 1, file);
	if (file != NULL)
		fclose(file);
	same = n == WHOLE && memcmp(text, head, PAGE) == 0 &&
	       memcmp(text + PAGE, memory, MEMORY) == 0;
	free(text);
	return (same);
}

static void
whole(void)
{
	uint64_t stored = fill();
	struct core_size size;
	struct stat st;

	answer_at = 0;
	CHECK_EQ(write_core("core", &size), 0);
	CHECK(is_core("core"));
	CHECK_EQ(size.bytes, WHOLE);
	CHECK_EQ(size.stored, stored);
	CHECK(stat("core", &st) == 0);
	CHECK_EQ(st.st_size, WHOLE);
	CHECK((uint64_t)st.st_blocks * 512 < WHOLE);
	CHECK_EQ(files_here(), 1);
	unlink("core");
}

static void
all_zero(void)
{
	struct core_size size;

	memset(memory, 0, MEMORY);
	answer_at = 0;
	CHECK_EQ(write_core("core", &size), 0);
	CHECK(is_core("core"));
	CHECK_EQ(size.bytes, WHOLE);
	CHECK_EQ(size.stored, PAGE);
	unlink("core");
}

/* Another name of the old file keeps the old content. */
static void
replaces(void)
{
	struct core_size size;

	fill();
	answer_at = 0;
	put_old("core");
	CHECK(link("core", "other") == 0);
	CHECK_EQ(write_core("core", &size), 0);
	CHECK(is_core("core"));
	CHECK(is_old("other"));
	CHECK_EQ(files_here(), 2);
	unlink("core");
	unlink("other");
}

static void
stopped_anywhere(void)
{
	struct core_size size;
	unsigned questions;

	fill();
	answer_at = 0;
	CHECK_EQ(write_core("core", &size), 0);
	questions = asked;
	CHECK(questions > 3);
	for (answer_at = 1; answer_at <= questions; answer_at++) {
		put_old("core");
		CHECK_EQ(write_core("core", &size), -1);
		CHECK_EQ(errno, EINTR);
		CHECK(is_old("core"));
		CHECK_EQ(files_here(), 1);
	}
	unlink("core");
}

static void
fails(const char *path, int error)
{
	struct core_size size;

	answer_at = 0;
	CHECK_EQ(write_core(path, &size), -1);
	CHECK_EQ(errno, error);
}

static void
no_place(void)
{
	fill();
	put_old("file");
	CHECK(mkdir("folder", 0777) == 0);
	fails("nowhere/core", ENOENT);
	fails("file/core", ENOTDIR);
	fails("folder", EISDIR);
	CHECK(is_old("file"));
	CHECK_EQ(files_here(), 2);
	CHECK(rmdir("folder") == 0);
	unlink("file");
}

static void
long_names(void)
{
	char name[257];
	struct core_size size;

	fill();
	memset(name, 'n', sizeof(name));
	name[256] = '\0';
	fails(name, ENAMETOOLONG);
	CHECK_EQ(files_here(), 0);
	name[255] = '\0';
	CHECK_EQ(write_core(name, &size), 0);
	CHECK(is_core(name));
	CHECK_EQ(files_here(), 1);
	unlink(name);
}

/* The size counts, not what is stored: the last pages are zero. */
static void
size_limit(void)
{
	struct rlimit old, limit;

	memset(memory, 0, MEMORY);
	CHECK(getrlimit(RLIMIT_FSIZE, &old) == 0);
	limit = old;
	limit.rlim_cur = MEMORY;
	CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	put_old("core");
	fails("core", EFBIG);
	CHECK(setrlimit(RLIMIT_FSIZE, &old) == 0);
	CHECK(is_old("core"));
	CHECK_EQ(files_here(), 1);
	unlink("core");
}

static char folder[] = "/tmp/xcvm-unit-XXXXXX";

static void
begin(void)
{
	signal(SIGXFSZ, SIG_IGN);
	memory = calloc(PAGES, PAGE);
	if (memory == NULL || mkdtemp(folder) == NULL || chdir(folder) == -1) {
		perror(folder);
		exit(1);
	}
}

static void
end(void)
{
	CHECK_EQ(files_here(), 0);
	CHECK(chdir("/") == 0);
	CHECK(rmdir(folder) == 0);
	free(memory);
}

UNIT_MAIN(TEST(begin), TEST(whole), TEST(all_zero), TEST(replaces),
    TEST(stopped_anywhere), TEST(no_place), TEST(long_names), TEST(size_limit),
    TEST(end))
