/* SPDX-License-Identifier: ISC */
/* The library: memory, strings, formats. */
#include <sys/kmem.h>
#include <machine/hypercall.h>
#include "ground.h"

/* --- kmem(9) --- */

static bool
all_bytes(const void *p, u_char value, size_t len)
{
	const u_char *bytes = p;

	for (size_t i = 0; i < len; i++)
		if (bytes[i] != value)
			return (false);
	return (true);
}

#define LARGE (2 * PAGE_SIZE + 10)

CASE(kmem_sizes, .api = XCVM_API_KERNEL,
    .doc = "Blocks of every size are aligned, apart, zeroed on request, "
	   "poisoned.")
{
	static const size_t sizes[] = {1, 8, 63, 64, 65, 100, 128, 200, 500};
	u_char *p[nitems(sizes)], *large;

	for (u_int i = 0; i < nitems(sizes); i++) {
		p[i] = kmem_alloc(sizes[i], KM_SLEEP);
		CHECK_EQ((uintptr_t)p[i] % CACHE_LINE_SIZE, 0);
		memset(p[i], (int)i + 1, sizes[i]);
	}
	for (u_int i = 0; i < nitems(sizes); i++)
		CHECK(all_bytes(p[i], (u_char)(i + 1), sizes[i]));
	for (u_int i = 0; i < nitems(sizes); i++) {
		kmem_free(p[i], sizes[i]);
		/* The first word may link free blocks. */
		if (sizes[i] > 8)
			CHECK(all_bytes(p[i] + 8, KMEM_POISON, sizes[i] - 8));
	}
	for (u_int i = 0; i < nitems(sizes); i++) {
		p[i] = kmem_zalloc(sizes[i], KM_NOSLEEP);
		CHECK(p[i] != NULL);
		CHECK(all_bytes(p[i], 0, sizes[i]));
	}
	/* One of several pages, which was not zero before. */
	large = kmem_alloc(LARGE, KM_SLEEP);
	memset(large, 1, LARGE);
	kmem_free(large, LARGE);
	large = kmem_zalloc(LARGE, KM_SLEEP);
	for (u_int i = 0; i < LARGE; i += 60)
		CHECK_EQ(large[i], 0);
	CHECK_EQ(large[LARGE - 1], 0);
}

CASE(kmem_exhausted, .api = XCVM_API_KERNEL,
    .doc = "KM_NOSLEEP returns NULL when memory is out; what is freed comes "
	   "back.")
{
	const size_t line = CACHE_LINE_SIZE;
	uint8_t *last[3] = {NULL}, *p;
	size_t taken = 0;
	uintptr_t end = 0;

	/* In ever smaller blocks, down to the last line. */
	for (size_t size = boot->mem_size / 4; size >= line; size /= 2) {
		while ((p = kmem_alloc(size, KM_NOSLEEP)) != NULL) {
			for (u_int i = nitems(last) - 1; i > 0; i--)
				last[i] = last[i - 1];
			last[0] = p;
			taken += size;
			end = MAX(end, (uintptr_t)p + size);
			CHECK_LE((uintptr_t)p + size, boot->heap_end);
			if (!CHECK(taken <= boot->mem_size))
				return;
		}
	}
	CHECK_GE(taken, boot->mem_size / 2);
	CHECK_GE(end + line - 1, boot->heap_end);
	CHECK(kmem_zalloc(line, KM_NOSLEEP) == NULL);
	/* Those may be larger, and are given back as lines. */
	for (u_int i = 0; i < nitems(last); i++)
		if (CHECK(last[i] != NULL))
			kmem_free(last[i], line);
	for (u_int i = 0; i < nitems(last); i++) {
		p = kmem_alloc(line, KM_NOSLEEP);
		CHECK(p == last[0] || p == last[1] || p == last[2]);
	}
	CHECK(kmem_alloc(line, KM_NOSLEEP) == NULL);
}

CASE(kmem_out_of_memory, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .panic = "kmem_alloc: no memory left",
    .doc = "KM_SLEEP panics when memory is out: nobody would free any.")
{
	for (;;)
		(void)kmem_alloc(boot->mem_size / 4, KM_SLEEP);
}

CASE(kmem_too_large, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_MISUSE,
    .panic = "class < KMEM_CLASSES",
    .doc = "A size beyond all there can be, and beyond 32 bits, panics.")
{
	(void)kmem_alloc((size_t)1 << 33, KM_SLEEP);
}

