/* SPDX-License-Identifier: ISC */
/*
 * Lists of numbers as people write them: "0,2,4-7".
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cpulist.h"

#define EXAMPLE "say it like 0,2,4-7"

void
cpulist_free(struct cpulist *list)
{

	free(list->id);
	list->id = NULL;
	list->count = 0;
}

/* Read a decimal number at *s, and advance *s.  Too large is UINT64_MAX. */
static int
number(const char **s, uint64_t *value)
{
	char *end;

	if (!isdigit((unsigned char)**s))
		return (-1);
	errno = 0;
	*value = strtoull(*s, &end, 10);
	if (errno != 0)
		*value = UINT64_MAX;
	*s = end;
	return (0);
}

int
cpulist_parse(struct cpulist *list, const char *option, const char *text,
    uint32_t max, size_t max_count, struct refusal *why)
{
	const char *s = text;
	uint64_t first, last;

	list->count = 0;
	list->id = calloc(max_count, sizeof(*list->id));
	if (list->id == NULL)
		return (refuse(why, "%s: out of memory", option));
	for (;;) {
		if (number(&s, &first) == -1)
			goto malformed;
		last = first;
		if (*s == '-') {
			s++;
			if (number(&s, &last) == -1)
				goto malformed;
		}
		if (last < first) {
			refuse(why,
			    "%s %s: the range %" PRIu64 "-%" PRIu64
			    " runs backwards: write the smaller number first",
			    option, text, first, last);
			goto fail;
		}
		if (last > max) {
			refuse(why, "%s %s: must be from 0 to %" PRIu32, option,
			    text, max);
			goto fail;
		}
		for (; first <= last; first++) {
			if (list->count == max_count) {
				refuse(why, "%s %s: at most %zu numbers",
				    option, text, max_count);
				goto fail;
			}
			list->id[list->count++] = (uint32_t)first;
		}
		if (*s == '\0')
			return (0);
		if (*s++ != ',')
			goto malformed;
	}

malformed:
	refuse(why, "%s '%s': not a list of numbers: " EXAMPLE, option, text);
fail:
	cpulist_free(list);
	return (-1);
}

char *
cpulist_format(const uint32_t *id, size_t count)
{
	char *text;
	size_t size, i, run;
	FILE *f;

	f = open_memstream(&text, &size);
	if (f == NULL)
		return (NULL);
	for (i = 0; i < count; i += run) {
		for (run = 1; i + run < count; run++) {
			if (id[i + run] != id[i] + run)
				break;
		}
		fprintf(f, "%s%" PRIu32, i == 0 ? "" : ",", id[i]);
		if (run > 1)
			fprintf(f, "-%" PRIu32, id[i + run - 1]);
	}
	if (fclose(f) != 0) {
		free(text);
		return (NULL);
	}
	return (text);
}
