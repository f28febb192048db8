/* SPDX-License-Identifier: ISC */
/*
 * One entry of a fault plan, from text and back.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "closest.h"
#include "fault_spec.h"

#define nitems(a)  (sizeof(a) / sizeof((a)[0]))

#define KIND(kind) (1U << FAULT_##kind)
#define EVERY_KIND ((1U << FAULT_KINDS) - 1)
#define ON_THEIR_WAY                                            \
	(KIND(LOST) | KIND(DUP) | KIND(DELAY) | KIND(REORDER) | \
	    KIND(MISROUTE) | KIND(NMI))
#define TICKING	   (KIND(NMI) | KIND(SPURIOUS) | KIND(STALL) | KIND(SLOW))

#define REORDER_US 1000
#define EVERY_US   1000

static const char *const kinds[FAULT_KINDS] = {
    [FAULT_LOST] = "lost",
    [FAULT_DUP] = "dup",
    [FAULT_DELAY] = "delay",
    [FAULT_REORDER] = "reorder",
    [FAULT_MISROUTE] = "misroute",
    [FAULT_NMI] = "nmi",
    [FAULT_SPURIOUS] = "spurious",
    [FAULT_STALL] = "stall",
    [FAULT_SLOW] = "slow",
    [FAULT_PREEMPT] = "preempt",
};

enum key {
	KEY_KIND,
	KEY_VECTOR,
	KEY_SRC,
	KEY_DST,
	KEY_FUNCTION,
	KEY_TO,
	KEY_DELAY,
	KEY_STALL,
	KEY_FOR,
	KEY_DUTY,
	KEY_EVERY,
	KEY_AFTER,
	KEY_NTH,
	KEY_PROBABILITY,
	KEY_INTERVAL,
	KEY_TIMES,
	KEY_SPACE
};

#define GIVEN(key) (1U << KEY_##key)

/* Numbers: their member, and what it can hold. */
static const struct key_info {
	const char *name;
	uint32_t kinds;	 /* that know it */
	uint32_t needed; /* kinds that cannot do without */
	const char *example;
	size_t offset;
	size_t size; /* of the member; 0: not a number */
	uint64_t min, max;
} keys[] = {
#define NUMBER(member)                       \
	offsetof(struct fault_spec, member), \
	    sizeof(((struct fault_spec *)0)->member)
#define CPU_MAX 4094
    [KEY_KIND] = {"kind", EVERY_KIND, EVERY_KIND, "lost", 0, 0, 0, 0},
    [KEY_VECTOR] = {"vector", ON_THEIR_WAY | KIND(SPURIOUS), KIND(SPURIOUS),
	"xcall", 0, 0, 0, 0},
    [KEY_SRC] = {"src", ON_THEIR_WAY, 0, "0", NUMBER(src), 0, CPU_MAX},
    [KEY_DST] = {"dst", EVERY_KIND & ~KIND(SPURIOUS), 0, "1", NUMBER(dst), 0,
	CPU_MAX},
    [KEY_FUNCTION] = {"function", KIND(PREEMPT), KIND(PREEMPT),
	"cpu_xcall_dispatch", 0, 0, 0, 0},
    [KEY_TO] = {"to", KIND(MISROUTE) | KIND(SPURIOUS), 0, "1", NUMBER(to), 0,
	CPU_MAX},
    [KEY_DELAY] = {"delay_us", KIND(DUP) | KIND(DELAY) | KIND(REORDER),
	KIND(DELAY), "500", NUMBER(delay_us), 1, FAULT_TIME_MAX_US},
    [KEY_STALL] = {"stall_us", KIND(STALL), KIND(STALL), "10000",
	NUMBER(stall_us), 1, FAULT_TIME_MAX_US},
    [KEY_FOR] = {"for_us", KIND(PREEMPT), KIND(PREEMPT), "10000",
	NUMBER(for_us), 1, FAULT_TIME_MAX_US},
    [KEY_DUTY] = {"duty", KIND(SLOW), KIND(SLOW), "50", NUMBER(duty), 1, 99},
    [KEY_EVERY] = {"every_us", TICKING, 0, "1000", NUMBER(every_us),
	FAULT_TICK_MIN_US, FAULT_TIME_MAX_US},
    [KEY_AFTER] = {"after", EVERY_KIND, 0, "20000", NUMBER(after_us), 0,
	FAULT_TIME_MAX_US},
    [KEY_NTH] = {"nth", EVERY_KIND, 0, "1", NUMBER(nth), 1, INT64_MAX},
    [KEY_PROBABILITY] = {"probability", EVERY_KIND, 0, "10",
	NUMBER(probability), 0, 100},
    [KEY_INTERVAL] = {"interval", EVERY_KIND, 0, "10", NUMBER(interval), 1,
	INT64_MAX},
    [KEY_TIMES] = {"times", EVERY_KIND, 0, "1", NUMBER(times), 0, INT64_MAX},
    [KEY_SPACE] = {"space", EVERY_KIND, 0, "10", NUMBER(space), 0, INT64_MAX},
};

