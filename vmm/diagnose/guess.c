/* SPDX-License-Identifier: ISC */
/*
 * Waits inside implementations that do not tell of them: what is not known
 * of such a wait is left out of what is said of it.
 */
#include <stdlib.h>
#include <string.h>

#include "diagnose/diagnose.h"

static bool
foreign(const struct image *image, enum xcvm_api api)
{
	for (size_t i = 0; i < image->nimpls; i++)
		if (image->impls[i].api == api)
			return (image->impls[i].foreign);
	return (false);
}

static enum xcvm_api
api_of(uint32_t primitive)
{
	switch (primitive) {
	case XCVM_TRACE_CPU_XCALL:
		return (XCVM_API_CPU_XCALL);
	case XCVM_TRACE_IPI_NUMBER:
	case XCVM_TRACE_IPI_MESSAGE:
		return (XCVM_API_IPI);
	default:
		return (XCVM_API_XCALL);
	}
}

static bool
waits_already(const struct inspect *in, uint32_t thread)
{
	for (size_t i = 0; i < in->nwaits; i++)
		if (in->waits[i].thread == thread)
			return (true);
	return (false);
}

/*
 * The outermost function on the thread's stack that is a primitive of a foreign
 * implementation, or NULL.
 */
static const struct image_record *
waiting_in(const struct snapshot *snapshot, const struct inspect_thread *t,
    uint64_t *at)
{
	const struct inspect *in = &snapshot->in;
	const struct image_record *found = NULL, *r;
	struct symbol symbol;

	for (size_t f = 0; f < t->nframes; f++) {
		symbol_function(in->symbols, t->functions[f], false, &symbol);
		if (symbol.function == NULL)
			continue;
		r = inspect_named(
		    in->image, XCVM_NAMED_PRIMITIVE, symbol.function);
		if (r == NULL ||
		    !foreign(in->image, api_of(r->raw.u.name.number)))
			continue;
		found = r;
		*at = t->frames[f].at;
	}
	return (found);
}

/* The call on the thread's own stack that is in a slot of a CPU, or NULL. */
static const struct inspect_call *
own_call(const struct inspect *in, uint64_t at, uint32_t primitive)
{
	uint64_t stack = at / XCVM_STACK_SLOT;

	for (size_t i = 0; i < in->ncalls; i++)
		if (in->calls[i].where->raw.kind == XCVM_INSPECT_SLOTS &&
		    in->calls[i].where->raw.u.slots.primitive == primitive &&
		    in->calls[i].object / XCVM_STACK_SLOT == stack)
			return (&in->calls[i]);
	return (NULL);
}

/* A CPU whose slots for such calls are all taken, or INSPECT_NONE. */
static uint32_t
full_cpu(const struct inspect *in, uint32_t primitive)
{
	uint32_t cpu = INSPECT_NONE, taken = 0;

	/* The calls are in the order of CPUs, then of records. */
	for (size_t i = 0; i < in->ncalls; i++) {
		const struct inspect_call *call = &in->calls[i];

		if (call->where->raw.kind != XCVM_INSPECT_SLOTS ||
		    call->where->raw.u.slots.primitive != primitive ||
		    call->running)
			continue;
		taken = call->cpu == cpu ? taken + 1 : 1;
		cpu = call->cpu;
		if (taken == call->where->raw.u.slots.count)
			return (cpu);
	}
	return (INSPECT_NONE);
}

/* Does the trace have an interrupt for such a call? */
static bool
has_interrupt(const struct trace *trace, uint32_t primitive)
{
	for (size_t i = 0; i < trace->count; i++)
		if (trace->records[i].what == XCVM_TRACE_IPI &&
		    trace->records[i].primitive == primitive)
			return (true);
	return (false);
}

static int
add(struct inspect *in, uint32_t thread, const struct image_record *name,
    uint64_t at)
{
	const struct inspect_call *call;
	struct inspect_wait *w;

	if (!inspect_wait_room(in))
		return (-1);
	w = &in->waits[in->nwaits++];
	memset(w, 0, sizeof(*w));
	w->thread = thread;
	w->cpu = in->threads[thread].cpu;
	w->addr = at;
	w->innermost = true;
	w->guessed = true;
	w->target = INSPECT_NONE;
	strcpy(w->primitive, name->name);
	call = own_call(in, at, name->raw.u.name.number);
	if (call != NULL) {
		w->object = call->object;
		w->target = call->cpu;
		w->function = call->function;
	} else if (strcmp(name->name, "cpu_xcall") == 0) {
		/* cpu_xcall() does nothing else that lasts. */
		w->target = full_cpu(in, name->raw.u.name.number);
		w->full = w->target != INSPECT_NONE;
	}
	return (0);
}

int
diagnose_guess(struct snapshot *snapshot)
{
	struct inspect *in = &snapshot->in;

	for (uint32_t i = 0; i < in->nthreads; i++) {
		const struct inspect_thread *t = &in->threads[i];
		const struct image_record *name;
		uint64_t at = 0;

		if (t->cpu == INSPECT_NONE || waits_already(in, i) ||
		    (t->state == INSPECT_OTHER && !t->current))
			continue;
		name = waiting_in(snapshot, t, &at);
		if (name == NULL)
			continue;
		/* A call for a thread leaves no interrupt to go by. */
		if (api_of(name->raw.u.name.number) == XCVM_API_XCALL &&
		    !has_interrupt(
			&snapshot->cpus[t->cpu].trace, name->raw.u.name.number))
			continue;
		if (add(in, i, name, at) == -1)
			return (-1);
	}
	return (0);
}
