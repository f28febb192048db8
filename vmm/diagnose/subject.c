/* SPDX-License-Identifier: ISC */
/*
 * What a wait waits for, as a snapshot has it: the call, and who is to do it.
 */
#include <string.h>

#include "diagnose/evidence.h"

/*
 * The function and the argument of the call, as what lies at its address says.
 */
static uint64_t
outer_function(const struct snapshot *snapshot, const struct inspect_wait *wait,
    uint32_t primitive, uint64_t *argument)
{
	const struct image *image = snapshot->in.image;
	uint64_t function = wait->function;

	*argument = 0;
	for (size_t i = 0; wait->object != 0 && i < image->nrecords; i++) {
		const struct image_record *r = &image->records[i];

		if (r->raw.kind != XCVM_INSPECT_SLOTS ||
		    r->raw.u.slots.primitive != primitive)
			continue;
		inspect_read(&snapshot->in,
		    wait->object + r->raw.u.slots.argument, sizeof(*argument),
		    argument);
		inspect_read(&snapshot->in,
		    wait->object + r->raw.u.slots.function, sizeof(function),
		    &function);
		break;
	}
	return (function);
}

void
subject_of(const struct snapshot *snapshot, const struct inspect_wait *wait,
    struct subject *s)
{
	const struct image *image = snapshot->in.image;
	const struct image_record *name =
	    inspect_named(image, XCVM_NAMED_PRIMITIVE, wait->primitive);

	memset(s, 0, sizeof(*s));
	s->snapshot = snapshot;
	s->wait = wait;
	s->box = inspect_box(&snapshot->in, wait->object);
	if (s->box != NULL)
		s->primitive = s->box->raw.u.box.primitive;
	else if (wait->orphan)
		s->primitive = wait->of;
	else if (name != NULL)
		s->primitive = name->raw.u.name.number;
	s->way = inspect_way(image, s->primitive);
	s->function = wait->function;
	s->outer = s->box != NULL ? wait->function
				  : outer_function(snapshot, wait, s->primitive,
					&s->argument);
}

const struct inspect_call *
subject_call(const struct subject *s, uint32_t target)
{
	const struct inspect *in = &s->snapshot->in;

	for (size_t i = 0; s->wait->object != 0 && i < in->ncalls; i++)
		if (in->calls[i].object == s->wait->object &&
		    in->calls[i].cpu == target)
			return (&in->calls[i]);
	return (NULL);
}

size_t
subject_targets(const struct subject *s, uint32_t *cpus)
{
	const struct inspect *in = &s->snapshot->in;
	uint32_t last;
	size_t n = 0;

	for (uint32_t cpu = 0; cpu < in->ncpus; cpu++)
		if (s->box != NULL ? inspect_box_left(in, s->box, cpu)
				   : subject_call(s, cpu) != NULL)
			cpus[n++] = cpu;
	if (n > 0 || s->box != NULL)
		return (n);
	last = s->wait->target != INSPECT_NONE ? s->wait->target
					       : trace_last_target(s);
	if (last != INSPECT_NONE)
		cpus[n++] = last;
	return (n);
}

uint32_t
subject_way_thread(const struct subject *s, uint32_t target)
{
	const struct inspect *in = &s->snapshot->in;
	uint64_t at, thread;
	uint32_t found;

	if (s->way == NULL ||
	    !inspect_place(in, &s->way->raw.u.way.thread, target, &at) ||
	    !inspect_read(in, at, s->way->raw.u.way.thread.size, &thread))
		return (INSPECT_NONE);
	found = inspect_thread(in, thread);
	/* A thread that is on no CPU does nothing, whatever its state says. */
	if (found != INSPECT_NONE && in->threads[found].cpu == INSPECT_NONE)
		return (INSPECT_NONE);
	return (found);
}

/*
 * The soft interrupt that the call was put off to, if that has not begun; or
 * NULL.
 */
static const struct inspect_call *
softint_of(const struct subject *s, uint32_t target)
{
	const struct inspect *in = &s->snapshot->in;

	if (s->way == NULL || s->way->raw.u.way.handler == 0)
		return (NULL);
	for (size_t i = 0; i < in->ncalls; i++) {
		const struct inspect_call *call = &in->calls[i];

		if (call->cpu == target && !call->running &&
		    call->where->raw.kind == XCVM_INSPECT_BITS &&
		    call->where->raw.u.bits.source != XCVM_NO_SOURCE &&
		    call->outer == s->way->raw.u.way.handler)
			return (call);
	}
	return (NULL);
}

bool
subject_mark_is_set(const struct subject *s, uint32_t target)
{
	const struct inspect *in = &s->snapshot->in;
	uint64_t at, mark;

	return (s->way != NULL &&
		inspect_place(in, &s->way->raw.u.way.mark, target, &at) &&
		inspect_read(in, at, s->way->raw.u.way.mark.size, &mark) &&
		mark != 0);
}

bool
subject_marked(const struct subject *s, uint32_t target, uint32_t *source)
{
	const struct inspect_call *softint = softint_of(s, target);

	*source = XCVM_NO_SOURCE;
	if (softint != NULL) {
		*source = softint->where->raw.u.bits.source + softint->word;
		return (true);
	}
	if (s->way != NULL)
		*source = s->way->raw.u.way.source;
	return (subject_mark_is_set(s, target));
}

bool
subject_by_thread(const struct subject *s)
{
	return (s->way != NULL && s->way->raw.u.way.mark.base != 0 &&
		s->way->raw.u.way.source == XCVM_NO_SOURCE);
}

uint32_t
subject_worker(const struct subject *s, uint32_t target)
{
	const struct inspect *in = &s->snapshot->in;
	const struct inspect_call *softint = softint_of(s, target);
	uint32_t thread;

	if (softint != NULL && softint->word < INSPECT_SOFTINTS)
		return (in->cpus[target].softint[softint->word]);
	if ((thread = subject_way_thread(s, target)) != INSPECT_NONE)
		return (thread);
	return (in->cpus[target].thread);
}

uint32_t
subject_thread(const struct subject *s, uint32_t target)
{
	if (!subject_by_thread(s) || !subject_mark_is_set(s, target))
		return (INSPECT_NONE);
	return (subject_way_thread(s, target));
}

uint32_t
subject_busy(const struct subject *s, uint32_t target)
{
	const struct inspect *in = &s->snapshot->in;
	uint32_t thread = INSPECT_NONE;

	if (s->way == NULL || subject_by_thread(s))
		return (INSPECT_NONE);
	thread = inspect_on_stack(in, target, s->way->raw.u.way.service);
	if (thread == INSPECT_NONE)
		thread =
		    inspect_on_stack(in, target, s->way->raw.u.way.handler);
	if (thread != INSPECT_NONE)
		return (thread);
	/* A soft interrupt's thread does other things as well. */
	if (softint_of(s, target) == NULL &&
	    subject_way_thread(s, target) == INSPECT_NONE)
		return (INSPECT_NONE);
	thread = subject_worker(s, target);
	if (thread == INSPECT_NONE ||
	    in->threads[thread].state == INSPECT_OTHER)
		return (INSPECT_NONE);
	return (thread);
}
