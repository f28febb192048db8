/* SPDX-License-Identifier: ISC */
/*
 * Holding a fault plan against the image and the machine it is to run on.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/closest.h"
#include "base/x86.h"
#include "image/symbol.h"
#include "options/options.h"

#define KERNEL_NMI_US 1000 /* period of NMIs that replace no interrupt */

static int
settle_apic(
    struct fault_spec *spec, enum options_apic apic, struct refusal *why)
{
	if (apic == OPTIONS_APIC_USER)
		return (0);
	if (fault_spec_user_only(spec))
		return (refuse(why,
		    "%s: kind %s%s: KVM's own local APIC cannot be "
		    "intercepted: say --apic user",
		    spec->where, fault_kind_name(spec->kind),
		    spec->kind == FAULT_NMI ? " in place of an interrupt"
					    : ""));
	if (spec->kind == FAULT_NMI && spec->every_us == 0)
		spec->every_us = KERNEL_NMI_US;
	return (0);
}

static int
settle_cpu(const struct fault_spec *spec, const char *key, uint32_t cpu,
    uint32_t ncpus, struct refusal *why)
{
	if (cpu == FAULT_CPU_NONE || cpu < ncpus)
		return (0);
	return (refuse(why,
	    "%s: %s %" PRIu32 ": there are %" PRIu32 " vCPU%s: say %s=%" PRIu32
	    " at most, or --vcpus %" PRIu32,
	    spec->where, key, cpu, ncpus, ncpus == 1 ? "" : "s", key, ncpus - 1,
	    cpu + 1));
}

static int
settle_vector(
    struct fault_spec *spec, const struct image *image, struct refusal *why)
{
	const struct image_vector *vector;
	struct closest closest;
	const char **names;
	size_t n = image->nvectors;

	if (spec->name[0] == '\0' || spec->vector == FAULT_VECTOR_NMI)
		return (0);
	vector = image_vector_named(image, spec->name);
	if (vector != NULL) {
		spec->vector = vector->number;
		return (0);
	}
	closest.count = 0;
	names = calloc(n + 1, sizeof(*names));
	if (names != NULL) {
		for (size_t i = 0; i < n; i++)
			names[i] = image->vectors[i].name;
		names[n] = "nmi";
		closest_find(&closest, spec->name, names, n + 1);
		/* If no name is near, tell one that there is. */
		if (closest.count == 0 && n > 0) {
			closest.count = 1;
			closest.name[0] = names[0];
		}
		free(names);
	}
	return (refuse(why,
	    "%s: vector %s: %s has no vector of that name: say %s%s, or a "
	    "number from 16 to 255",
	    spec->where, spec->name, image->path,
	    "vector=", closest.count > 0 ? closest.name[0] : "nmi"));
}

static int
settle_function(
    const struct fault_spec *spec, struct symbols *symbols, struct refusal *why)
{
	struct closest closest;
	struct symbol at;
	uint64_t addr;
	size_t count;

	if (fault_spec_trigger(spec) != FAULT_AT_ENTRY)
		return (0);
	count = symbol_find(symbols, spec->function, &addr);
	if (count == 1) {
		symbol_function(symbols, addr + spec->offset, false, &at);
		if (at.function != NULL && at.addr - at.offset == addr)
			return (0);
		return (refuse(why,
		    "%s: function %s: ends before offset 0x%" PRIx32
		    ": say that of an instruction in it, as objdump -d shows "
		    "them",
		    spec->where, spec->function, spec->offset));
	}
	if (count > 1)
		return (refuse(why,
		    "%s: function %s: the image has %zu of that name: say "
		    "one that it has once",
		    spec->where, spec->function, count));
	symbol_closest(symbols, spec->function, &closest);
	return (refuse(why,
	    "%s: function %s: the image has no such function: %s%s%snm(1) "
	    "shows them all",
	    spec->where, spec->function,
	    closest.count > 0 ? "did you mean " : "",
	    closest.count > 0 ? closest.name[0] : "",
	    closest.count > 0 ? "? " : ""));
}

/* Are there enough breakpoints?  Each place takes one of the processor's. */
static int
settle_breakpoints(const struct fault_plan *plan, struct refusal *why)
{
	char place[FAULT_PLACE_MAX], other[FAULT_PLACE_MAX];
	size_t places = 0;

	for (size_t i = 0; i < plan->count; i++) {
		const struct fault_spec *spec = &plan->specs[i];
		size_t before = 0;

		if (fault_spec_trigger(spec) != FAULT_AT_ENTRY)
			continue;
		fault_spec_place(spec, place);
		for (; before < i; before++) {
			fault_spec_place(&plan->specs[before], other);
			if (strcmp(other, place) == 0)
				break;
		}
		if (before == i && ++places > X86_BREAKPOINTS)
			return (refuse(why,
			    "%s: function %s: is one too many: a plan can have "
			    "at most %d places: leave one out",
			    spec->where, place, X86_BREAKPOINTS));
	}
	return (0);
}

int
options_settle_plan(struct fault_plan *plan, const struct image *image,
    uint32_t ncpus, enum options_apic apic, struct refusal *why)
{
	struct symbols *symbols = symbol_open(image);
	int result = settle_breakpoints(plan, why);

	for (size_t i = 0; i < plan->count && result == 0; i++) {
		struct fault_spec *spec = &plan->specs[i];

		if (settle_apic(spec, apic, why) == -1 ||
		    settle_cpu(spec, "src", spec->src, ncpus, why) == -1 ||
		    settle_cpu(spec, "dst", spec->dst, ncpus, why) == -1 ||
		    settle_cpu(spec, "to", spec->to, ncpus, why) == -1 ||
		    settle_vector(spec, image, why) == -1 ||
		    settle_function(spec, symbols, why) == -1)
			result = -1;
	}
	symbol_close(symbols);
	return (result);
}