const char *
fault_kind_name(enum fault_kind kind)
{
	return (kinds[kind]);
}

enum fault_trigger
fault_spec_trigger(const struct fault_spec *spec)
{
	if (spec->kind == FAULT_PREEMPT)
		return (FAULT_AT_ENTRY);
	return (spec->every_us != 0 ? FAULT_AT_TICK : FAULT_AT_DELIVERY);
}

void
fault_spec_init(struct fault_spec *spec, const char *where, bool quoted)
{
	memset(spec, 0, sizeof(*spec));
	snprintf(spec->where, sizeof(spec->where), "%s", where);
	spec->quoted = quoted;
	spec->probability = 100;
	spec->interval = 1;
	spec->times = FAULT_TIMES_ALL;
	spec->src = spec->dst = spec->to = FAULT_CPU_NONE;
}

static const char *
quote(const struct fault_spec *spec, const struct key_info *key)
{
	return (spec->quoted && key->size == 0 ? "\"" : "");
}

/* ", or " before the last of several. */
static const char *
separator(size_t i, size_t count)
{
	return (i == 0 ? "" : i + 1 < count ? ", " : " or ");
}

static void
list_kinds(uint32_t which, char *text, size_t size)
{
	size_t count = (size_t)__builtin_popcount(which), n = 0, len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < FAULT_KINDS && len < size; i++) {
		if ((which & 1U << i) == 0)
			continue;
		len += (size_t)snprintf(text + len, size - len, "%s%s",
		    separator(n, count), kinds[i]);
		n++;
	}
}

static int
unknown_key(const struct fault_spec *spec, const char *key, struct refusal *why)
{
	const char *names[nitems(keys)];
	struct closest closest;

	for (size_t i = 0; i < nitems(keys); i++)
		names[i] = keys[i].name;
	closest_find(&closest, key, names, nitems(names));
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
		if (strcmp(value, kinds[i]) != 0)
			continue;
		spec->kind = (enum fault_kind)i;
		return (0);
	}
	list_kinds(EVERY_KIND, list, sizeof(list));
	closest_find(&closest, value, kinds, FAULT_KINDS);
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
	bool all = key == &keys[KEY_TIMES] && strcmp(value, "-1") == 0;
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
			    key == &keys[KEY_TIMES] ? ", or -1 for no limit"
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
		    "255: say vector=%sxcall%s, or vector=64",
		    spec->where, value, quote(spec, &keys[KEY_VECTOR]),
		    quote(spec, &keys[KEY_VECTOR])));
	spec->vector = (uint32_t)number;
	return (0);
}

int
fault_spec_set(struct fault_spec *spec, const char *key, const char *value,
    struct refusal *why)
{
	size_t i;

