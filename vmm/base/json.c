/* SPDX-License-Identifier: ISC */
/*
 * A streaming JSON writer into a growing buffer.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/json.h"
#include "base/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

void
json_init(struct json *j)
{

	memset(j, 0, sizeof(*j));
}

void
json_free(struct json *j)
{

	free(j->text);
	json_init(j);
}

void
json_reset(struct json *j)
{

	j->len = 0;
	j->depth = 0;
	j->comma = false;
	j->failed = false;
}

bool
json_failed(const struct json *j)
{

	return (j->failed);
}

static void
put(struct json *j, const char *text, size_t len)
{

	if (j->failed)
		return;
	if (len > j->size - j->len) {
		size_t size = j->size == 0 ? 512 : j->size;
		char *bigger;

		while (len > size - j->len)
			size *= 2;
		bigger = realloc(j->text, size);
		if (bigger == NULL) {
			j->failed = true;
			return;
		}
		j->text = bigger;
		j->size = size;
	}
	memcpy(j->text + j->len, text, len);
	j->len += len;
}

static void
puts_(struct json *j, const char *text)
{

	put(j, text, strlen(text));
}

static void
put_escaped(struct json *j, const char *text, size_t len)
{
	const unsigned char *s = (const unsigned char *)text;

	put(j, "\"", 1);
	while (len > 0) {
		size_t n = utf8_len(s, len);
		char code[8];

		if (n == 0) {
			puts_(j, REPLACEMENT);
			n = 1;
		} else if (*s == '"' || *s == '\\') {
			snprintf(code, sizeof(code), "\\%c", *s);
			puts_(j, code);
		} else if (*s == '\n') {
			puts_(j, "\\n");
		} else if (*s == '\t') {
			puts_(j, "\\t");
		} else if (*s < 0x20 || *s == 0x7f) {
			snprintf(code, sizeof(code), "\\u%04x", *s);
			puts_(j, code);
		} else {
			put(j, (const char *)s, n);
		}
		s += n;
		len -= n;
	}
	put(j, "\"", 1);
}

/* Put what comes before every value: a comma, the member's name. */
static void
lead(struct json *j, const char *key)
{

	if (j->comma)
		put(j, ",", 1);
	j->comma = true;
	if (key != NULL) {
		put_escaped(j, key, strlen(key));
		put(j, ":", 1);
	}
}

static void
open_(struct json *j, const char *key, const char *bracket)
{

	XCVM_ASSERT(j->depth < JSON_DEPTH_MAX);
	lead(j, key);
	puts_(j, bracket);
	j->depth++;
	j->comma = false;
}

static void
close_(struct json *j, const char *bracket)
{

	XCVM_ASSERT(j->depth > 0);
	puts_(j, bracket);
	j->depth--;
	j->comma = true;
}

void
json_object(struct json *j, const char *key)
{

	open_(j, key, "{");
}

void
json_object_end(struct json *j)
{

	close_(j, "}");
}

void
json_array(struct json *j, const char *key)
{

	open_(j, key, "[");
}

void
json_array_end(struct json *j)
{

	close_(j, "]");
}

void
json_string_len(struct json *j, const char *key, const char *value, size_t len)
{

	lead(j, key);
	put_escaped(j, value, len);
}

void
json_string(struct json *j, const char *key, const char *value)
{

	if (value == NULL)
		json_null(j, key);
	else
		json_string_len(j, key, value, strlen(value));
}

void
json_u64(struct json *j, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	lead(j, key);
	puts_(j, text);
}

void
json_i64(struct json *j, const char *key, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, value);
	lead(j, key);
	puts_(j, text);
}

void
json_bool(struct json *j, const char *key, bool value)
{

	lead(j, key);
	puts_(j, value ? "true" : "false");
}

void
json_null(struct json *j, const char *key)
{

	lead(j, key);
	puts_(j, "null");
}

void
json_hex(struct json *j, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "\"0x%" PRIx64 "\"", value);
	lead(j, key);
	puts_(j, text);
}

void
json_seconds(struct json *j, const char *key, uint64_t us)
{
	char text[40];

	snprintf(text, sizeof(text), "%" PRIu64 ".%06" PRIu64, us / 1000000,
	    us % 1000000);
	lead(j, key);
	puts_(j, text);
}

void
json_newline(struct json *j)
{

	XCVM_ASSERT(j->depth == 0);
	put(j, "\n", 1);
	j->comma = false;
}
