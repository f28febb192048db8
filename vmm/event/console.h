/* SPDX-License-Identifier: ISC */
/*
 * What the guest prints, as whole lines with their CPU in front.
 */
#ifndef VMM_EVENT_CONSOLE_H
#define VMM_EVENT_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <xcvm/abi.h>

/* What a CPU has printed of a line that has not ended yet. */
struct console_line {
	uint32_t cpu;
	uint32_t len;
	char text[XCVM_STRING_MAX];
};

/* Lines that are held at most: of more, only the last are kept. */
#define CONSOLE_KEPT 100

struct console {
	FILE *out;
	bool hold;		       /* print at console_flush() only */
	struct console_line **partial; /* by CPU; NULL: nothing yet */
	size_t npartial;
	struct console_line *kept; /* ring of CONSOLE_KEPT, when holding */
	uint64_t held;		   /* lines since the last flush */
};

void console_open(struct console *console, FILE *out, bool hold);
void console_close(struct console *console);

void console_add(
    struct console *console, uint32_t cpu, const char *text, size_t len);

/*
 * Print the lines that are held, and end those that have not ended.  False:
 * there was nothing to print.
 */
bool console_flush(struct console *console);

#endif /* VMM_EVENT_CONSOLE_H */