	for (i = 0; i < nitems(keys); i++)
		if (strcmp(keys[i].name, key) == 0)
			break;
	if (i == nitems(keys))
		return (unknown_key(spec, key, why));
	if ((spec->given & 1U << i) != 0)
		return (refuse(why, "%s: %s: is given twice: say it once",
		    spec->where, key));
	if (value[0] == '\0')
		return (
		    refuse(why, "%s: %s: its value is missing: say %s=%s%s%s",
			spec->where, key, key, quote(spec, &keys[i]),
			keys[i].example, quote(spec, &keys[i])));
	spec->given |= 1U << i;
	switch (i) {
	case KEY_KIND:
		return (set_kind(spec, value, why));
	case KEY_VECTOR:
		return (set_vector(spec, value, why));
	case KEY_FUNCTION:
		if (!is_name(value))
			return (refuse(why,
			    "%s: function '%s': not the name of a function: "
			    "say function=%s%s%s",
			    spec->where, value, quote(spec, &keys[i]),
			    keys[i].example, quote(spec, &keys[i])));
		strcpy(spec->function, value);
		return (0);
	default:
		return (set_number(spec, &keys[i], value, why));
	}
}

/* Do the keys go with the kind? */
static int
check_keys(const struct fault_spec *spec, struct refusal *why)
{
	uint32_t kind = 1U << spec->kind;
	char list[256];

	for (size_t i = 0; i < nitems(keys); i++) {
		bool given = (spec->given & 1U << i) != 0;

		if (given && (keys[i].kinds & kind) == 0) {
			list_kinds(keys[i].kinds, list, sizeof(list));
			return (refuse(why,
			    "%s: %s: is for %s, not for %s: leave it out%s",
			    spec->where, keys[i].name, list, kinds[spec->kind],
			    i == KEY_DST ? ", or say to" : ""));
		}
		if (!given && (keys[i].needed & kind) != 0)
			return (refuse(why,
			    "%s: %s: is missing, and %s needs it: add "
			    "%s=%s%s%s",
			    spec->where, keys[i].name, kinds[spec->kind],
			    keys[i].name, quote(spec, &keys[i]),
			    keys[i].example, quote(spec, &keys[i])));
	}
	return (0);
}

/* Do they go with each other? */
static int
check_together(const struct fault_spec *spec, struct refusal *why)
{
	static const enum key drawn[] = {
	    KEY_PROBABILITY, KEY_INTERVAL, KEY_TIMES, KEY_SPACE};
	static const enum key sent[] = {KEY_VECTOR, KEY_SRC};

	for (size_t i = 0; i < nitems(drawn) && spec->nth != 0; i++)
		if ((spec->given & 1U << drawn[i]) != 0)
			return (refuse(why,
			    "%s: nth and %s exclude each other, as nth is one "
			    "event alone: leave one out",
			    spec->where, keys[drawn[i]].name));
	for (size_t i = 0; i < nitems(sent); i++)
		if (spec->kind == FAULT_NMI && spec->every_us != 0 &&
		    (spec->given & 1U << sent[i]) != 0)
			return (refuse(why,
			    "%s: every_us and %s exclude each other: an NMI "
			    "every so often replaces no interrupt: leave one "
			    "out",
			    spec->where, keys[sent[i]].name));
	if (spec->kind == FAULT_SPURIOUS && spec->vector == FAULT_VECTOR_NMI)
		return (refuse(why,
		    "%s: vector nmi: a spurious NMI is another kind: say "
		    "kind nmi, with every_us=%d",
		    spec->where, EVERY_US));
	if (spec->kind == FAULT_NMI && spec->vector == FAULT_VECTOR_NMI)
		return (refuse(why,
		    "%s: vector nmi: in place of an NMI it changes nothing: "
		    "leave it out",
		    spec->where));
	if (spec->kind == FAULT_MISROUTE && spec->to == spec->dst &&
	    spec->to != FAULT_CPU_NONE)
		return (refuse(why,
		    "%s: to %" PRIu32 ": is where it goes anyway, as dst is "
		    "the same: say another CPU",
		    spec->where, spec->to));
	return (0);
}

