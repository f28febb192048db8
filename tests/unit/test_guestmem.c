/* SPDX-License-Identifier: ISC */
/*
 * Guest memory: no byte outside it is ever pointed at, copied or changed.
 */
#include <string.h>

#include "unit.h"
#include "vm/guestmem.h"

#define SIZE  0x10000ULL
#define START GUESTMEM_START

static struct guestmem mem;
static struct failure why;

static void
begin(void)
{
	CHECK_EQ((uint64_t)guestmem_create(&mem, SIZE, &why), 0);
}

static void
created(void)
{
	begin();
	CHECK_EQ(mem.size, SIZE);
	for (uint64_t gpa = 0; gpa < SIZE; gpa++)
		if (mem.base[gpa] != 0 && !CHECK(!"zeroed"))
			break;
	guestmem_destroy(&mem);
	CHECK(mem.base == NULL);
	CHECK(guestmem_range(&mem, START, 1) == NULL);
	guestmem_destroy(&mem);
}

/* More than a process has addresses. */
static void
refused(void)
{
	why.text[0] = '\0';
	mem.base = (uint8_t *)&why;
	mem.size = SIZE;
	CHECK(guestmem_create(&mem, 1ULL << 62, &why) == -1);
	CHECK_EQ(why.verdict, VERDICT_USAGE);
	CHECK_HAS(
	    why.text, "--mem: the host does not give 4503599627370496 KiB");
	CHECK_HAS(why.text, "take less");
	CHECK(mem.base == NULL);
	CHECK(guestmem_range(&mem, START, 1) == NULL);
}

static void
bounds(void)
{
	static const struct {
		uint64_t gpa, len;
		bool inside;
	} rows[] = {
	    {START, 1, true},
	    {START, SIZE - START, true},
	    {START, SIZE - START + 1, false},
	    {START - 1, 1, false},
	    {START - 1, 2, false},
	    {0, 1, false},
	    {0, SIZE, false},
	    {SIZE - 1, 1, true},
	    {SIZE - 1, 2, false},
	    {SIZE, 0, true},
	    {SIZE, 1, false},
	    {SIZE + 1, 0, false},
	    /* Sums that wrap around, to where memory is. */
	    {START, UINT64_MAX, false},
	    {START, UINT64_MAX - START + 1, false},
	    {SIZE - 1, UINT64_MAX - SIZE + 2 + START, false},
	    {UINT64_MAX, 1, false},
	    {UINT64_MAX, START + 2, false},
	    {UINT64_MAX - 7, 8, false},
	    {UINT64_MAX, UINT64_MAX, false},
	};

	begin();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t gpa = rows[i].gpa;
		void *at = guestmem_range(&mem, gpa, rows[i].len);
		uint8_t *expected = rows[i].inside ? mem.base + gpa : NULL;

		CHECK_EQ((uintptr_t)at, (uintptr_t)expected);
	}
	guestmem_destroy(&mem);
}

static void
copies(void)
{
	uint64_t value = 0x1122334455667788, got = 0;

	begin();
	CHECK(guestmem_write(&mem, SIZE - 8, &value, 8) == 0);
	CHECK(guestmem_read(&mem, SIZE - 8, &got, 8) == 0);
	CHECK_EQ(got, value);
	CHECK_EQ(mem.base[SIZE - 8], 0x88);
	/* All or nothing. */
	got = 42;
	CHECK(guestmem_read(&mem, SIZE - 7, &got, 8) == -1);
	CHECK_EQ(got, 42);
	memset(mem.base, 0, SIZE);
	CHECK(guestmem_write(&mem, SIZE - 7, &value, 8) == -1);
	CHECK(guestmem_write(&mem, START - 1, &value, 8) == -1);
	for (uint64_t gpa = 0; gpa < SIZE; gpa++)
		if (mem.base[gpa] != 0 && !CHECK(!"untouched"))
			break;
	guestmem_destroy(&mem);
}

#define STRING(gpa, size, expected, text)                                   \
	do {                                                                \
		char to[16];                                                \
                                                                            \
		memset(to, '~', sizeof(to));                                \
		CHECK_EQ(guestmem_string(&mem, (gpa), to, (size)),          \
		    GUESTMEM_STRING_##expected);                            \
		CHECK(memchr(to, '\0', (size)) != NULL);                    \
		CHECK(strncmp(to, (text), sizeof(to)) == 0);                \
		for (size_t i = (size); i < sizeof(to); i++)                \
			CHECK_EQ((unsigned char)to[i], (unsigned char)'~'); \
	} while (0)

static void
strings(void)
{
	begin();
	strcpy((char *)mem.base + START, "seven77");
	STRING(START, 8, OK, "seven77");
	STRING(START, 15, OK, "seven77");
	STRING(START + 7, 1, OK, "");
	STRING(START, 7, ENDLESS, "seven7");
	STRING(START, 1, ENDLESS, "");
	/* The end of memory, with the NUL and without. */
	memcpy(mem.base + SIZE - 4, "end", 4);
	STRING(SIZE - 4, 15, OK, "end");
	memcpy(mem.base + SIZE - 4, "endX", 4);
	STRING(SIZE - 4, 15, OUTSIDE, "end");
	STRING(SIZE - 4, 5, OUTSIDE, "end");
	STRING(SIZE - 4, 4, ENDLESS, "end");
	STRING(SIZE - 1, 15, OUTSIDE, "");
	STRING(SIZE, 15, OUTSIDE, "");
	STRING(START - 1, 15, OUTSIDE, "");
	STRING(0, 15, OUTSIDE, "");
	STRING(UINT64_MAX, 15, OUTSIDE, "");
	guestmem_destroy(&mem);
}

UNIT_MAIN(
    TEST(created), TEST(refused), TEST(bounds), TEST(copies), TEST(strings))
