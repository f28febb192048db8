/* SPDX-License-Identifier: ISC */
/*
 * A symbol, a backtrace, registers: as JSON and for a person.
 */
#include <inttypes.h>

#include "event/machine.h"

void
event_symbol_json(struct json *j, const char *key, const struct symbol *s)
{

	json_object(j, key);
	json_hex(j, "addr", s->addr);
	json_string(j, "function", s->function);
	if (s->function != NULL)
		json_u64(j, "offset", s->offset);
	else
		json_null(j, "offset");
	json_string(j, "file", s->file);
	if (s->file != NULL)
		json_u64(j, "line", s->line);
	else
		json_null(j, "line");
	json_object_end(j);
}

void
text_symbol(FILE *out, const struct symbol *symbol)
{

	if (symbol->function != NULL)
		fprintf(out, "%s+0x%" PRIx64, symbol->function, symbol->offset);
	else
		fprintf(out, "0x%" PRIx64, symbol->addr);
}

void
text_entry(FILE *out, const struct symbol *symbol)
{
	if (symbol->function != NULL && symbol->offset == 0)
		fputs(symbol->function, out);
	else
		text_symbol(out, symbol);
}

void
event_backtrace_json(
    struct json *j, const struct symbol *frames, size_t nframes)
{

	json_array(j, "backtrace");
	for (size_t i = 0; i < nframes; i++)
		event_symbol_json(j, NULL, &frames[i]);
	json_array_end(j);
}

static int
symbol_width(const struct symbol *symbol)
{

	if (symbol->function == NULL)
		return (1);
	return (snprintf(
	    NULL, 0, "%s+0x%" PRIx64, symbol->function, symbol->offset));
}

void
text_backtrace(
    FILE *out, const char *indent, const struct symbol *frames, size_t nframes)
{
	int widest = 0, width;

	for (size_t i = 0; i < nframes; i++) {
		width = symbol_width(&frames[i]);
		if (width > widest)
			widest = width;
	}
	for (size_t i = 0; i < nframes; i++) {
		const struct symbol *s = &frames[i];

		fprintf(out, "%s#%-2zu 0x%08" PRIx64 "  ", indent, i, s->addr);
		if (s->function == NULL)
			putc('?', out);
		else
			text_symbol(out, s);
		if (s->file != NULL)
			fprintf(out, "%*s  %s:%u", widest - symbol_width(s), "",
			    s->file, s->line);
		putc('\n', out);
	}
}

void
event_registers_json(struct json *j, const struct registers *regs)
{

	if (regs->count == 0) {
		json_null(j, "registers");
		return;
	}
	json_object(j, "registers");
	for (size_t i = 0; i < regs->count; i++)
		json_hex(j, regs->reg[i].name, regs->reg[i].value);
	json_object_end(j);
}

void
text_registers(FILE *out, const char *indent, const struct registers *regs)
{

	for (size_t i = 0; i < regs->count; i++) {
		fprintf(out, "%s%-6s %016" PRIx64, i % 4 == 0 ? indent : "  ",
		    regs->reg[i].name, regs->reg[i].value);
		if (i % 4 == 3 || i + 1 == regs->count)
			putc('\n', out);
	}
}
