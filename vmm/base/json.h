/* SPDX-License-Identifier: ISC */
/*
 * A streaming JSON writer into a growing buffer.  The writer puts the commas;
 * proper nesting is the caller's business, and is asserted.
 *
 * A `key` is the member's name inside an object and NULL inside an array or
 * at the top.  Memory that runs out makes the writer fail for good:
 * json_failed() tells, and nothing else has to check.
 */
#ifndef VMM_BASE_JSON_H
#define VMM_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json {
	char *text; /* not NUL-terminated */
	size_t len;
	size_t size;
	unsigned depth;
	bool comma; /* the next value needs a comma before it */
	bool failed;
};

#define JSON_DEPTH_MAX 16

void json_init(struct json *j);
void json_free(struct json *j);
void json_reset(struct json *j); /* empty, keeps the memory */
bool json_failed(const struct json *j);

void json_object(struct json *j, const char *key);
void json_object_end(struct json *j);
void json_array(struct json *j, const char *key);
void json_array_end(struct json *j);

/* A NULL string is written as null; bad UTF-8 becomes U+FFFD. */
void json_string(struct json *j, const char *key, const char *value);
void json_string_len(
    struct json *j, const char *key, const char *value, size_t len);
void json_u64(struct json *j, const char *key, uint64_t value);
void json_i64(struct json *j, const char *key, int64_t value);
void json_bool(struct json *j, const char *key, bool value);
void json_null(struct json *j, const char *key);
/* An address or register, as "0x200123". */
void json_hex(struct json *j, const char *key, uint64_t value);
/* Microseconds as seconds with six decimals, a JSON number. */
void json_seconds(struct json *j, const char *key, uint64_t us);
/* End of a line of JSON lines. */
void json_newline(struct json *j);

#endif /* VMM_BASE_JSON_H */
