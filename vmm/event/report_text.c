/* SPDX-License-Identifier: ISC */
/*
 * Pieces of text that the reports for a person share.
 */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "base/utf8.h"
#include "event/report_text.h"

void
text_safe(FILE *out, const char *text, size_t len)
{
	const unsigned char *s = (const unsigned char *)text;

	while (len > 0) {
		size_t n = utf8_len(s, len);
		bool control = n == 0 || (*s < ' ' && *s != '\t') ||
			       *s == 0x7f || (*s == 0xc2 && s[1] < 0xa0);

		if (n == 0)
			n = 1;
		for (size_t i = 0; i < n; i++)
			fprintf(out, control ? "\\x%02x" : "%c", s[i]);
		s += n;
		len -= n;
	}
}

void
text_duration(FILE *out, uint64_t us, int width)
{

	if (us < 1000000)
		fprintf(out, "%*.1f ms", width, (double)us / 1000);
	else
		fprintf(out, "%*.2f s", width - 1, (double)us / 1000000);
}

void
text_verdict(FILE *out, enum verdict verdict, int width, bool colour)
{
	const char *start = "\033[1;31m";

	if (verdict == VERDICT_PASS)
		start = "\033[32m";
	else if (verdict == VERDICT_SKIP || verdict == VERDICT_DIFFERS)
		start = "\033[33m";
	fprintf(out, "%s%-*s%s", colour ? start : "", width,
	    verdict_name(verdict), colour ? "\033[0m" : "");
}

void
text_symbol(FILE *out, const struct symbol *symbol)
{

	if (symbol->function != NULL)
		fprintf(out, "%s+0x%" PRIx64, symbol->function, symbol->offset);
	else
		fprintf(out, "0x%" PRIx64, symbol->addr);
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
text_registers(FILE *out, const char *indent, const struct registers *regs)
{

	for (size_t i = 0; i < regs->count; i++) {
		fprintf(out, "%s%-6s %016" PRIx64, i % 4 == 0 ? indent : "  ",
		    regs->reg[i].name, regs->reg[i].value);
		if (i % 4 == 3 || i + 1 == regs->count)
			putc('\n', out);
	}
}

/* A word as a shell reads it back. */
static void
shell_word(FILE *out, const char *word)
{

	if (word[0] != '\0' &&
	    strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			 "0123456789_-+=./,:@%") == strlen(word)) {
		fputs(word, out);
		return;
	}
	putc('\'', out);
	for (; *word != '\0'; word++) {
		if (*word == '\'')
			fputs("'\\''", out);
		else
			putc(*word, out);
	}
	putc('\'', out);
}

void
text_command(
    FILE *out, const struct options *options, const struct image_case *c)
{
	char **command = options_command(options, c);

	for (size_t i = 0; command != NULL && command[i] != NULL; i++) {
		if (i > 0)
			putc(' ', out);
		shell_word(out, command[i]);
	}
	putc('\n', out);
	options_command_free(command);
}

void
text_gdb(FILE *out, const char *image, const char *core)
{

	fputs("gdb ", out);
	shell_word(out, image);
	putc(' ', out);
	/* gdb would take these for options and for a process. */
	if (core[0] == '-' || isdigit((unsigned char)core[0]))
		fputs("./", out);
	shell_word(out, core);
	putc('\n', out);
}

void
text_header(FILE *out, const struct image *image, const struct hostinfo *host)
{

	fprintf(out, "host   %s, %s, %u CPU%s, Linux %s\n", host->module,
	    host->cpu, host->cpus, host->cpus == 1 ? "" : "s", host->kernel);
	for (size_t i = 0; i < host->nparams; i++)
		fprintf(out, "%s%s=%s", i == 0 ? "       " : " ",
		    host->params[i].name, host->params[i].value);
	if (host->nparams > 0)
		putc('\n', out);
	fprintf(out, "image  %s%s%s\n", image->path,
	    image->build_id[0] != '\0' ? ", build id " : "", image->build_id);
	for (size_t i = 0; i < image->nimpls; i++) {
		const struct image_impl *impl = &image->impls[i];

		fprintf(out, "tests  %s of ", image_api_name(impl->api));
		text_safe(out, impl->path, strlen(impl->path));
		fprintf(out, ", sha256 %s\n", impl->sha256);
	}
}

void
text_trace(FILE *out, const char *indent, const struct trace *trace)
{
	size_t first =
	    trace->count > TRACE_SHOWN ? trace->count - TRACE_SHOWN : 0;

	for (size_t i = first; i < trace->count; i++) {
		const struct trace_record *r = &trace->records[i];

		fprintf(out, "%strace  %20" PRIu64 "  %-8s  %-11s  ", indent,
		    r->tsc, trace_what(r), trace_primitive(r));
		if (r->target == XCVM_TRACE_ALL)
			fprintf(out, "all CPUs");
		else
			fprintf(out, "cpu%-5" PRIu32, r->target);
		if (r->function.addr != 0) {
			fputs("  ", out);
			if (r->function.function != NULL &&
			    r->function.offset == 0)
				fputs(r->function.function, out);
			else
				text_symbol(out, &r->function);
		}
		putc('\n', out);
	}
}

void
text_emulated(FILE *out, uint32_t insn_cycles)
{

	fprintf(out,
	    "guest kernel code is emulated here (%" PRIu32
	    " cycles an instruction): times are not the hardware's\n",
	    insn_cycles);
}
