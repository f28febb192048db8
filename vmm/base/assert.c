/* SPDX-License-Identifier: ISC */
/*
 * A belief that was wrong.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"

_Noreturn void
assert_failed(
    const char *file, int line, const char *function, const char *what)
{
	fprintf(stderr, "%s:%d: %s: not so: %s\n", file, line, function, what);
	abort();
}
