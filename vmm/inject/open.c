/* SPDX-License-Identifier: ISC */
/*
 * A fault plan goes to work on a VM: its breakpoints and ticks, and their end.
 */
#include <stdlib.h>

#include "inject/inject_private.h"
#include "vm/debug.h"
#include "vm/vcpu.h"

/*
 * Make the CPUs that an entry is for stop at its place; where debug
 * registers do not stop the guest, make all CPUs stop.
 */
static int
set_breakpoints(
    struct inject *inject, size_t entry, bool stops, struct failure *why)
{
	const struct fault_spec *spec = &inject->plan->specs[entry];
	uint64_t *address = &inject->places[entry];
	struct vm *vm = inject->vm;

	if (symbol_find(vm->config.symbols, spec->function, address) == 0)
		return (fail(why, VERDICT_CRASH,
		    "%s: the image's symbols cannot be read", spec->where));
	if (!stops && spec->walk > 1)
		return (fail(why, VERDICT_NOKVM,
		    "%s: walk: this KVM does not stop at breakpoints: leave "
		    "it out",
		    spec->where));
	*address += spec->offset;
	for (uint32_t cpu = 0; cpu < vm->nvcpus; cpu++) {
		if (stops && spec->dst != FAULT_CPU_NONE && spec->dst != cpu)
			continue;
		if (debug_breakpoint(&vm->vcpus[cpu], *address, stops, why) ==
		    -1)
			return (-1);
	}
	return (0);
}

static int
set_all_breakpoints(struct inject *inject, struct failure *why)
{
	const struct fault_plan *plan = inject->plan;
	bool probed = false, stops = false;

	for (size_t i = 0; i < plan->count; i++) {
		if (fault_spec_trigger(&plan->specs[i]) != FAULT_AT_ENTRY)
			continue;
		if (!probed &&
		    debug_probe(inject->vm->config.kvm, &stops, why) == -1)
			return (-1);
		probed = true;
		if (set_breakpoints(inject, i, stops, why) == 0)
			continue;
		/* A case that this KVM cannot run is left out, no more. */
		if (why->verdict == VERDICT_NOKVM &&
		    i < inject->vm->config.test->plan.count)
			why->verdict = VERDICT_SKIP;
		return (-1);
	}
	return (0);
}

int
inject_open(struct inject **out, struct vm *vm, const struct fault_plan *plan,
    struct event_sink *sink, struct failure *why)
{
	struct inject *inject;

	*out = NULL;
	if (plan->count == 0)
		return (0);
	inject = calloc(1, sizeof(*inject));
	if (inject == NULL)
		return (fail(why, VERDICT_CRASH, "out of memory"));
	inject->vm = vm;
	inject->sink = sink;
	inject->plan = plan;
	inject->fault = fault_open(
	    plan->specs, plan->count, vm->nvcpus, vm->config.options->seed);
	inject->places = calloc(plan->count, sizeof(*inject->places));
	inject->ticks = calloc(plan->count, sizeof(*inject->ticks));
	inject->walks = calloc(vm->nvcpus, sizeof(*inject->walks));
	if (inject->fault == NULL || inject->places == NULL ||
	    inject->ticks == NULL || inject->walks == NULL) {
		inject_close(inject);
		return (fail(why, VERDICT_CRASH, "out of memory"));
	}
	if (set_all_breakpoints(inject, why) == -1) {
		inject_close(inject);
		return (-1);
	}
	*out = inject;
	return (0);
}

void
inject_close(struct inject *inject)
{
	struct later *later;

	if (inject == NULL)
		return;
	while ((later = inject->laters) != NULL) {
		inject->laters = later->next;
		free(later);
	}
	fault_close(inject->fault);
	free(inject->places);
	free(inject->walks);
	free(inject->ticks);
	free(inject);
}

void
inject_start(struct inject *inject)
{
	uint64_t now = clock_ns(), run_ns;

	if (inject == NULL)
		return;
	run_ns = event_run_us(inject->sink) * NS_PER_US;
	for (size_t i = 0; i < inject->plan->count; i++) {
		const struct fault_spec *spec = &inject->plan->specs[i];
		struct tick *tick = &inject->ticks[i];
		uint64_t after = spec->after_us * NS_PER_US;

		if (fault_spec_trigger(spec) != FAULT_AT_TICK)
			continue;
		tick->item.run = inject_tick;
		tick->inject = inject;
		tick->entry = i;
		tick->due_ns = now + (after > run_ns ? after - run_ns : 0);
		agenda_set(inject->vm->agenda, &tick->item, tick->due_ns);
	}
}
