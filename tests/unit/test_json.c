/* SPDX-License-Identifier: ISC */
/*
 * The JSON writer: what it writes of each value, byte by byte.
 */
#include <sys/resource.h>
#include <sys/wait.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "unit.h"

/* A sanitizer's allocator ends the program unless it is told not to. */
const char *__asan_default_options(void);
const char *__tsan_default_options(void);

const char *
__asan_default_options(void)
{
	return ("allocator_may_return_null=1");
}

const char *
__tsan_default_options(void)
{
	return ("allocator_may_return_null=1");
}

static struct json j;

/* What was written is that text; begin anew. */
static void
written(const char *expected, int line)
{
	CHECK(!json_failed(&j));
	if (!CHECK(j.len == strlen(expected) &&
		   memcmp(j.text, expected, j.len) == 0)) {
		printf("line %d: ", line);
		for (size_t i = 0; i < j.len; i++)
			printf(j.text[i] < ' ' || j.text[i] > '~' ? "\\x%02x"
								  : "%c",
			    (unsigned char)j.text[i]);
		printf(" was written\n");
	}
	json_reset(&j);
}

#define WRITTEN(expected) written((expected), __LINE__)

#define STRING(value, expected)               \
	do {                                  \
		json_string(&j, NULL, value); \
		WRITTEN(expected);            \
	} while (0)

static void
escapes(void)
{
	json_init(&j);
	STRING("", "\"\"");
	STRING("plain / text", "\"plain / text\"");
	STRING("\"\\", "\"\\\"\\\\\"");
	STRING("a\nb\tc", "\"a\\nb\\tc\"");
	STRING("\x01\b\f\r\x1f ~\x7f",
	    "\"\\u0001\\u0008\\u000c\\u000d\\u001f ~\\u007f\"");
	STRING(NULL, "null");
	json_string_len(&j, NULL, "a\0b", 3);
	WRITTEN("\"a\\u0000b\"");
	json_string_len(&j, NULL, "abc", 2);
	WRITTEN("\"ab\"");
	json_free(&j);
}

#define BAD "\xef\xbf\xbd"

