/* SPDX-License-Identifier: ISC */
/*
 * One sentence that says why something was refused.
 */
#include <stdarg.h>
#include <stdio.h>

#include "base/refusal.h"

int
refuse(struct refusal *why, const char *fmt, ...)
{
	va_list ap;

	why->text[0] = '\0';
	va_start(ap, fmt);
	vsnprintf(why->text, sizeof(why->text), fmt, ap);
	va_end(ap);
	return (-1);
}
