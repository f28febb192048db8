/* SPDX-License-Identifier: ISC */
/*
 * A fault plan in a file: an entry a line.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "fault/key.h"
#include "fault/plan.h"

#define FILE_MAX (1 << 20) /* of a plan: far more than its entries take */
#define BLANKS	 " \t"
#define EXAMPLE	 "kind=lost,vector=xcall,nth=3"

/*
 * The whole file with a NUL behind it, to be freed; NULL with `why` filled.
 */
static char *
read_file(const char *path, size_t *len, struct refusal *why)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	int error = errno;

	*len = 0;
	if (file != NULL) {
		text = malloc(FILE_MAX);
		error = ENOMEM;
	}
	if (text != NULL) {
		*len = fread(text, 1, FILE_MAX, file);
		error = ferror(file) != 0 ? errno : 0;
	}
	if (file != NULL)
		fclose(file);
	if (text != NULL && error == 0 && *len < FILE_MAX) {
		text[*len] = '\0';
		return (text);
	}
	if (error == 0)
		refuse(why,
		    "--fault @%s: is longer than a fault plan can be: name a "
		    "file with an entry a line, such as " EXAMPLE,
		    path);
	else
		refuse(why,
		    "--fault @%s: cannot be read: %s: name a file with an "
		    "entry a line, such as " EXAMPLE,
		    path, strerror(error));
	free(text);
	return (NULL);
}

/* The first byte that no entry has; NULL: there is none. */
static const char *
odd_in_entry(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~')
			return (text + i);
	return (NULL);
}

/* The first byte that no comment has; NULL: there is none. */
static const char *
odd_in_comment(const char *text, size_t len)
{
	while (len > 0) {
		const unsigned char *s = (const unsigned char *)text;
		size_t n = utf8_len(s, len);

		if (n == 0 || (iscntrl(*s) && *s != '\t'))
			return (text);
		text += n;
		len -= n;
	}
	return (NULL);
}

/* A line of `len` bytes, without its newline. */
static int
add_line(struct fault_plan *plan, const char *path, unsigned number, char *line,
    size_t len, struct refusal *why)
{
	const char *comment, *odd, *odd_comment, *cure;
	char where[FAULT_WHERE_MAX];
	struct fault_spec spec;
	size_t start, whole;

	if (len > 0 && line[len - 1] == '\r')
		len--;
	whole = len;
	comment = memchr(line, '#', len);
	if (comment != NULL)
		len = (size_t)(comment - line);
	odd_comment = odd_in_comment(line + len, whole - len);
	while (len > 0 && memchr(BLANKS, line[len - 1], strlen(BLANKS)) != NULL)
		len--;
	line[len] = '\0';
	start = strspn(line, BLANKS);
	odd = odd_in_entry(line + start, len - start);
	cure = "entry: write letters and digits, such as " EXAMPLE;
	if (odd == NULL) {
		odd = odd_comment;
		cure = "comment: write UTF-8, and end lines with LF or CR LF";
	}
	if (odd != NULL) {
		fault_where(where, path, number, (size_t)(odd - line) + 1);
		return (refuse(why, "%s: byte 0x%02x: stands in no %s", where,
		    (unsigned char)*odd, cure));
	}
	if (start == len)
		return (0);
	if (fault_spec_parse_at(&spec, path, number, (unsigned)start + 1,
		line + start, why) == -1)
		return (-1);
	return (fault_plan_append(plan, &spec, why));
}

int
fault_plan_add_file(
    struct fault_plan *plan, const char *path, struct refusal *why)
{
	size_t before = plan->count, left, path_len = strlen(path);
	unsigned number = 0;
	int result = 0;
	char *text;

	if (path_len >= 5 && strcmp(path + path_len - 5, ".toml") == 0)
		return (refuse(why,
		    "--fault @%s: a plan is not TOML any more: write an entry "
		    "a line, such as " EXAMPLE ", into a file of another name",
		    path));
	text = read_file(path, &left, why);
	if (text == NULL)
		return (-1);
	for (char *line = text; left > 0 && result == 0;) {
		char *end = memchr(line, '\n', left);
		size_t len = end != NULL ? (size_t)(end - line) : left;
		size_t step = end != NULL ? len + 1 : len;

		result = add_line(plan, path, ++number, line, len, why);
		line += step;
		left -= step;
	}
	free(text);
	if (result == 0 && plan->count == before)
		return (refuse(why,
		    "%s: holds no fault: write an entry a line, such "
		    "as " EXAMPLE,
		    path));
	return (result);
}
