/* SPDX-License-Identifier: ISC */
/*
 * What the guest prints, as whole lines with their CPU in front.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "event/console.h"

void
console_open(struct console *console, FILE *out, bool hold)
{

	memset(console, 0, sizeof(*console));
	console->out = out;
	console->hold = hold;
}

void
console_close(struct console *console)
{

	for (size_t i = 0; i < console->npartial; i++)
		free(console->partial[i]);
	free(console->partial);
	free(console->kept);
}

static void
print(const struct console *console, const struct console_line *line)
{

	fprintf(console->out, "[cpu%" PRIu32 "] ", line->cpu);
	text_safe(console->out, line->text, line->len);
	putc('\n', console->out);
}

static void
end_line(struct console *console, struct console_line *line)
{
	struct console_line *slot;

	if (console->hold && console->kept == NULL)
		console->kept = calloc(CONSOLE_KEPT, sizeof(*console->kept));
	if (console->kept == NULL) {
		print(console, line);
	} else {
		slot = &console->kept[console->held++ % CONSOLE_KEPT];
		slot->cpu = line->cpu;
		slot->len = line->len;
		memcpy(slot->text, line->text, line->len);
	}
	line->len = 0;
}

static struct console_line *
partial_of(struct console *console, uint32_t cpu)
{

	if (cpu >= console->npartial) {
		struct console_line **more =
		    realloc(console->partial, (cpu + 1UL) * sizeof(*more));

		if (more == NULL)
			return (NULL);
		memset(more + console->npartial, 0,
		    (cpu + 1 - console->npartial) * sizeof(*more));
		console->partial = more;
		console->npartial = cpu + 1;
	}
	if (console->partial[cpu] == NULL) {
		console->partial[cpu] = calloc(1, sizeof(struct console_line));
		if (console->partial[cpu] != NULL)
			console->partial[cpu]->cpu = cpu;
	}
	return (console->partial[cpu]);
}

void
console_add(struct console *console, uint32_t cpu, const char *text, size_t len)
{
	struct console_line *line = partial_of(console, cpu);

	if (line == NULL)
		return;
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n' || line->len == sizeof(line->text))
			end_line(console, line);
		if (text[i] != '\n')
			line->text[line->len++] = text[i];
	}
}

bool
console_flush(struct console *console)
{
	bool any = false;

	for (size_t i = 0; i < console->npartial; i++) {
		struct console_line *line = console->partial[i];

		if (line == NULL || line->len == 0)
			continue;
		end_line(console, line);
		any = true;
	}
	if (console->held == 0)
		return (any);
	if (console->held > CONSOLE_KEPT) {
		fprintf(console->out,
		    "(%" PRIu64 " earlier lines are left out here)\n",
		    console->held - CONSOLE_KEPT);
		console->held -= CONSOLE_KEPT;
		for (size_t i = 0; i < CONSOLE_KEPT; i++)
			print(console,
			    &console->kept[(console->held + i) % CONSOLE_KEPT]);
	} else {
		for (size_t i = 0; i < console->held; i++)
			print(console, &console->kept[i]);
	}
	console->held = 0;
	return (true);
}
