/* SPDX-License-Identifier: ISC */
/*
 * The request of a model machine that tells what it chose.
 */
#include <stdlib.h>
#include <string.h>

#include <xcvm/abi.h>

#include "event/schedule.h"
#include "options/schedule.h"
#include "port/port_private.h"
#include "vm/vcpu.h"

/* Copy `n` of `size` bytes out of the guest; NULL after call_bad(). */
static void *
copy(
    struct call *call, const char *field, uint64_t gpa, uint64_t n, size_t size)
{
	void *to = malloc(n * size + 1);

	if (to == NULL)
		call_bad(call, field, "out of memory");
	else if (guestmem_read(&call->port->vm->mem, gpa, to, n * size) == -1) {
		call_bad(call, field,
		    "%llu of %zu bytes at address 0x%llx are outside guest "
		    "memory",
		    (unsigned long long)n, size, (unsigned long long)gpa);
		free(to);
		to = NULL;
	}
	return (to);
}

static bool
choices_good(struct call *call, const struct xcvm_choice *c, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		if (c[i].kind > XCVM_CHOICE_INTR ||
		    c[i].cpu >= vm_cpus(call->port->vm)) {
			call_bad(call, "choices",
			    "choice %llu is of kind %u, for CPU %u",
			    (unsigned long long)i, c[i].kind, c[i].cpu);
			return (false);
		}
	return (true);
}

static bool
cpus_good(struct call *call, const struct xcvm_standing *s)
{
	for (uint32_t i = 0; i < vm_cpus(call->port->vm); i++)
		if (s[i].state > XCVM_STANDING_RUNNING ||
		    s[i].nframes > XCVM_STANDING_FRAMES ||
		    s[i].nstores > XCVM_STANDING_STORES) {
			call_bad(call, "cpus",
			    "CPU %u has state %u, %u frames, %u stores", i,
			    s[i].state, s[i].nframes, s[i].nstores);
			return (false);
		}
	return (true);
}

/* Write the file of --schedule. */
static enum call_end
keep(struct call *call, const struct xcvm_choice *choices, uint64_t n)
{
	const struct vm_config *c = &call->port->vm->config;
	struct refusal why;

	if (c->options->schedule_out == NULL ||
	    schedule_write(c->options->schedule_out, c->options, c->image,
		c->test, choices, n, c->symbols, &why) == 0)
		return (CALL_GO_ON);
	return (call_bad(call, "choices", "%s", why.text));
}

enum call_end
call_schedule(struct call *call)
{
	struct event_schedule event = {
	    .cpu = call->cpu,
	    .ncpus = vm_cpus(call->port->vm),
	    .nchoices = call->req.u.schedule.nchoices,
	    .steps = call->req.u.schedule.steps,
	    .order = call->req.u.schedule.order,
	    .diverged = call->req.u.schedule.diverged,
	    .symbols = call->port->vm->config.symbols,
	};
	struct xcvm_choice *choices;
	struct xcvm_standing *cpus;
	enum call_end end = CALL_BAD;

	if (!image_is_model(call->port->vm->config.image))
		return (call_bad(call, "op", "this image has no schedule"));
	if (event.nchoices > XCVM_CHOICES_MAX)
		return (call_bad(call, "nchoices", "%llu is more than %d",
		    (unsigned long long)event.nchoices, XCVM_CHOICES_MAX));
	choices = copy(call, "choices", call->req.u.schedule.choices,
	    event.nchoices, sizeof(*choices));
	if (choices == NULL)
		return (CALL_BAD);
	cpus = copy(call, "cpus", call->req.u.schedule.cpus, event.ncpus,
	    sizeof(*cpus));
	if (cpus != NULL && choices_good(call, choices, event.nchoices) &&
	    cpus_good(call, cpus)) {
		event.choices = choices;
		event.cpus = cpus;
		event_schedule(call->port->sink, &event);
		end = keep(call, choices, event.nchoices);
	}
	free(cpus);
	free(choices);
	return (end);
}
