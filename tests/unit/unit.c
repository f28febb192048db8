/* SPDX-License-Identifier: ISC */
/*
 * Unit tests of modules of the VMM: what their programs share.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

static unsigned failures; /* of the test that runs */

bool
unit_check(bool good, const char *file, int line, const char *expr)
{
	if (!good) {
		printf("%s:%d: %s\n", file, line, expr);
		failures++;
	}
	return (good);
}

bool
unit_equal(uint64_t a, uint64_t b, const char *file, int line,
    const char *a_expr, const char *b_expr)
{
	if (a != b) {
		printf("%s:%d: %s is %" PRIu64 " (0x%" PRIx64
		       "), %s is %" PRIu64 " (0x%" PRIx64 ")\n",
		    file, line, a_expr, a, a, b_expr, b, b);
		failures++;
	}
	return (a == b);
}

bool
unit_has(const char *text, const char *part, const char *file, int line)
{
	bool good = strstr(text, part) != NULL;

	if (!good) {
		printf("%s:%d: '%s' is not in '%s'\n", file, line, part, text);
		failures++;
	}
	return (good);
}

int
unit_run(const struct unit_test *tests, size_t ntests)
{
	unsigned failed = 0;

	for (size_t i = 0; i < ntests; i++) {
		failures = 0;
		fflush(stdout);
		alarm(UNIT_SECONDS);
		tests[i].run();
		printf("%sok %s\n", failures > 0 ? "not " : "", tests[i].name);
		failed += failures > 0;
	}
	return (failed > 0);
}
