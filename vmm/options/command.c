/* SPDX-License-Identifier: ISC */
/*
 * The command that repeats a run.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options/options.h"

struct command {
	char **argv;
	size_t count;
	size_t size;
	bool failed;
};

/* Add `word`, which is taken over; NULL when memory ran out. */
static void
add(struct command *command, char *word)
{

	if (word == NULL || command->count + 1 >= command->size) {
		free(word);
		command->failed = true;
		return;
	}
	command->argv[command->count++] = word;
}

static void addf(struct command *command, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
addf(struct command *command, const char *fmt, ...)
{
	char *word;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&word, fmt, ap) == -1)
		word = NULL;
	va_end(ap);
	add(command, word);
}

static void
add_list(
    struct command *command, const char *option, const struct cpulist *list)
{

	if (list->count == 0)
		return;
	addf(command, "%s", option);
	add(command, cpulist_format(list->id, list->count));
}

static void
add_faults(struct command *command, const struct fault_plan *plan)
{

	for (size_t i = 0; i < plan->count; i++) {
		char text[FAULT_SPEC_MAX];

		fault_spec_format(&plan->specs[i], text);
		addf(command, "--fault");
		addf(command, "%s", text);
	}
}

static void
add_mem(struct command *command, uint64_t mem)
{

	addf(command, "--mem");
	if (mem % (1 << 20) == 0)
		addf(command, "%" PRIu64 "M", mem >> 20);
	else
		addf(command, "%" PRIu64 "K", mem >> 10);
}

char **
options_command(const struct options *options, const struct image_case *c)
{
	struct command command = {
	    .size = 28 + 2 * options->nparams + 2 * options->faults.count};

	command.argv = calloc(command.size, sizeof(*command.argv));
	if (command.argv == NULL)
		return (NULL);
	addf(&command, "%s", options->program);
	addf(&command, "--case");
	addf(&command, "%s", c->name);
	addf(&command, "--vcpus");
	addf(&command, "%" PRIu32, options_vcpus(options, c));
	if (options->mem_given)
		add_mem(&command, options->mem);
	if (options->apic != OPTIONS_APIC_ANY) {
		addf(&command, "--apic");
		addf(&command, "%s", options_apic_name(options->apic));
	}
	add_list(&command, "--apic-ids", &options->apic_ids);
	add_list(&command, "--pin", &options->pin);
	for (size_t i = 0; i < c->nparams; i++) {
		const struct image_param *p = &c->params[i];
		uint64_t value = options_param(options, p);

		if (value == p->value)
			continue;
		addf(&command, "--param");
		addf(&command, "%s=%" PRIu64, p->name, value);
	}
	add_faults(&command, &options->faults);
	if (options->replay.path != NULL) {
		addf(&command, "--replay%s",
		    options->replay_prefix ? "-prefix" : "");
		addf(&command, "%s", options->replay.path);
	}
	if (options->timeout_ms != 0) {
		addf(&command, "--timeout");
		addf(&command, "%.8g", options->timeout_ms / 1000.0);
	}
	addf(&command, "--seed");
	addf(&command, "%" PRIu64, options->seed);
	if (options->image[0] == '-')
		addf(&command, "--");
	addf(&command, "%s", options->image);
	if (command.failed) {
		options_command_free(command.argv);
		return (NULL);
	}
	return (command.argv);
}

void
options_command_free(char **command)
{

	if (command == NULL)
		return;
	for (size_t i = 0; command[i] != NULL; i++)
		free(command[i]);
	free(command);
}
