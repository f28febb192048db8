/* SPDX-License-Identifier: ISC */
/*
 * Image checks 20 to 28 and 31: the case table.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image/check.h"

/* A string of a case; `field` names it in a refusal. */
static int
string(struct image *image, size_t number, const char *field, uint64_t addr,
    char **copy, struct refusal *why)
{
	char what[64];

	snprintf(what, sizeof(what), "case %zu: %s", number, field);
	return (image_string(image, what, addr, copy, why));
}

static int
optional(struct image *image, size_t number, const char *field, uint64_t addr,
    char **copy, struct refusal *why)
{

	return (addr == 0 ? 0 : string(image, number, field, addr, copy, why));
}

static int
param(struct image *image, size_t number, struct image_case *c, uint64_t addr,
    struct refusal *why)
{
	struct image_param *p = &c->params[c->nparams];
	struct xcvm_param raw;
	const uint8_t *data;

	data = image_data(image, addr, sizeof(raw));
	if (data == NULL)
		return (image_refuse(image, why, CHECK_PARAM,
		    "case %s: parameter %zu at 0x%" PRIx64
		    " is not in loaded data",
		    c->name, c->nparams, addr));
	memcpy(&raw, data, sizeof(raw));
	c->nparams++; /* from here on image_close() frees `p` */
	p->value = raw.value;
	if (string(image, number, "a parameter's name", raw.name, &p->name,
		why) == -1 ||
	    string(image, number, "a parameter's doc", raw.doc, &p->doc, why) ==
		-1)
		return (-1);
	if (!image_name_ok(p->name, XCVM_PARAM_NAME_MAX))
		return (image_refuse(image, why, CHECK_PARAM,
		    "case %s: parameter name '%.80s' is not of [a-z0-9_] and "
		    "shorter than %d",
		    c->name, p->name, XCVM_PARAM_NAME_MAX));
	for (size_t i = 0; i + 1 < c->nparams; i++) {
		if (strcmp(c->params[i].name, p->name) == 0)
			return (image_refuse(image, why, CHECK_PARAM,
			    "case %s: two parameters are called %s", c->name,
			    p->name));
	}
	return (0);
}

static int
params(struct image *image, size_t number, struct image_case *c,
    const struct xcvm_case *raw, struct refusal *why)
{

	if (raw->nparams > XCVM_PARAM_MAX)
		return (image_refuse(image, why, CHECK_PARAM,
		    "case %s: %" PRIu32 " parameters, at most %d can be",
		    c->name, raw->nparams, XCVM_PARAM_MAX));
	if (raw->nparams == 0)
		return (0);
	c->params = calloc(raw->nparams, sizeof(*c->params));
	if (c->params == NULL)
		return (refuse(why, "%s: out of memory", image->path));
	for (uint32_t i = 0; i < raw->nparams; i++) {
		if (param(image, number, c,
			raw->params + i * sizeof(struct xcvm_param), why) == -1)
			return (-1);
	}
	return (0);
}

static int
fields(struct image *image, struct image_case *c, const struct xcvm_case *raw,
    struct refusal *why)
{

	if (raw->api > XCVM_API_IPI)
		return (image_refuse(image, why, CHECK_ENUM,
		    "case %s: unknown api %" PRIu32, c->name, raw->api));
	if (raw->kind > XCVM_KIND_BENCH)
		return (image_refuse(image, why, CHECK_ENUM,
		    "case %s: unknown kind %" PRIu32, c->name, raw->kind));
	c->api = (enum xcvm_api)raw->api;
	c->kind = (enum xcvm_kind)raw->kind;
	c->min_vcpus = raw->min_vcpus == 0 ? 1 : raw->min_vcpus;
	c->max_vcpus = raw->max_vcpus;
	c->panic_cpu = raw->panic_cpu;
	c->decision = raw->decision;
	c->limit_ms = raw->limit_ms;
	c->needs = raw->needs;
	if (c->max_vcpus != 0 && c->max_vcpus < c->min_vcpus)
		return (image_refuse(image, why, CHECK_VCPUS,
		    "case %s: max_vcpus %" PRIu32
		    " is below min_vcpus %" PRIu32,
		    c->name, c->max_vcpus, c->min_vcpus));
	if (c->kind == XCVM_KIND_MISUSE &&
	    (c->panic == NULL || c->panic[0] == '\0'))
		return (image_refuse(image, why, CHECK_PANIC,
		    "case %s: a misuse case must declare its panic text",
		    c->name));
	if (c->kind == XCVM_KIND_MISUSE && c->panic_cpu >= c->min_vcpus)
		return (image_refuse(image, why, CHECK_PANIC,
		    "case %s: panic_cpu %" PRIu32
		    " does not exist with %" PRIu32 " vCPUs, its minimum",
		    c->name, c->panic_cpu, c->min_vcpus));
	if (!image_executable(image, raw->run))
		return (image_refuse(image, why, CHECK_RUN,
		    "case %s: its function at 0x%" PRIx64
		    " is not in an executable segment",
		    c->name, raw->run));
	return (0);
}

