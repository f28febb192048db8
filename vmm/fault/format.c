/* SPDX-License-Identifier: ISC */
/*
 * One entry of a fault plan, as text.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fault/key.h"
#include "fault/spec.h"

void
fault_spec_place(const struct fault_spec *spec, char text[FAULT_PLACE_MAX])
{

	if (spec->offset == 0)
		snprintf(text, FAULT_PLACE_MAX, "%s", spec->function);
	else
		snprintf(text, FAULT_PLACE_MAX, "%s+0x%" PRIx32, spec->function,
		    spec->offset);
}

static void
format_value(
    const struct fault_spec *spec, size_t key, char text[FAULT_PLACE_MAX])
{
	uint32_t small;
	uint64_t number;

	if (key == KEY_FUNCTION) {
		fault_spec_place(spec, text);
	} else if (key == KEY_KIND ||
		   (key == KEY_VECTOR && spec->name[0] != '\0')) {
		snprintf(text, FAULT_PLACE_MAX, "%s",
		    key == KEY_KIND ? fault_kinds[spec->kind] : spec->name);
	} else if (key == KEY_VECTOR || fault_keys[key].size == sizeof(small)) {
		small = spec->vector;
		if (key != KEY_VECTOR)
			memcpy(&small,
			    (const char *)spec + fault_keys[key].offset,
			    sizeof(small));
		snprintf(text, FAULT_PLACE_MAX, "%" PRIu32, small);
	} else {
		memcpy(&number, (const char *)spec + fault_keys[key].offset,
		    sizeof(number));
		snprintf(text, FAULT_PLACE_MAX, "%" PRId64, (int64_t)number);
	}
}

void
fault_spec_format(const struct fault_spec *spec, char text[FAULT_SPEC_MAX])
{
	char value[FAULT_PLACE_MAX];
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < KEY_COUNT; i++) {
		if ((spec->given & 1U << i) == 0)
			continue;
		format_value(spec, i, value);
		len += (size_t)snprintf(text + len, FAULT_SPEC_MAX - len,
		    "%s%s=%s", len == 0 ? "" : ",", fault_keys[i].name, value);
	}
}
