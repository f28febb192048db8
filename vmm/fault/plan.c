/* SPDX-License-Identifier: ISC */
/*
 * A fault plan: its entries, from the command line, from files, from a case.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "fault/plan.h"

#define FILE_MAX (1 << 20) /* of a plan: far more than its entries take */

void
fault_plan_free(struct fault_plan *plan)
{
	free(plan->specs);
	plan->specs = NULL;
	plan->count = 0;
}

int
fault_plan_append(
    struct fault_plan *plan, const struct fault_spec *spec, struct refusal *why)
{
	struct fault_spec *more;

	if (plan->count == FAULT_PLAN_MAX)
		return (refuse(why,
		    "%s: is one fault too many: a plan has at most %d",
		    spec->where, FAULT_PLAN_MAX));
	more = array_grow(plan->specs, plan->count, sizeof(*more));
	if (more == NULL)
		return (refuse(why, "%s: out of memory", spec->where));
	plan->specs = more;
	plan->specs[plan->count++] = *spec;
	return (0);
}

/* The whole file, to be freed; NULL with `why` filled. */
static char *
read_file(const char *path, size_t *len, struct refusal *why)
{
	FILE *file = fopen(path, "re");
	char *text = malloc(FILE_MAX);
	int error = 0;

	*len = 0;
	if (file == NULL)
		error = errno;
	else if (text == NULL)
		error = ENOMEM;
	else if ((*len = fread(text, 1, FILE_MAX, file)) < FILE_MAX &&
		 ferror(file) != 0)
		error = errno;
	if (file != NULL)
		fclose(file);
	if (error == 0 && *len < FILE_MAX)
		return (text);
	if (error == 0)
		refuse(why,
		    "--fault @%s: is longer than a fault plan can be: name a "
		    "file of [[fault]] tables",
		    path);
	else
		refuse(why,
		    "--fault @%s: cannot be read: %s: name a file of [[fault]] "
		    "tables",
		    path, strerror(error));
	free(text);
	return (NULL);
}

int
fault_plan_add(struct fault_plan *plan, const char *text, struct refusal *why)
{
	struct fault_spec spec;
	char *content;
	size_t len;
	int result;

	if (text[0] != '@')
		return (fault_spec_parse(&spec, "--fault", text, why) == -1
			    ? -1
			    : fault_plan_append(plan, &spec, why));
	content = read_file(text + 1, &len, why);
	if (content == NULL)
		return (-1);
	result = fault_toml_parse(plan, text + 1, content, len, why);
	free(content);
	return (result);
}

int
fault_plan_add_case(struct fault_plan *plan, const char *name, const char *text,
    struct refusal *why)
{
	char what[FAULT_WHERE_MAX], copy[FAULT_SPEC_MAX];
	struct fault_spec spec;

	snprintf(what, sizeof(what), "case %s: its fault", name);
	while (*(text += strspn(text, " ")) != '\0') {
		size_t len = strcspn(text, " ");

		if (len >= sizeof(copy))
			return (refuse(why, "%s %s: is too long", what, text));
		memcpy(copy, text, len);
		copy[len] = '\0';
		if (fault_spec_parse(&spec, what, copy, why) == -1 ||
		    fault_plan_append(plan, &spec, why) == -1)
			return (-1);
		text += len;
	}
	return (0);
}

bool
fault_plan_user_only(const struct fault_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		if (fault_spec_user_only(&plan->specs[i]))
			return (true);
	return (false);
}