static int
fault(struct image *image, struct image_case *c, struct refusal *why)
{
	struct refusal reason;

	if (c->fault == NULL ||
	    fault_plan_add_case(&c->plan, c->name, c->fault, &reason) == 0)
		return (0);
	return (image_refuse(image, why, CHECK_FAULT, "%s", reason.text));
}

static int
one_case(struct image *image, uint64_t addr, struct refusal *why)
{
	size_t number = image->ncases;
	struct image_case *c = &image->cases[number];
	struct xcvm_case raw;

	memcpy(&raw, image_data(image, addr, sizeof(raw)), sizeof(raw));
	image->ncases++; /* from here on image_close() frees `c` */
	c->addr = addr;
	if (string(image, number, "name", raw.name, &c->name, why) == -1)
		return (-1);
	if (!image_name_ok(c->name, XCVM_CASE_NAME_MAX))
		return (image_refuse(image, why, CHECK_NAME,
		    "case %zu: the name '%.80s' is not of [a-z0-9_] and "
		    "shorter than %d",
		    number, c->name, XCVM_CASE_NAME_MAX));
	if (image_find(image, c->name) != c)
		return (image_refuse(image, why, CHECK_NAME,
		    "two cases are called %s", c->name));
	if (string(image, number, "doc", raw.doc, &c->doc, why) == -1 ||
	    string(image, number, "contract", raw.contract, &c->contract,
		why) == -1 ||
	    optional(image, number, "panic", raw.panic, &c->panic, why) == -1 ||
	    optional(image, number, "fault", raw.fault, &c->fault, why) == -1 ||
	    optional(image, number, "diagnosis", raw.diagnosis, &c->diagnosis,
		why) == -1)
		return (-1);
	if (fields(image, c, &raw, why) == -1 || fault(image, c, why) == -1)
		return (-1);
	return (params(image, number, c, &raw, why));
}

/* By API, then by name as a person sorts: o2 before o10. */
static int
compare_cases(const void *a, const void *b)
{
	const struct image_case *x = a, *y = b;

	if (x->api != y->api)
		return (x->api > y->api ? 1 : -1);
	return (strverscmp(x->name, y->name));
}

int
image_cases(struct image *image, Elf *elf, struct refusal *why)
{
	uint64_t addr, size;
	size_t count;

	if (image_table(image, elf, XCVM_CASE_SECTION, &addr, &size, why) == -1)
		return (-1);
	if (size == 0 || size % sizeof(struct xcvm_case) != 0)
		return (image_refuse(image, why, CHECK_TABLE_SIZE,
		    "section " XCVM_CASE_SECTION " has %" PRIu64
		    " bytes, not a multiple of a case's %zu",
		    size, sizeof(struct xcvm_case)));
	count = size / sizeof(struct xcvm_case);
	image->cases = calloc(count, sizeof(*image->cases));
	if (image->cases == NULL)
		return (refuse(why, "%s: out of memory", image->path));
	for (size_t i = 0; i < count; i++) {
		if (one_case(image, addr + i * sizeof(struct xcvm_case), why) ==
		    -1)
			return (-1);
	}
	/* The compiler chose the order in the image. */
	qsort(image->cases, count, sizeof(*image->cases), compare_cases);
	return (0);
}