int
fault_spec_finish(struct fault_spec *spec, struct refusal *why)
{
	char list[256];

	if ((spec->given & GIVEN(KIND)) == 0) {
		list_kinds(EVERY_KIND, list, sizeof(list));
		return (refuse(why,
		    "%s: kind: is missing: add kind=%slost%s; the kinds are %s",
		    spec->where, quote(spec, &keys[KEY_KIND]),
		    quote(spec, &keys[KEY_KIND]), list));
	}
	if (check_keys(spec, why) == -1 || check_together(spec, why) == -1)
		return (-1);
	if (spec->kind == FAULT_REORDER && spec->delay_us == 0)
		spec->delay_us = REORDER_US;
	if (spec->every_us == 0 &&
	    (spec->kind == FAULT_SPURIOUS || spec->kind == FAULT_STALL ||
		spec->kind == FAULT_SLOW))
		spec->every_us = EVERY_US;
	return (0);
}

static int
set_item(struct fault_spec *spec, char *item, struct refusal *why)
{
	char *equals = strchr(item, '=');
	bool is_kind = false;

	if (equals != NULL && equals != item) {
		*equals = '\0';
		return (fault_spec_set(spec, item, equals + 1, why));
	}
	for (size_t i = 0; i < FAULT_KINDS; i++)
		is_kind |= strcmp(item, kinds[i]) == 0;
	return (refuse(why, "%s: '%s': not of the form KEY=VALUE: say kind=%s",
	    spec->where, item, is_kind ? item : "lost,dst=1"));
}

int
fault_spec_parse(struct fault_spec *spec, const char *what, const char *text,
    struct refusal *why)
{
	char where[FAULT_WHERE_MAX], copy[FAULT_SPEC_MAX];
	char *rest = copy, *item;

	snprintf(where, sizeof(where), "%s %s", what, text);
	fault_spec_init(spec, where, false);
	if (strlen(text) >= sizeof(copy))
		return (refuse(why,
		    "%s...: is too long: leave out what has its "
		    "default",
		    where));
	strcpy(copy, text);
	while ((item = strsep(&rest, ",")) != NULL)
		if (set_item(spec, item, why) == -1)
			return (-1);
	return (fault_spec_finish(spec, why));
}

static void
format_value(
    const struct fault_spec *spec, size_t key, char text[FAULT_NAME_MAX])
{
	uint32_t small;
	uint64_t number;

	if (key == KEY_KIND || key == KEY_FUNCTION ||
	    (key == KEY_VECTOR && spec->name[0] != '\0')) {
		snprintf(text, FAULT_NAME_MAX, "%s",
		    key == KEY_KIND	? kinds[spec->kind]
		    : key == KEY_VECTOR ? spec->name
					: spec->function);
	} else if (key == KEY_VECTOR || keys[key].size == sizeof(small)) {
		small = spec->vector;
		if (key != KEY_VECTOR)
			memcpy(&small, (const char *)spec + keys[key].offset,
			    sizeof(small));
		snprintf(text, FAULT_NAME_MAX, "%" PRIu32, small);
	} else {
		memcpy(&number, (const char *)spec + keys[key].offset,
		    sizeof(number));
		snprintf(text, FAULT_NAME_MAX, "%" PRId64, (int64_t)number);
	}
}

void
fault_spec_format(const struct fault_spec *spec, char text[FAULT_SPEC_MAX])
{
	char value[FAULT_NAME_MAX];
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < nitems(keys); i++) {
		if ((spec->given & 1U << i) == 0)
			continue;
		format_value(spec, i, value);
		len += (size_t)snprintf(text + len, FAULT_SPEC_MAX - len,
		    "%s%s=%s", len == 0 ? "" : ",", keys[i].name, value);
	}
}