static struct budget budget;
static volatile u_int allocations;

static void
alloc_cpu(u_int cpu, void *arg __unused)
{
	struct rng rng = rng_init(cpu);
	struct block {
		uint64_t *p;
		size_t size;
	} blocks[8] = {{NULL, 0}};
	u_int n = 0;

	for (; budget_left(&budget); n++) {
		struct block *b = &blocks[rng_below(&rng, nitems(blocks))];

		if (b->p != NULL) {
			/* Ours all the time: first and last word. */
			CHECK_EQ(b->p[0], (uintptr_t)b);
			CHECK_EQ(b->p[b->size / 8 - 1], (uintptr_t)b);
			kmem_free(b->p, b->size);
		}
		b->size = 8 * (1 + rng_below(&rng, 64));
		b->p = kmem_alloc(b->size, KM_SLEEP);
		b->p[0] = b->p[b->size / 8 - 1] = (uintptr_t)b;
	}
	for (u_int i = 0; i < nitems(blocks); i++)
		if (blocks[i].p != NULL)
			kmem_free(blocks[i].p, blocks[i].size);
	atomic_add_uint(&allocations, n);
}

CASE(kmem_stress, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_STRESS,
    .doc = "No block is given to two CPUs at once.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(100)))
{
	budget = budget_start();
	on_each_cpu(alloc_cpu, NULL);
	case_metric("allocations", "", allocations);
}

/* --- printf(9) --- */

static void format(u_int line, const char *expected, const char *fmt, ...)
    __printflike(3, 4);

static void
format(u_int line, const char *expected, const char *fmt, ...)
{
	char got[64];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(got, sizeof(got), fmt, ap);
	va_end(ap);
	if (strcmp(got, expected) != 0 || (size_t)len != strlen(expected))
		case_failed(__FILE__, line, fmt, "gave \"%s\", %d", got, len);
}
#define FORMAT(...) format(__LINE__, __VA_ARGS__)

CASE(printf_formats, .api = XCVM_API_KERNEL,
    .doc = "Every conversion, flag, width and precision that is promised.")
{
	void (*volatile unchecked)(u_int, const char *, const char *, ...) =
	    format;
	const char *volatile none = NULL;
	char small[4];

	FORMAT("0 -1 2147483647", "%d %i %d", 0, -1, INT32_MAX);
	FORMAT("-2147483648", "%d", INT32_MIN);
	FORMAT("-9223372036854775808", "%ld", INT64_MIN);
	FORMAT("18446744073709551615", "%lu", UINT64_MAX);
	FORMAT("4294967295 ffffffff", "%u %x", UINT32_MAX, UINT32_MAX);
	FORMAT("1234567890abcdef", "%llx", 0x1234567890abcdefULL);
	FORMAT("12 34", "%zu %jd", (size_t)12, (intmax_t)34);
	FORMAT("0xff 0x200000", "%#x %p", 0xff, (void *)0x200000);
	FORMAT("[   42] [42   ] [00042]", "[%5d] [%-5d] [%05d]", 42, 42, 42);
	FORMAT(
	    "[  -42] [-0042] [0x002a]", "[%5d] [%05d] [%#06x]", -42, -42, 42);
	FORMAT("[00042] [  042]", "[%.5d] [%5.3d]", 42, 42);
	FORMAT("[abc] [  abc] [abc  ] [ab]", "[%s] [%5s] [%-5s] [%.2s]", "abc",
	    "abc", "abc", "abc");
	FORMAT("x%y", "%c%%%c", 'x', 'y');
	FORMAT("(null)", "%s", none);
	/* The compiler warns of flags that are to have no effect. */
	unchecked(__LINE__, "[42   ] [  042]", "[%-05d] [%05.3d]", 42, 42);
	CHECK_EQ(printf("%1030s", "\n"), 1030);
	CHECK_EQ(snprintf(small, sizeof(small), "%d", 123456), 6);
	CHECK_EQ(strcmp(small, "123"), 0);
	CHECK_EQ(snprintf(NULL, 0, "%s", "abc"), 3);
}

CASE(printf_unknown_conversion, .api = XCVM_API_KERNEL,
    .kind = XCVM_KIND_MISUSE, .panic = "printf: conversion %f is not supported",
    .doc = "A conversion that is not promised panics.")
{
	/* Behind the compiler's back, which would refuse it. */
	int (*volatile print)(const char *, ...) = printf;

	print("%f");
}

/* --- strings --- */

CASE(string_functions, .api = XCVM_API_KERNEL,
    .doc = "memcpy, memmove, memset, memcmp, strlen, strcmp, strlcpy.")
{
	char a[16], b[16];

	memset(a, 'x', sizeof(a));
	CHECK(all_bytes(a, 'x', sizeof(a)));
	CHECK_EQ(strlcpy(a, "0123456789", sizeof(a)), 10);
	CHECK_EQ(strlen(a), 10);
	CHECK_EQ(a[11], 'x');
	memcpy(b, a, sizeof(b));
	CHECK_EQ(memcmp(a, b, sizeof(b)), 0);
	memmove(b + 2, b, 11);
	CHECK_EQ(strcmp(b, "010123456789"), 0);
	memmove(b, b + 2, 11);
	CHECK_EQ(strcmp(b, "0123456789"), 0);
	CHECK(strcmp("a", "b") < 0 && strcmp("b", "a") > 0);
	CHECK(strcmp("a", "ab") < 0 && strcmp("\x80", "a") > 0);
	CHECK(memcmp("a\0b", "a\0c", 3) < 0 && memcmp("a", "b", 0) == 0);
	CHECK(memcmp("\x80", "a", 1) > 0 && strcmp("a", "\x80") < 0);
	CHECK_EQ(strlcpy(b, "0123456789", 4), 10);
	CHECK_EQ(strcmp(b, "012"), 0);
}

#define STRING_MAX 12

static int
sign(int n)
{
	return ((n > 0) - (n < 0));
}

/* Two strings of that length that differ at one place alone, by `step`. */
static void
differ_at(size_t len, size_t at, int step)
{
	char a[STRING_MAX + 1], b[STRING_MAX + 1];

	memset(a, 'm', len);
	a[len] = '\0';
	memcpy(b, a, sizeof(b));
	CHECK_EQ(memcmp(a, b, len + 1), 0);
	CHECK_EQ(strcmp(a, b), 0);
	b[at] = (char)('m' + step);
	CHECK_EQ(sign(memcmp(a, b, len)), -step);
	CHECK_EQ(sign(strcmp(a, b)), -step);
	CHECK_EQ(memcmp(a, b, at), 0);
}

/* A copy to every place of an array, from every other, overlapping or not. */
static void
move_between(size_t from, size_t to, size_t len)
{
	u_char array[2 * STRING_MAX], expected[2 * STRING_MAX];

	for (size_t i = 0; i < sizeof(array); i++)
		array[i] = expected[i] = (u_char)(i + 1);
	for (size_t i = 0; i < len; i++)
		expected[to + i] = (u_char)(from + i + 1);
	CHECK(memmove(array + to, array + from, len) == array + to);
	for (size_t i = 0; i < sizeof(array); i++)
		CHECK_EQ(array[i], expected[i]);
}

CASE(string_functions_every_place, .api = XCVM_API_KERNEL,
    .doc = "Strings that differ at any one place are told apart, and bytes "
	   "are moved from any place to any other.")
{
	char copy[STRING_MAX + 1];

	for (size_t len = 1; len <= STRING_MAX; len += 3)
		for (size_t at = 0; at < len; at++) {
			differ_at(len, at, 1);
			differ_at(len, at, -1);
		}
	for (size_t from = 0; from <= 4; from++)
		for (size_t to = 0; to <= 4; to++)
			for (size_t len = 0; len <= 6; len += 2)
				move_between(from, to, len);
	memset(copy, 'x', sizeof(copy));
	CHECK_EQ(strlcpy(copy, "abc", 0), 3);
	CHECK_EQ(copy[0], 'x');
	for (size_t size = 1; size <= 5; size++) {
		memset(copy, 'x', sizeof(copy));
		CHECK_EQ(strlcpy(copy, "abc", size), 3);
		CHECK_EQ(strlen(copy), MIN(size - 1, 3));
		CHECK_EQ(memcmp(copy, "abc", MIN(size - 1, 3)), 0);
		CHECK_EQ(copy[size], 'x');
	}
}
