/* SPDX-License-Identifier: ISC */
/*
 * Unit tests of modules of the VMM: programs on the host, without KVM.
 *
 * A program is one file test_*.c, linked with all of the VMM but main.c and
 * with what tests share.  It ends with UNIT_MAIN(TEST(a), TEST(b), ...), where
 * a and b are functions void (*)(void) that CHECK.  It tells each on a line,
 * `ok NAME` or `not ok NAME` with what failed before it, and exits 1 if one
 * failed.  A test that takes longer than UNIT_SECONDS ends the program by
 * SIGALRM.
 */
#ifndef UNIT_H
#define UNIT_H

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UNIT_SECONDS 120

struct unit_test {
	const char *name;
	void (*run)(void);
};

#define TEST(function)              \
	{                           \
#function, function \
	}

/* A check that fails is told; the test goes on. */
#define CHECK(condition)      unit_check((condition), __FILE__, __LINE__, #condition)
#define CHECK_EQ(a, b)	      unit_equal((a), (b), __FILE__, __LINE__, #a, #b)
#define CHECK_HAS(text, part) unit_has((text), (part), __FILE__, __LINE__)

#define UNIT_MAIN(...)                                                      \
	int main(void)                                                      \
	{                                                                   \
		static const struct unit_test tests[] = {__VA_ARGS__};      \
		return (unit_run(tests, sizeof(tests) / sizeof(tests[0]))); \
	}

bool unit_check(bool good, const char *file, int line, const char *expr);
bool unit_equal(uint64_t a, uint64_t b, const char *file, int line,
    const char *a_expr, const char *b_expr);
bool unit_has(const char *text, const char *part, const char *file, int line);
int unit_run(const struct unit_test *tests, size_t ntests);

#endif /* UNIT_H */
