/* SPDX-License-Identifier: ISC */
/*
 * The requests of a measurement: a section, and what was measured.
 */
#include <stdlib.h>
#include <string.h>

#include "base/histogram.h"
#include "event/measure.h"
#include "port/port_private.h"
#include "vm/vcpu.h"

enum call_end
call_section(struct call *call)
{
	struct section *section = call->port->section;
	uint64_t operations = call->req.u.section.operations;
	uint32_t end = call->req.u.section.end;
	const char *open = section_name(section);

	if (!call_string(call, "name", call->req.u.section.name, 0))
		return (CALL_BAD);
	if (call->strings[0][0] == '\0')
		return (call_bad(call, "name", "is empty"));
	if (end > 1)
		return (call_bad(call, "end", "%u is neither 0 nor 1", end));
	if (call->req.u.section.reserved != 0)
		return (call_bad(call, "reserved", "is not 0"));
	if (end == 0 && operations != 0)
		return (call_bad(call, "operations",
		    "%llu before the section has begun",
		    (unsigned long long)operations));
	if (end == 0 && open != NULL)
		return (call_bad(call, "end", "another section is open"));
	if (end == 1 && open == NULL)
		return (call_bad(call, "end", "no section is open"));
	if (end == 1 && strcmp(open, call->strings[0]) != 0)
		return (call_bad(call, "name", "another section is open"));
	if (end == 0)
		section_begin(section, call->strings[0]);
	else
		section_end(section, call->cpu, operations);
	return (CALL_GO_ON);
}

/* Do count, min and max, as the guest says, agree with the counts? */
static bool
agrees(struct call *call, const uint32_t *counts)
{
	uint32_t n = call->req.u.histogram.ncounts, first, last;
	uint64_t count = call->req.u.histogram.count;
	uint64_t min = call->req.u.histogram.min;
	uint64_t max = call->req.u.histogram.max;
	uint64_t sum = histogram_sum(counts, n, &first, &last);

	if (sum != count) {
		call_bad(call, "count", "%llu, and the counts add up to %llu",
		    (unsigned long long)count, (unsigned long long)sum);
		return (false);
	}
	if (sum == 0 ? min != 0 : histogram_index(min) != first) {
		call_bad(call, "min", "%llu is not where the counts begin",
		    (unsigned long long)min);
		return (false);
	}
	if (sum == 0 ? max != 0 : max < min || histogram_index(max) != last) {
		call_bad(call, "max", "%llu is not where the counts end",
		    (unsigned long long)max);
		return (false);
	}
	return (true);
}

static enum call_end
tell(struct call *call, uint32_t *counts)
{
	uint64_t gpa = call->req.u.histogram.counts;
	uint32_t n = call->req.u.histogram.ncounts;
	struct event_histogram event;

	if (guestmem_read(
		&call->port->vm->mem, gpa, counts, n * sizeof(*counts)) == -1)
		return (call_bad(call, "counts",
		    "%u counts at address 0x%llx are outside guest memory", n,
		    (unsigned long long)gpa));
	if (!agrees(call, counts))
		return (CALL_BAD);
	memset(&event, 0, sizeof(event));
	event.cpu = call->req.u.histogram.cpu;
	event.target = call->req.u.histogram.target;
	event.phase = call->strings[0];
	event.count = call->req.u.histogram.count;
	event.min = call->req.u.histogram.min;
	event.max = call->req.u.histogram.max;
	event.counts = counts;
	event.ncounts = n;
	event_histogram(call->port->sink, &event);
	return (CALL_GO_ON);
}

enum call_end
call_histogram(struct call *call)
{
	uint32_t n = call->req.u.histogram.ncounts;
	uint32_t cpu = call->req.u.histogram.cpu;
	uint32_t target = call->req.u.histogram.target;
	enum call_end end;
	uint32_t *counts;

	if (!call_string(call, "phase", call->req.u.histogram.phase, 0))
		return (CALL_BAD);
	if (call->strings[0][0] == '\0')
		return (call_bad(call, "phase", "is empty"));
	if (n == 0 || n > XCVM_HISTOGRAM_COUNTS)
		return (call_bad(call, "ncounts", "%u is not from 1 to %d", n,
		    XCVM_HISTOGRAM_COUNTS));
	if (cpu >= vm_cpus(call->port->vm))
		return (call_bad(call, "cpu", "there is no CPU %u", cpu));
	if (target >= vm_cpus(call->port->vm) && target != XCVM_NO_CPU)
		return (call_bad(call, "target", "there is no CPU %u", target));
	if (call->req.u.histogram.reserved != 0)
		return (call_bad(call, "reserved", "is not 0"));
	counts = malloc(n * sizeof(*counts));
	if (counts == NULL)
		return (call_bad(call, "counts", "out of memory"));
	end = tell(call, counts);
	free(counts);
	return (end);
}
