/* SPDX-License-Identifier: ISC */
/*
 * What a snapshot proves about a wait and the CPUs it waits for.
 */
#include <string.h>

#include "diagnose/evidence.h"

static bool
source_blocked(const struct snapshot *snapshot, uint32_t cpu, uint32_t bit)
{
	const struct image_record *source =
	    inspect_source(snapshot->in.image, bit);

	return (source != NULL &&
		snapshot->in.cpus[cpu].level >= source->raw.u.source.level);
}

/*
 * Fill in where the vector is: pending in the APIC, on its way into the CPU, or
 * recorded by the kernel.
 */
static void
vector_evidence(const struct snapshot *snapshot, uint32_t cpu,
    const struct image_vector *vector, struct evidence *e)
{
	const struct snapshot_cpu *c = &snapshot->cpus[cpu];
	const struct inspect_cpu *kernel = &snapshot->in.cpus[cpu];

	e->if_off = snapshot_if_off(snapshot, cpu);
	if (c->has_apic) {
		e->pending = apic_bit(c->apic.irr, vector->number) ||
			     c->apic.injected == (int)vector->number;
		e->masked = vector->number >> 4 <= apic_held_class(&c->apic);
	}
	e->recorded = (kernel->pending >> vector->source & 1) != 0;
	e->recorded_blocked = source_blocked(snapshot, cpu, vector->source);
}

static void
cpu_evidence(const struct snapshot *snapshot, uint32_t cpu, struct evidence *e)
{
	e->started = snapshot->cpus[cpu].started;
	e->stopped = snapshot->cpus[cpu].ended;
	e->held = snapshot->cpus[cpu].held;
}

/* Has the call itself said that it has ended? */
static bool
has_ended(const struct subject *s, uint32_t target)
{
	const struct inspect *in = &s->snapshot->in;
	const struct image_record *w = inspect_wrapper(in->image, s->outer);
	uint64_t waiting;

	if (s->box != NULL)
		return (target == INSPECT_NONE);
	return (w != NULL && s->argument != 0 &&
		inspect_read(in, s->argument + w->raw.u.wrapper.waiting,
		    w->raw.u.wrapper.waiting_size, &waiting) &&
		waiting == 0);
}

/* Would a queued call of that kind be seen? */
static bool
has_slots(const struct image *image, uint32_t primitive)
{
	for (size_t i = 0; i < image->nrecords; i++)
		if (image->records[i].raw.kind == XCVM_INSPECT_SLOTS &&
		    image->records[i].raw.u.slots.primitive == primitive)
			return (true);
	return (false);
}

static enum work
work_of(const struct subject *s, uint32_t target, const struct evidence *e)
{
	const struct inspect *in = &s->snapshot->in;
	const struct inspect_call *call = subject_call(s, target);

	if (s->wait->full || (s->wait->orphan && s->box == NULL) ||
	    (s->wait->guessed && !has_slots(in->image, s->primitive)))
		return (WORK_QUEUED);
	if (call != NULL)
		return (call->running ? WORK_RUNNING : WORK_QUEUED);
	if (s->box != NULL && subject_by_thread(s) &&
	    subject_mark_is_set(s, target))
		return (WORK_QUEUED);
	if (!e->ended &&
	    (inspect_on_stack(in, target, s->outer) != INSPECT_NONE ||
		inspect_on_stack(in, target, s->function) != INSPECT_NONE))
		return (WORK_RUNNING);
	/* A call that is left in a box may still be on its way. */
	if (s->box != NULL && !subject_by_thread(s) && e->begun != ANSWER_YES)
		return (WORK_QUEUED);
	return (WORK_GONE);
}

void
evidence_resched(
    const struct snapshot *snapshot, uint32_t thread, struct evidence *e)
{
	const struct inspect_thread *t = &snapshot->in.threads[thread];
	const struct inspect_cpu *kernel = &snapshot->in.cpus[t->cpu];
	const struct image_vector *vector =
	    image_vector_named(snapshot->in.image, "resched");
	const struct inspect_thread *now =
	    kernel->thread != INSPECT_NONE
		? &snapshot->in.threads[kernel->thread]
		: NULL;
	bool pinned = now != NULL && now->pinned;
	const struct image_record *r;

	memset(e, 0, sizeof(*e));
	e->work = WORK_QUEUED;
	cpu_evidence(snapshot, t->cpu, e);
	if (vector != NULL)
		vector_evidence(snapshot, t->cpu, vector, e);
	for (size_t i = 0; i < snapshot->in.image->nrecords; i++) {
		r = &snapshot->in.image->records[i];
		if (r->raw.kind != XCVM_INSPECT_SOURCE ||
		    strcmp(r->name, "preempt") != 0 ||
		    (kernel->pending >> r->raw.u.source.bit & 1) == 0)
			continue;
		e->marked = true;
		e->marked_blocked = pinned || source_blocked(snapshot, t->cpu,
						  r->raw.u.source.bit);
	}
	if (kernel->resched && pinned)
		e->marked = e->marked_blocked = true;
	if (!kernel->resched && now != NULL && now->priority >= t->priority)
		e->marked = e->marked_turn = true;
	/* Whoever makes a thread runnable sets `resched`, then sends. */
	e->sent = kernel->resched ? ANSWER_YES : ANSWER_NO;
	e->taken = ANSWER_UNKNOWN;
}

void
evidence_gather(const struct subject *s, uint32_t target, struct evidence *e)
{
	const struct inspect *in = &s->snapshot->in;
	uint32_t thread, source;

	memset(e, 0, sizeof(*e));
	e->ended = has_ended(s, target);
	e->started = true;
	e->work = WORK_GONE;
	if (target == INSPECT_NONE) {
		/*
		 * The implementation's calls cannot be seen: the trace alone
		 * can say that no interrupt was sent.
		 */
		if (s->wait->guessed && !has_slots(in->image, s->primitive)) {
			e->work = WORK_QUEUED;
			e->sent =
			    trace_says_nothing(s) ? ANSWER_NO : ANSWER_UNKNOWN;
		}
		return;
	}
	cpu_evidence(s->snapshot, target, e);
	trace_answers(s, target, e);
	e->work = work_of(s, target, e);
	if (subject_by_thread(s) && e->work == WORK_QUEUED) {
		thread = subject_way_thread(s, target);
		if (thread != INSPECT_NONE &&
		    in->threads[thread].state == INSPECT_RUNNABLE)
			evidence_resched(s->snapshot, thread, e);
		else
			e->sent = ANSWER_NO;
		return;
	}
	e->busy = subject_busy(s, target) != INSPECT_NONE;
	if (s->way != NULL)
		vector_evidence(s->snapshot, target, s->way->vector, e);
	e->marked = subject_marked(s, target, &source);
	if (e->marked && source != XCVM_NO_SOURCE)
		e->marked_blocked = source_blocked(s->snapshot, target, source);
}
