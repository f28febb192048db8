/* SPDX-License-Identifier: ISC */
/*
 * What --list and the `run` event tell of a case in the same form.
 */
#include <string.h>

#include "event/case_json.h"

void
case_contract_json(const struct image_case *c, struct json *j)
{
	const char *at = c->contract;

	json_array(j, "contract");
	while (*at != '\0') {
		size_t len = strcspn(at, ", ");

		if (len > 0)
			json_string_len(j, NULL, at, len);
		at += len;
		at += strspn(at, ", ");
	}
	json_array_end(j);
}

void
case_decision_json(const struct image_case *c, struct json *j)
{

	if (c->decision == 0)
		json_null(j, "decision");
	else
		json_u64(j, "decision", c->decision);
}

void
case_impl_json(const struct image_impl *impl, struct json *j)
{

	json_string(j, "api", image_api_name(impl->api));
	json_string(j, "path", impl->path);
	json_string(j, "sha256", impl->sha256);
	json_bool(j, "foreign", impl->foreign);
}
