/* SPDX-License-Identifier: ISC */
/*
 * A sentence about a snapshot, made piece by piece.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "diagnose/say.h"

void
say_begin(
    struct say *say, const struct snapshot *snapshot, char *text, size_t size)
{
	say->snapshot = snapshot;
	say->text = text;
	say->size = size;
	say->len = 0;
	text[0] = '\0';
}

void
say_add(struct say *say, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(say->text + say->len, say->size - say->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		say->len += (size_t)n;
	if (say->len >= say->size)
		say->len = say->size - 1;
}

void
say_function(struct say *say, uint64_t addr)
{
	struct symbol symbol;

	symbol_function(say->snapshot->in.symbols, addr, false, &symbol);
	if (symbol.function != NULL)
		say_add(say, "`%s'", symbol.function);
	else
		say_add(say, "0x%" PRIx64, addr);
}

void
say_duration(struct say *say, uint64_t ns)
{
	if (ns >= 1000000000)
		say_add(say, "%.1f s", (double)ns / 1e9);
	else if (ns >= 1000000)
		say_add(say, "%.1f ms", (double)ns / 1e6);
	else
		say_add(say, "%" PRIu64 " us", ns / 1000);
}