static void
utf8(void)
{
	json_init(&j);
	/* The first and the last of each length. */
	STRING("\xc2\x80\xdf\xbf", "\"\xc2\x80\xdf\xbf\"");
	STRING("\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf",
	    "\"\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\"");
	STRING("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf",
	    "\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"");
	/* Each byte that begins no character stands for itself. */
	STRING("a\x80z", "\"a" BAD "z\"");
	STRING("\xff\xfe", "\"" BAD BAD "\"");
	STRING("\xc0\xaf", "\"" BAD BAD "\"");
	STRING("\xe0\x9f\xbf", "\"" BAD BAD BAD "\"");
	STRING("\xed\xa0\x80", "\"" BAD BAD BAD "\"");
	STRING("\xf0\x8f\xbf\xbf", "\"" BAD BAD BAD BAD "\"");
	STRING("\xf4\x90\x80\x80", "\"" BAD BAD BAD BAD "\"");
	STRING("\xf5\x80\x80\x80", "\"" BAD BAD BAD BAD "\"");
	STRING("\xe2\x82z", "\"" BAD BAD "z\"");
	STRING("\xe2(\xa1", "\"" BAD "(" BAD "\"");
	/* Cut off by the end, with its rest behind it in memory. */
	STRING("\xc3", "\"" BAD "\"");
	json_string_len(&j, NULL, "\xe2\x82\xac", 2);
	WRITTEN("\"" BAD BAD "\"");
	json_string_len(&j, NULL, "\xf0\x9f\x98\x80", 3);
	WRITTEN("\"" BAD BAD BAD "\"");
	json_free(&j);
}

static void
numbers(void)
{
	json_init(&j);
	json_array(&j, NULL);
	json_u64(&j, NULL, 0);
	json_u64(&j, NULL, UINT64_MAX);
	json_i64(&j, NULL, INT64_MIN);
	json_i64(&j, NULL, -1);
	json_i64(&j, NULL, INT64_MAX);
	json_array_end(&j);
	WRITTEN("[0,18446744073709551615,-9223372036854775808,-1,"
		"9223372036854775807]");
	json_array(&j, NULL);
	json_hex(&j, NULL, 0);
	json_hex(&j, NULL, 0x200123);
	json_hex(&j, NULL, UINT64_MAX);
	json_array_end(&j);
	WRITTEN("[\"0x0\",\"0x200123\",\"0xffffffffffffffff\"]");
	json_array(&j, NULL);
	json_seconds(&j, NULL, 0);
	json_seconds(&j, NULL, 1);
	json_seconds(&j, NULL, 999999);
	json_seconds(&j, NULL, 1000000);
	json_seconds(&j, NULL, 61000020);
	json_seconds(&j, NULL, UINT64_MAX);
	json_array_end(&j);
	WRITTEN("[0.000000,0.000001,0.999999,1.000000,61.000020,"
		"18446744073709.551615]");
	json_array(&j, NULL);
	json_bool(&j, NULL, true);
	json_bool(&j, NULL, false);
	json_null(&j, NULL);
	json_array_end(&j);
	WRITTEN("[true,false,null]");
	json_free(&j);
}

static void
nesting(void)
{
	json_init(&j);
	json_object(&j, NULL);
	json_array(&j, "none");
	json_array_end(&j);
	json_object(&j, "empty");
	json_object_end(&j);
	json_array(&j, "list");
	json_object(&j, NULL);
	json_u64(&j, "a", 1);
	json_object_end(&j);
	json_object(&j, NULL);
	json_string(&j, "b\"", "x");
	json_object_end(&j);
	json_array_end(&j);
	json_u64(&j, "last", 2);
	json_object_end(&j);
	json_newline(&j);
	/* Of lines, none begins with a comma. */
	json_object(&j, NULL);
	json_object_end(&j);
	json_newline(&j);
	WRITTEN("{\"none\":[],\"empty\":{},\"list\":[{\"a\":1},"
		"{\"b\\\"\":\"x\"}],\"last\":2}\n{}\n");
	for (int i = 0; i < JSON_DEPTH_MAX; i++)
		json_array(&j, NULL);
	for (int i = 0; i < JSON_DEPTH_MAX; i++)
		json_array_end(&j);
	WRITTEN("[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]");
	json_free(&j);
}

static void
too_deep(void)
{
	for (int i = 0; i <= JSON_DEPTH_MAX; i++)
		json_array(&j, NULL);
}

static void
too_many_ends(void)
{
	json_object(&j, NULL);
	json_object_end(&j);
	json_object_end(&j);
}

static void
open_at_the_end(void)
{
	json_object(&j, NULL);
	json_newline(&j);
}

/* It is asserted: does the child abort? */
static bool
aborts(void (*misuse)(void))
{
	static const struct rlimit none;
	int status = 0;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		setrlimit(RLIMIT_CORE, &none);
		if (freopen("/dev/null", "w", stderr) == NULL)
			_exit(1);
		json_init(&j);
		misuse();
		_exit(0);
	}
	return (CHECK(child > 0 && waitpid(child, &status, 0) == child) &&
		WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void
misuse(void)
{
	CHECK(aborts(too_deep));
	CHECK(aborts(too_many_ends));
	CHECK(aborts(open_at_the_end));
}

/* Through many sizes of the buffer, by pieces of many sizes. */
static void
growth(void)
{
	static char piece[3000];
	size_t len = 0;

	json_init(&j);
	memset(piece, 'x', sizeof(piece));
	for (size_t n = 0; n < sizeof(piece); n += 7) {
		json_string_len(&j, NULL, piece, n);
		len += n + 2 + (n > 0);
		CHECK_EQ(j.len, len);
	}
	CHECK(j.size >= j.len);
	for (size_t i = 0, n = 0; n < sizeof(piece); n += 7) {
		CHECK_EQ((unsigned char)j.text[i], n > 0 ? ',' : '"');
		i += n + 2 + (n > 0);
		CHECK_EQ((unsigned char)j.text[i - 1], '"');
	}
	json_reset(&j);
	CHECK(j.text != NULL && j.len == 0);
	json_u64(&j, NULL, 7);
	WRITTEN("7");
	json_free(&j);
	CHECK(j.text == NULL && j.len == 0 && j.size == 0);
}

/* The buffer says that it is full; twice its size is more than there can be. */
static void
no_memory(void)
{
	int told = dup(STDERR_FILENO);

	json_init(&j);
	json_array(&j, NULL);
	CHECK(!json_failed(&j));
	/* A sanitizer warns of it. */
	CHECK(freopen("/dev/null", "w", stderr) != NULL);
	j.len = j.size = (size_t)1 << 62;
	json_u64(&j, NULL, 1);
	CHECK(dup2(told, STDERR_FILENO) == STDERR_FILENO);
	close(told);
	CHECK(json_failed(&j));
	/* It fails for good, although there would be room again. */
	j.len = 1;
	json_u64(&j, NULL, 2);
	json_string(&j, NULL, "text");
	json_array_end(&j);
	CHECK(json_failed(&j));
	CHECK_EQ(j.len, 1);
	json_reset(&j);
	CHECK(!json_failed(&j));
	json_free(&j);
}

UNIT_MAIN(TEST(escapes), TEST(utf8), TEST(numbers), TEST(nesting), TEST(misuse),
    TEST(growth), TEST(no_memory))
