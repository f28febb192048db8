/* SPDX-License-Identifier: ISC */
/*
 * A measured section of a run.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "event/measure.h"
#include "port/section.h"
#include "vm/stats.h"
#include "vm/vcpu.h"
#include "vm/vm.h"

struct section {
	struct vm *vm;
	struct event_sink *sink;
	struct stats_files *files; /* NULL: not wanted, or KVM has none */
	bool open;
	char name[XCVM_STRING_MAX];
	struct stats *stats; /* at the beginning; NULL: none */
	uint64_t start_ns;
	uint64_t *exits; /* by vCPU: at the beginning; then, those since */
};

struct section *
section_create(struct vm *vm, struct event_sink *sink, struct failure *why)
{
	struct section *section = calloc(1, sizeof(*section));

	if (section != NULL)
		section->exits = calloc(vm->nvcpus, sizeof(*section->exits));
	if (section == NULL || section->exits == NULL) {
		free(section);
		fail(why, VERDICT_CRASH, "out of memory");
		return (NULL);
	}
	section->vm = vm;
	section->sink = sink;
	if (vm->config.test->kind == XCVM_KIND_BENCH && event_wanted(sink))
		section->files = stats_open(vm);
	return (section);
}

void
section_destroy(struct section *section)
{
	if (section == NULL)
		return;
	stats_close(section->files);
	stats_free(section->stats);
	free(section->exits);
	free(section);
}

const char *
section_name(const struct section *section)
{
	return (section->open ? section->name : NULL);
}

void
section_begin(struct section *section, const char *name)
{
	struct vm *vm = section->vm;

	lock_held(&vm->report_lock);
	section->open = true;
	snprintf(section->name, sizeof(section->name), "%s", name);
	section->stats = stats_sample(section->files);
	for (uint32_t i = 0; i < vm->nvcpus; i++)
		section->exits[i] = atomic_load(&vm->vcpus[i].exits);
	section->start_ns = clock_ns();
}

void
section_end(struct section *section, uint32_t cpu, uint64_t operations)
{
	const struct vm *vm = section->vm;
	struct event_section event = {
	    .cpu = cpu,
	    .name = section->name,
	    .operations = operations,
	    .elapsed_ns = clock_ns() - section->start_ns,
	    .exits = section->exits,
	    .nvcpus = vm->nvcpus,
	    .begin = section->stats,
	};
	struct stats *stats;

	lock_held(&section->vm->report_lock);
	/* The exit of this request has been counted, and is left out. */
	for (uint32_t i = 0; i < vm->nvcpus; i++)
		section->exits[i] = atomic_load(&vm->vcpus[i].exits) -
				    section->exits[i] - (i == cpu);
	stats = stats_sample(section->files);
	event.end = stats;
	event_section(section->sink, &event);
	stats_free(stats);
	stats_free(section->stats);
	section->stats = NULL;
	section->open = false;
}
