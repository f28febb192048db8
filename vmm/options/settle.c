/* SPDX-License-Identifier: ISC */
/*
 * Holding the options against the image, and what they then are for a case.
 */
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/closest.h"
#include "options/options.h"

bool
options_chosen(const struct options *options, const struct image_case *c)
{

	if (options->mode != OPTIONS_EACH)
		return (strcmp(options->case_name, c->name) == 0);
	if (c->kind == XCVM_KIND_BENCH && strcmp(options->glob, "*") == 0)
		return (false);
	return (fnmatch(options->glob, c->name, 0) == 0);
}

static int
no_case(const struct options *options, const struct image *image,
    struct refusal *why)
{
	struct closest closest;
	const char **names;
	char text[256] = "";

	if (options->mode == OPTIONS_EACH)
		return (refuse(why,
		    "--each=%s: no case of %s matches: see xcvm --list %s",
		    options->glob, image->path, image->path));
	names = calloc(image->ncases, sizeof(*names));
	closest.count = 0;
	if (names != NULL) {
		for (size_t i = 0; i < image->ncases; i++)
			names[i] = image->cases[i].name;
		closest_find(
		    &closest, options->case_name, names, image->ncases);
		free(names);
	}
	for (size_t i = 0; i < closest.count; i++) {
		size_t len = strlen(text);

		snprintf(text + len, sizeof(text) - len, "%s%s",
		    i == 0		    ? "did you mean "
		    : i + 1 < closest.count ? ", "
					    : " or ",
		    closest.name[i]);
	}
	return (refuse(why,
	    "--case %s: %s has no such case: %s%ssee xcvm "
	    "--list %s",
	    options->case_name, image->path, text,
	    closest.count > 0 ? "? Or " : "", image->path));
}

/* Every parameter name that a chosen case knows, once, into `text`. */
static void
param_names(const struct options *options, const struct image *image,
    char *text, size_t size)
{
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < image->ncases; i++) {
		const struct image_case *c = &image->cases[i];

		for (size_t p = 0; options_chosen(options, c) && p < c->nparams;
		     p++) {
			char word[XCVM_PARAM_NAME_MAX + 4];

			snprintf(word, sizeof(word), " %s,", c->params[p].name);
			if (strstr(text, word) != NULL ||
			    len + strlen(word) >= size)
				continue;
			strcpy(text + len, word);
			len += strlen(word);
		}
	}
	if (len > 0)
		text[len - 1] = '\0';
}

static bool
param_known(
    const struct options *options, const struct image *image, const char *name)
{

	for (size_t i = 0; i < image->ncases; i++) {
		const struct image_case *c = &image->cases[i];

		if (!options_chosen(options, c))
			continue;
		for (size_t p = 0; p < c->nparams; p++) {
			if (strcmp(c->params[p].name, name) == 0)
				return (true);
		}
	}
	return (false);
}

/* Can the faults of --fault be injected into every chosen case? */
static int
settle_faults(const struct options *options, const struct image *image,
    struct refusal *why)
{
	static const struct image_case none;
	enum options_apic apic = OPTIONS_APIC_USER;
	struct fault_plan plan;
	int error;

	if (options->faults.count == 0)
		return (0);
	for (size_t i = 0; i < image->ncases; i++) {
		if (options_chosen(options, &image->cases[i]) &&
		    options_apic_of(options, &image->cases[i]) ==
			OPTIONS_APIC_KERNEL)
			apic = OPTIONS_APIC_KERNEL;
	}
	error = options_faults(options, &none, &plan, why);
	if (error == 0)
		error = options_settle_plan(
		    &plan, image, options->vcpus, apic, why);
	fault_plan_free(&plan);
	return (error);
}

static int
settle_schedule(const struct options *options, const struct image *image,
    struct refusal *why)
{
	const struct schedule *s = &options->replay;

	if ((s->path != NULL || options->schedule_out != NULL) &&
	    !image_is_model(image))
		return (refuse(why,
		    "%s: %s runs on real vCPUs, which follow no schedule: name "
		    "the image xcguest-explore.elf",
		    s->path != NULL ? "--replay" : "--schedule", image->path));
	if (s->path == NULL || options->replay_prefix ||
	    strcmp(s->build_id, image->build_id) == 0)
		return (0);
	return (refuse(why,
	    "--replay %s: is of build id %.12s, and %s has %.12s: say "
	    "--replay-prefix to play it as far as it fits",
	    s->path, s->build_id, image->path, image->build_id));
}

int
options_settle(
    struct options *options, const struct image *image, struct refusal *why)
{
	char names[512];
	bool any = false;

	for (size_t i = 0; i < image->ncases; i++)
		any |= options_chosen(options, &image->cases[i]);
	if (!any)
		return (no_case(options, image, why));
	if (!options->vcpus_given && options->vcpus > image->max_vcpus)
		options->vcpus = image->max_vcpus;
	if (options->vcpus > image->max_vcpus)
		return (refuse(why,
		    "--vcpus %" PRIu32 ": %s supports at most %" PRIu32
		    ": say --vcpus %" PRIu32,
		    options->vcpus, image->path, image->max_vcpus,
		    image->max_vcpus));
	if (options->vcpus_most > image->max_vcpus)
		options->vcpus_most = image->max_vcpus;
	if (options->apic_ids.count != 0 && options->vcpus_most != 0)
		return (refuse(why,
		    "--vcpus %" PRIu32
		    "+: with --apic-ids each CPU has an id of its own: say "
		    "--vcpus %zu",
		    options->vcpus, options->apic_ids.count));
	if (options->apic_ids.count != 0 &&
	    options->apic_ids.count != options->vcpus)
		return (refuse(why,
		    "--apic-ids: %zu ids for %" PRIu32
		    " vCPUs: give each its own, or say --vcpus %zu",
		    options->apic_ids.count, options->vcpus,
		    options->apic_ids.count));
	if (settle_faults(options, image, why) == -1 ||
	    settle_schedule(options, image, why) == -1)
		return (-1);
	for (size_t i = 0; i < options->nparams; i++) {
		if (param_known(options, image, options->params[i].name))
			continue;
		param_names(options, image, names, sizeof(names));
		return (refuse(why,
		    "--param %s=%" PRIu64
		    ": no chosen case has this parameter; there %s%s",
		    options->params[i].name, options->params[i].value,
		    names[0] == '\0' ? "is none" : "are:", names));
	}
	return (0);
}

uint32_t
options_vcpus(const struct options *options, const struct image_case *c)
{

	return (
	    c->min_vcpus > options->vcpus && c->min_vcpus <= options->vcpus_most
		? c->min_vcpus
		: options->vcpus);
}

uint32_t
options_apic_id(const struct options *options, uint32_t cpu)
{

	return (options->apic_ids.count == 0 ? cpu : options->apic_ids.id[cpu]);
}

uint32_t
options_timeout_ms(const struct options *options, const struct image_case *c)
{

	if (options->timeout_ms != 0)
		return (options->timeout_ms);
	if (c->limit_ms != 0 && c->diagnosis == NULL)
		return (c->limit_ms);
	return (OPTIONS_TIMEOUT_MS);
}

uint32_t
options_after_stall_ms(const struct image_case *c)
{

	return (c->diagnosis == NULL ? 0 : c->limit_ms);
}

uint64_t
options_param(const struct options *options, const struct image_param *param)
{

	for (size_t i = 0; i < options->nparams; i++) {
		if (strcmp(options->params[i].name, param->name) == 0)
			return (options->params[i].value);
	}
	return (param->value);
}
