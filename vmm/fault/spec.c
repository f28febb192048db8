/* SPDX-License-Identifier: ISC */
/*
 * One entry of a fault plan, from text.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/closest.h"
#include "fault/key.h"
#include "fault/spec.h"

enum fault_trigger
fault_spec_trigger(const struct fault_spec *spec)
{
	if (spec->function[0] != '\0')
		return (FAULT_AT_ENTRY);
	return (spec->every_us != 0 ? FAULT_AT_TICK : FAULT_AT_DELIVERY);
}

bool
fault_spec_user_only(const struct fault_spec *spec)
{
	switch (spec->kind) {
	case FAULT_LOST:
	case FAULT_DUP:
	case FAULT_DELAY:
	case FAULT_REORDER:
	case FAULT_MISROUTE:
		return (true);
	case FAULT_NMI:
		return (spec->src != FAULT_CPU_NONE ||
			spec->vector != FAULT_VECTOR_NONE ||
			spec->name[0] != '\0');
	case FAULT_SPURIOUS:
	case FAULT_STALL:
	case FAULT_SLOW:
	case FAULT_PREEMPT:
		break;
	}
	return (false);
}

static void
init(struct fault_spec *spec)
{
	memset(spec, 0, sizeof(*spec));
	spec->probability = 100;
	spec->interval = 1;
	spec->times = FAULT_TIMES_ALL;
	spec->src = spec->dst = spec->to = FAULT_CPU_NONE;
}

static int
unknown_key(const struct fault_spec *spec, const char *key, struct refusal *why)
{
	const char *names[KEY_COUNT];
	struct closest closest;

	for (size_t i = 0; i < KEY_COUNT; i++)
		names[i] = fault_keys[i].name;
	closest_find(&closest, key, names, KEY_COUNT);
	if (closest.count > 0)
		return (refuse(why, "%s: %s: no such key: did you mean %s?",
		    spec->where, key, closest.name[0]));
	return (refuse(why,
	    "%s: %s: no such key: say kind, and what xcvm(1) lists under "
	    "FAULT PLANS",
	    spec->where, key));
}

static int
set_kind(struct fault_spec *spec, const char *value, struct refusal *why)
{
	struct closest closest;
	char list[256];

	for (size_t i = 0; i < FAULT_KINDS; i++) {
		if (strcmp(value, fault_kinds[i]) != 0)
			continue;
		spec->kind = (enum fault_kind)i;
		return (0);
	}
	fault_kinds_list(EVERY_KIND, list, sizeof(list));
	closest_find(&closest, value, fault_kinds, FAULT_KINDS);
	return (
	    refuse(why, "%s: kind '%s': there is no such fault: %s%s%ssay %s",
		spec->where, value, closest.count > 0 ? "did you mean " : "",
		closest.count > 0 ? closest.name[0] : "",
		closest.count > 0 ? "? Or " : "", list));
}

static int
set_number(struct fault_spec *spec, const struct key_info *key,
    const char *value, struct refusal *why)
{
	bool all = key == &fault_keys[KEY_TIMES] && strcmp(value, "-1") == 0;
	uint64_t number = UINT64_MAX;
	uint32_t small;
	char *end;

	if (!all) {
		if (!isdigit((unsigned char)value[0]))
			return (refuse(why,
			    "%s: %s '%s': not a number: say %s=%s", spec->where,
			    key->name, value, key->name, key->example));
		errno = 0;
		number = strtoull(value, &end, 10);
		if (*end != '\0')
			return (refuse(why,
			    "%s: %s '%s': not a number: say %s=%s", spec->where,
			    key->name, value, key->name, key->example));
		if (errno != 0 || number < key->min || number > key->max)
			return (refuse(why,
			    "%s: %s %s: must be from %" PRIu64 " to %" PRIu64
			    "%s: say %s=%s",
			    spec->where, key->name, value, key->min, key->max,
			    key == &fault_keys[KEY_TIMES]
				? ", or -1 for no limit"
				: "",
			    key->name, key->example));
	}
	small = (uint32_t)number;
	memcpy((char *)spec + key->offset,
	    key->size == sizeof(small) ? (const void *)&small : &number,
	    key->size);
	return (0);
}

/* Letters, digits and what else an identifier of C or the linker has. */
static bool
is_name(const char *value)
{
	size_t len = strlen(value);

	return (len > 0 && len < FAULT_NAME_MAX &&
		!isdigit((unsigned char)value[0]) &&
		strspn(value, "abcdefghijklmnopqrstuvwxyz_."
			      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == len);
}

static int
set_vector(struct fault_spec *spec, const char *value, struct refusal *why)
{
	unsigned long number;
	char *end;

	if (is_name(value)) {
		strcpy(spec->name, value);
		if (strcmp(value, "nmi") == 0)
			spec->vector = FAULT_VECTOR_NMI;
		return (0);
	}
	number = strtoul(value, &end, 0);
	if (!isdigit((unsigned char)value[0]) || *end != '\0' || number < 16 ||
	    number > 255)
		return (refuse(why,
		    "%s: vector '%s': neither a name nor a number from 16 to "
		    "255: say vector=xcall, or vector=64",
		    spec->where, value));
	spec->vector = (uint32_t)number;
	return (0);
}

/* NAME or NAME+OFFSET. */
static int
set_function(struct fault_spec *spec, const char *value, struct refusal *why)
{
	const char *plus = strchr(value, '+');
	size_t len = plus != NULL ? (size_t)(plus - value) : strlen(value);
	char name[FAULT_NAME_MAX];
	unsigned long offset = 0;
	char *end;

	snprintf(name, sizeof(name), "%.*s", (int)len, value);
	if (len >= sizeof(name) || !is_name(name))
		return (refuse(why,
		    "%s: function '%s': not the name of a function: say "
		    "function=%s",
		    spec->where, value, fault_keys[KEY_FUNCTION].example));
	if (plus != NULL) {
		offset = strtoul(plus + 1, &end, 0);
		if (!isdigit((unsigned char)plus[1]) || *end != '\0' ||
		    offset > FAULT_OFFSET_MAX)
			return (refuse(why,
			    "%s: function '%s': '%s' is not an offset into a "
			    "function: say function=%s+0x4c",
			    spec->where, value, plus + 1, name));
	}
	strcpy(spec->function, name);
	spec->offset = (uint32_t)offset;
	return (0);
}

static int
set(struct fault_spec *spec, const char *key, const char *value,
    struct refusal *why)
{
	size_t i;

	for (i = 0; i < KEY_COUNT; i++)
		if (strcmp(fault_keys[i].name, key) == 0)
			break;
	if (i == KEY_COUNT)
		return (unknown_key(spec, key, why));
	if ((spec->given & 1U << i) != 0)
		return (refuse(why, "%s: %s: is given twice: say it once",
		    spec->where, key));
	if (value[0] == '\0')
		return (refuse(why, "%s: %s: its value is missing: say %s=%s",
		    spec->where, key, key, fault_keys[i].example));
	spec->given |= 1U << i;
	switch (i) {
	case KEY_KIND:
		return (set_kind(spec, value, why));
	case KEY_VECTOR:
		return (set_vector(spec, value, why));
	case KEY_FUNCTION:
		return (set_function(spec, value, why));
	default:
		return (set_number(spec, &fault_keys[i], value, why));
	}
}

static int
set_item(struct fault_spec *spec, char *item, struct refusal *why)
{
	char *equals = strchr(item, '=');
	bool is_kind = false;

	if (equals != NULL && equals != item) {
		*equals = '\0';
		return (set(spec, item, equals + 1, why));
	}
	for (size_t i = 0; i < FAULT_KINDS; i++)
		is_kind |= strcmp(item, fault_kinds[i]) == 0;
	return (refuse(why, "%s: '%s': not of the form KEY=VALUE: say kind=%s",
	    spec->where, item, is_kind ? item : "lost,dst=1"));
}

/* Where an entry stands, or an item of it. */
struct place {
	const char *file; /* NULL: on the command line, or in a case */
	unsigned line;
	unsigned column; /* of the entry */
};

void
fault_where(
    char where[FAULT_WHERE_MAX], const char *file, unsigned line, size_t column)
{
	size_t len = strlen(file), most = FAULT_WHERE_MAX / 2;

	snprintf(where, FAULT_WHERE_MAX, "%s%s:%u:%zu", len > most ? "..." : "",
	    len > most ? file + len - most : file, line, column);
}

static void
locate(struct fault_spec *spec, const struct place *place, size_t offset)
{
	if (place->file != NULL)
		fault_where(spec->where, place->file, place->line,
		    place->column + offset);
}

static int
parse(struct fault_spec *spec, const struct place *place, const char *text,
    struct refusal *why)
{
	char copy[FAULT_SPEC_MAX], *rest = copy, *item;

	locate(spec, place, 0);
	if (strlen(text) >= sizeof(copy))
		return (refuse(why,
		    "%s%s: is too long: leave out what has its default",
		    spec->where, place->file == NULL ? "..." : ""));
	strcpy(copy, text);
	while ((item = strsep(&rest, ",")) != NULL) {
		locate(spec, place, (size_t)(item - copy));
		if (set_item(spec, item, why) == -1)
			return (-1);
	}
	locate(spec, place, 0);
	return (fault_spec_finish(spec, why));
}

int
fault_spec_parse(struct fault_spec *spec, const char *what, const char *text,
    struct refusal *why)
{
	static const struct place here = {.file = NULL};

	init(spec);
	snprintf(spec->where, sizeof(spec->where), "%s %s", what, text);
	return (parse(spec, &here, text, why));
}

int
fault_spec_parse_at(struct fault_spec *spec, const char *file, unsigned line,
    unsigned column, const char *text, struct refusal *why)
{
	const struct place place = {file, line, column};

	init(spec);
	return (parse(spec, &place, text, why));
}
