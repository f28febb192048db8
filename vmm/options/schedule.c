/* SPDX-License-Identifier: ISC */
/*
 * Schedules in files.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "image/symbol.h"
#include "options/options.h"
#include "options/schedule.h"
#include "options/value.h"

#define HEAD	 "xcvm schedule 1"
#define TEXT_MAX 512

static const char *const kinds[] = {
    [XCVM_CHOICE_RUN] = "run",
    [XCVM_CHOICE_DRAIN] = "drain",
    [XCVM_CHOICE_INTR] = "interrupt",
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

struct reader {
	FILE *in;
	const char *path;
	unsigned line;
	char text[TEXT_MAX];
};

/* The next line without its end; false at the end of the file. */
static bool
next_line(struct reader *r)
{

	if (fgets(r->text, sizeof(r->text), r->in) == NULL)
		return (false);
	r->line++;
	r->text[strcspn(r->text, "\r\n")] = '\0';
	return (true);
}

static int
bad_line(const struct reader *r, const char *wanted, struct refusal *why)
{

	return (refuse(why,
	    "--replay %s: line %u: '%.60s': must be %s: name a file that "
	    "--schedule has written",
	    r->path, r->line, r->text, wanted));
}

/* The rest of the line behind the word; NULL: it begins otherwise. */
static char *
after(struct reader *r, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(r->text, word, len) != 0 || r->text[len] != ' ')
		return (NULL);
	return (r->text + len + 1);
}

static bool
number(const char *text, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 10);
	return (errno == 0 && end != text && *end == '\0' && text[0] != '-');
}

static bool
given(const struct options *options, const char *param)
{
	size_t len = strcspn(param, "=");

	for (size_t i = 0; i < options->nparams; i++)
		if (strlen(options->params[i].name) == len &&
		    strncmp(options->params[i].name, param, len) == 0)
			return (true);
	return (false);
}

/* Lines up to "choices N"; *n is that number. */
static int
read_head(struct reader *r, struct schedule *s, struct options *options,
    uint64_t *n, struct refusal *why)
{
	uint64_t value;
	char *rest;

	if (!next_line(r) || strcmp(r->text, HEAD) != 0)
		return (bad_line(r, "\"" HEAD "\"", why));
	while (next_line(r)) {
		if ((rest = after(r, "build-id")) != NULL) {
			snprintf(
			    s->build_id, sizeof(s->build_id), "%.79s", rest);
		} else if ((rest = after(r, "case")) != NULL) {
			snprintf(s->name, sizeof(s->name), "%.63s", rest);
		} else if ((rest = after(r, "vcpus")) != NULL) {
			if (!number(rest, &value) || value == 0 ||
			    value > OPTIONS_VCPUS_MAX)
				return (bad_line(r, "a number of vCPUs", why));
			s->vcpus = (uint32_t)value;
		} else if ((rest = after(r, "seed")) != NULL) {
			if (!number(rest, &s->seed))
				return (bad_line(r, "a seed", why));
		} else if ((rest = after(r, "param")) != NULL) {
			if (!given(options, rest) &&
			    value_param(options, rest, why) == -1)
				return (-1);
		} else if ((rest = after(r, "choices")) != NULL) {
			if (!number(rest, n) || *n > XCVM_CHOICES_MAX)
				return (
				    bad_line(r, "a number of choices", why));
			return (0);
		} else {
			return (bad_line(r, "a line of its head", why));
		}
	}
	return (refuse(why, "--replay %s: ends before its choices", r->path));
}

static int
read_choice(struct reader *r, struct xcvm_choice *c, struct refusal *why)
{
	char kind[16];
	unsigned cpu, nth;

	if (!next_line(r))
		return (refuse(why,
		    "--replay %s: ends at line %u, with choices missing",
		    r->path, r->line));
	if (sscanf(r->text, "%" SCNu64 " %15s %u %u 0x%" SCNx64, &c->step, kind,
		&cpu, &nth, &c->pc) != 5)
		return (bad_line(r, "STEP KIND CPU NTH PC", why));
	for (uint16_t k = 0; k < KINDS; k++) {
		if (strcmp(kind, kinds[k]) != 0)
			continue;
		c->kind = k;
		c->cpu = cpu;
		c->nth = (uint16_t)nth;
		return (0);
	}
	return (bad_line(r, "of kind run, drain or interrupt", why));
}

static int
read_all(struct reader *r, struct schedule *s, struct options *options,
    struct refusal *why)
{
	uint64_t n = 0;

	if (read_head(r, s, options, &n, why) == -1)
		return (-1);
	s->choices = calloc(n + 1, sizeof(*s->choices));
	if (s->choices == NULL)
		return (refuse(why, "--replay %s: out of memory", r->path));
	for (; s->nchoices < n; s->nchoices++)
		if (read_choice(r, &s->choices[s->nchoices], why) == -1)
			return (-1);
	return (0);
}

int
schedule_read(struct schedule *s, const char *path, struct options *options,
    struct refusal *why)
{
	struct reader r = {.path = path};
	int result;

	memset(s, 0, sizeof(*s));
	s->path = path;
	r.in = fopen(path, "re");
	if (r.in == NULL)
		return (refuse(why,
		    "--replay %s: %s: name a file that "
		    "--schedule has written",
		    path, strerror(errno)));
	result = read_all(&r, s, options, why);
	fclose(r.in);
	return (result);
}

static void
write_choice(FILE *out, const struct xcvm_choice *c, struct symbols *symbols)
{
	struct symbol at;

	symbol_lookup(symbols, c->pc, true, &at);
	fprintf(out, "%" PRIu64 " %s %" PRIu32 " %u 0x%" PRIx64, c->step,
	    kinds[c->kind], c->cpu, c->nth, c->pc);
	if (at.file != NULL)
		fprintf(out, " # %s:%u %s", at.file, at.line,
		    at.function != NULL ? at.function : "");
	putc('\n', out);
}

static void
write_all(FILE *out, const struct options *options, const struct image *image,
    const struct image_case *c, const struct xcvm_choice *choices, uint64_t n,
    struct symbols *symbols)
{

	fprintf(out,
	    HEAD "\nbuild-id %s\ncase %s\nvcpus %" PRIu32 "\nseed %" PRIu64
		 "\n",
	    image->build_id[0] != '\0' ? image->build_id : "none", c->name,
	    options->vcpus, options->seed);
	for (size_t i = 0; i < c->nparams; i++) {
		const struct image_param *p = &c->params[i];

		if (options_param(options, p) != p->value)
			fprintf(out, "param %s=%" PRIu64 "\n", p->name,
			    options_param(options, p));
	}
	fprintf(out, "choices %" PRIu64 "\n", n);
	for (uint64_t i = 0; i < n; i++)
		write_choice(out, &choices[i], symbols);
}

int
schedule_write(const char *path, const struct options *options,
    const struct image *image, const struct image_case *c,
    const struct xcvm_choice *choices, uint64_t n, struct symbols *symbols,
    struct refusal *why)
{
	char *temporary;
	bool good;
	FILE *out;

	if (asprintf(&temporary, "%s.new", path) == -1)
		return (refuse(why, "--schedule %s: out of memory", path));
	out = fopen(temporary, "we");
	good = out != NULL;
	if (good) {
		write_all(out, options, image, c, choices, n, symbols);
		good = ferror(out) == 0;
		good = fclose(out) == 0 && good;
		good = good && rename(temporary, path) == 0;
	}
	if (!good) {
		refuse(why,
		    "--schedule %s: %s: name a file that can be written", path,
		    strerror(errno));
		unlink(temporary);
	}
	free(temporary);
	return (good ? 0 : -1);
}
