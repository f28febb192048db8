/* SPDX-License-Identifier: ISC */
/*
 * --list: the case table, one JSON object a line.
 */
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "event/case_json.h"
#include "run/list.h"

static void
case_json(const struct image *image, const struct image_case *c, struct json *j)
{
	const struct image_impl *impl = image_impl(image, c);

	json_object(j, NULL);
	json_string(j, "name", c->name);
	json_string(j, "api", image_api_name(c->api));
	json_string(j, "kind", image_kind_name(c->kind));
	case_contract_json(c, j);
	json_u64(j, "min_vcpus", c->min_vcpus);
	if (c->max_vcpus == 0)
		json_null(j, "max_vcpus");
	else
		json_u64(j, "max_vcpus", c->max_vcpus);
	json_object(j, "params");
	for (size_t i = 0; i < c->nparams; i++)
		json_u64(j, c->params[i].name, c->params[i].value);
	json_object_end(j);
	json_object(j, "param_docs");
	for (size_t i = 0; i < c->nparams; i++)
		json_string(j, c->params[i].name, c->params[i].doc);
	json_object_end(j);
	json_string(j, "doc", c->doc);
	json_string(j, "panic", c->panic);
	json_string(j, "fault", c->fault);
	json_string(j, "diagnosis", c->diagnosis);
	if (c->limit_ms == 0)
		json_null(j, "limit_ms");
	else
		json_u64(j, "limit_ms", c->limit_ms);
	case_decision_json(c, j);
	if (impl == NULL)
		json_null(j, "implementation");
	else {
		json_object(j, "implementation");
		case_impl_json(impl, j);
		json_object_end(j);
	}
	json_bool(j, "multiprocessor",
	    (image->flags & XCVM_IMAGE_MULTIPROCESSOR) != 0);
	json_object_end(j);
	json_newline(j);
}

int
list_cases(const struct image *image, FILE *out, struct refusal *why)
{
	struct json j;
	int error = 0;

	json_init(&j);
	for (size_t i = 0; i < image->ncases; i++)
		case_json(image, &image->cases[i], &j);
	if (json_failed(&j))
		error = refuse(why, "--list: out of memory");
	else if (fwrite(j.text, 1, j.len, out) != j.len || fflush(out) != 0)
		error = refuse(why,
		    "--list: standard output: %s: the list is "
		    "incomplete",
		    strerror(errno));
	json_free(&j);
	return (error);
}
