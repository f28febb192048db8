/* SPDX-License-Identifier: ISC */
/*
 * Why a run could not go on: the verdict it ends with, and one sentence.
 */
#include <stdarg.h>
#include <stdio.h>

#include "base/failure.h"

int
fail(struct failure *why, enum verdict verdict, const char *fmt, ...)
{
	va_list ap;

	why->verdict = verdict;
	va_start(ap, fmt);
	vsnprintf(why->text, sizeof(why->text), fmt, ap);
	va_end(ap);
	return (-1);
}
