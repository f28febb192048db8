/* SPDX-License-Identifier: ISC */
/*
 * Lists of numbers: what is taken, what is refused and how, and back to text.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpulist.h"
#include "unit.h"

#define MAX	  255
#define MAX_COUNT 8

static struct refusal why;

/* It parses, to those numbers. */
static void
taken(const char *text, uint32_t max, const uint32_t *id, size_t count)
{
	struct cpulist list;

	if (!CHECK(cpulist_parse(&list, "--pin", text, max, MAX_COUNT, &why) ==
		   0)) {
		printf("%s: %s\n", text, why.text);
		return;
	}
	CHECK_EQ(list.count, count);
	for (size_t i = 0; i < count && i < list.count; i++)
		CHECK_EQ(list.id[i], id[i]);
	cpulist_free(&list);
	CHECK(list.id == NULL && list.count == 0);
}

#define TAKEN(text, ...)                                              \
	do {                                                          \
		static const uint32_t ids_[] = {__VA_ARGS__};         \
                                                                      \
		taken(text, MAX, ids_, sizeof(ids_) / sizeof(*ids_)); \
	} while (0)

static void
good(void)
{
	static const uint32_t high[] = {
	    UINT32_MAX - 2, UINT32_MAX - 1, UINT32_MAX};

	TAKEN("0", 0);
	TAKEN("255", 255);
	TAKEN("007", 7);
	TAKEN("0,2,4-7", 0, 2, 4, 5, 6, 7);
	TAKEN("5-5", 5);
	TAKEN("254-255", 254, 255);
	/* In the order written, each as often as it is. */
	TAKEN("3,1,2", 3, 1, 2);
	TAKEN("1,1,0-2", 1, 1, 0, 1, 2);
	TAKEN("0-7", 0, 1, 2, 3, 4, 5, 6, 7);
	TAKEN("0-3,0-3", 0, 1, 2, 3, 0, 1, 2, 3);
	taken("4294967293-4294967295", UINT32_MAX, high, 3);
}

static void
refused(const char *text, uint32_t max, const char *expected)
{
	struct cpulist list;

	if (!CHECK(cpulist_parse(&list, "--pin", text, max, MAX_COUNT, &why) ==
		   -1)) {
		printf("'%s' was taken\n", text);
		cpulist_free(&list);
		return;
	}
	if (!CHECK(strcmp(why.text, expected) == 0))
		printf("%s\n", why.text);
	CHECK(list.id == NULL && list.count == 0);
}

static void
malformed(void)
{
	static const char *const texts[] = {"", ",", "1,", ",1", "1,,2", "-",
	    "-1", "1-", "1-,2", "1--2", "1-2-3", " 1", "1 ", "1, 2", "+1", "x",
	    "1x", "0x1", "1.5", "1;2", "1\n"};
	char expected[128];

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		snprintf(expected, sizeof(expected),
		    "--pin '%s': not a list of numbers: say it like 0,2,4-7",
		    texts[i]);
		refused(texts[i], MAX, expected);
	}
}

static void
limits(void)
{
	refused("256", MAX, "--pin 256: must be from 0 to 255");
	refused("0,250-256", MAX, "--pin 0,250-256: must be from 0 to 255");
	refused("4294967296", UINT32_MAX,
	    "--pin 4294967296: must be from 0 to 4294967295");
	/* Numbers that no type holds. */
	refused("18446744073709551615", MAX,
	    "--pin 18446744073709551615: must be from 0 to 255");
	refused("18446744073709551616", MAX,
	    "--pin 18446744073709551616: must be from 0 to 255");
	refused("0-99999999999999999999999", MAX,
	    "--pin 0-99999999999999999999999: must be from 0 to 255");
	refused("0-8", MAX, "--pin 0-8: at most 8 numbers");
	refused("0-7,0", MAX, "--pin 0-7,0: at most 8 numbers");
	/* At once, whatever the range would come to. */
	refused("0-4294967295", UINT32_MAX,
	    "--pin 0-4294967295: at most 8 numbers");
	refused("7-4", MAX,
	    "--pin 7-4: the range 7-4 runs backwards: write the smaller "
	    "number first");
	refused("1,2-1", MAX,
	    "--pin 1,2-1: the range 2-1 runs backwards: write the smaller "
	    "number first");
}

#define FORMATTED(expected, ...)                                               \
	do {                                                                   \
		static const uint32_t ids_[] = {__VA_ARGS__};                  \
		char *text_ =                                                  \
		    cpulist_format(ids_, sizeof(ids_) / sizeof(*ids_));        \
                                                                               \
		CHECK(text_ != NULL && strcmp(text_, expected) == 0);          \
		taken(                                                         \
		    expected, UINT32_MAX, ids_, sizeof(ids_) / sizeof(*ids_)); \
		free(text_);                                                   \
	} while (0)

/* As short as can be, and back to the same list. */
static void
format(void)
{
	char *none = cpulist_format(NULL, 0);

	CHECK(none != NULL && none[0] == '\0');
	free(none);
	FORMATTED("0", 0);
	FORMATTED("0-1", 0, 1);
	FORMATTED("0,2,4-7", 0, 2, 4, 5, 6, 7);
	FORMATTED("3,2,1", 3, 2, 1);
	FORMATTED("1,1-3,3", 1, 1, 2, 3, 3);
	FORMATTED("0-3,0-3", 0, 1, 2, 3, 0, 1, 2, 3);
	FORMATTED("4294967294-4294967295", UINT32_MAX - 1, UINT32_MAX);
	/* What follows the last number is not the first. */
	FORMATTED("4294967295,0", UINT32_MAX, 0);
}

UNIT_MAIN(TEST(good), TEST(malformed), TEST(limits), TEST(format))
