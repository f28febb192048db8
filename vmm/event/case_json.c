/* SPDX-License-Identifier: ISC */
/*
 * What --list and the `run` event tell of a case in the same form.
 */
#include "event/case_json.h"
#include "image/contract.h"

void
case_contract_json(const struct image_case *c, struct json *j)
{
	const char *ids = c->contract, *id;
	size_t len;

	json_array(j, "contract");
	while ((id = contract_id(&ids, &len)) != NULL)
		json_string_len(j, NULL, id, len);
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
