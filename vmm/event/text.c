/* SPDX-License-Identifier: ISC */
/*
 * Pieces of text that the reports for a person share.
 */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "event/text.h"

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

/* Write a word as a shell reads it back. */
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
	/* gdb would take such a name for an option or for a process. */
	if (core[0] == '-' || isdigit((unsigned char)core[0]))
		fputs("./", out);
	shell_word(out, core);
	putc('\n', out);
}

void
text_emulated(FILE *out, uint32_t insn_cycles)
{

	fprintf(out,
	    "guest kernel code is emulated here (%" PRIu32
	    " cycles an instruction): times are not the hardware's\n",
	    insn_cycles);
}
