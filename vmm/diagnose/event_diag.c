/* SPDX-License-Identifier: ISC */
/*
 * What a run tells of a hang, and of a vCPU's APIC and kernel.
 */
#include <stdio.h>

#include "diagnose/diagnose.h"
#include "event/event_private.h"

static void
vectors_json(
    struct json *j, const char *key, const uint32_t bits[APIC_VECTORS / 32])
{

	json_array(j, key);
	for (uint32_t vector = 0; vector < APIC_VECTORS; vector++)
		if (apic_bit(bits, vector))
			json_u64(j, NULL, vector);
	json_array_end(j);
}

static void
apic_json(struct json *j, const struct snapshot_cpu *c)
{

	if (!c->has_apic) {
		json_null(j, "apic");
		return;
	}
	json_object(j, "apic");
	vectors_json(j, "irr", c->apic.irr);
	vectors_json(j, "isr", c->apic.isr);
	json_u64(j, "tpr", c->apic.tpr);
	if (c->apic.injected < 0)
		json_null(j, "injected");
	else
		json_u64(j, "injected", (uint64_t)c->apic.injected);
	json_bool(j, "nmi", c->apic.nmi_pending);
	json_bool(j, "timer", c->apic.timer_armed);
	json_object_end(j);
}

/* The bits of the pending word, by name where they have one. */
static void
pending_json(struct json *j, const struct inspect *in, uint32_t cpu)
{
	char text[16];

	json_array(j, "pending");
	for (uint32_t bit = 0; bit < 32; bit++) {
		const struct image_record *r = inspect_source(in->image, bit);

		if ((in->cpus[cpu].pending >> bit & 1) == 0)
			continue;
		snprintf(text, sizeof(text), "bit %u", bit);
		json_string(j, NULL, r != NULL ? r->name : text);
	}
	json_array_end(j);
}

static void
slots_json(struct json *j, const struct inspect *in, uint32_t cpu)
{
	struct symbol symbol;
	char text[64];

	json_array(j, "slots");
	for (size_t i = 0; i < in->ncalls; i++) {
		const struct inspect_call *call = &in->calls[i];

		if (call->cpu != cpu)
			continue;
		json_object(j, NULL);
		snprintf(text, sizeof(text), "%s %u", call->where->name,
		    call->index);
		json_string(j, "where", text);
		symbol_lookup(in->symbols, call->function, false, &symbol);
		event_symbol_json(j, "function", &symbol);
		json_bool(j, "running", call->running);
		json_object_end(j);
	}
	json_array_end(j);
}

void
event_snapshot_json(
    struct json *j, const struct snapshot *snapshot, uint32_t cpu)
{
	const struct snapshot_cpu *c = &snapshot->cpus[cpu];
	const struct inspect *in = &snapshot->in;
	const struct inspect_cpu *kernel = &in->cpus[cpu];

	apic_json(j, c);
	if (c->has_regs)
		json_bool(j, "if", !snapshot_if_off(snapshot, cpu));
	else
		json_null(j, "if");
	if (kernel->known) {
		json_u64(j, "ipl", kernel->level);
		json_string(j, "ipl_name",
		    inspect_name(in->image, XCVM_NAMED_LEVEL, kernel->level));
	} else {
		json_null(j, "ipl");
		json_null(j, "ipl_name");
	}
	json_string(j, "thread",
	    kernel->thread != INSPECT_NONE ? in->threads[kernel->thread].name
					   : NULL);
	json_bool(j, "held", c->held);
	pending_json(j, in, cpu);
	slots_json(j, in, cpu);
}

/* Where the thread is that waits. */
static void
waiter_json(struct json *j, const struct snapshot *snapshot, uint32_t thread)
{
	const struct inspect_thread *t = &snapshot->in.threads[thread];
	struct symbol frames[BACKTRACE_FRAMES];

	backtrace_symbols(
	    snapshot->in.symbols, t->frames, t->nframes, !t->current, frames);
	event_backtrace_json(j, frames, t->nframes);
}

static void
wait_json(struct json *j, const struct snapshot *snapshot,
    const struct diagnose_wait *w)
{
	const struct inspect_wait *wait = w->subject.wait;
	struct symbol function;

	json_object(j, NULL);
	if (wait->cpu != INSPECT_NONE)
		json_u64(j, "cpu", wait->cpu);
	else
		json_null(j, "cpu");
	json_string(j, "thread",
	    wait->thread != INSPECT_NONE
		? snapshot->in.threads[wait->thread].name
		: NULL);
	json_bool(j, "orphan", wait->orphan);
	json_bool(j, "young", w->young);
	json_string(j, "primitive",
	    !wait->orphan		   ? wait->primitive
	    : wait->thread == INSPECT_NONE ? trace_primitive_name(wait->of)
					   : NULL);
	if (wait->function != 0) {
		symbol_lookup(
		    snapshot->in.symbols, wait->function, false, &function);
		event_symbol_json(j, "function", &function);
	} else {
		json_null(j, "function");
	}
	if (w->target != INSPECT_NONE)
		json_u64(j, "target", w->target);
	else
		json_null(j, "target");
	json_u64(j, "targets", w->targets);
	if (w->has_elapsed)
		json_u64(j, "elapsed_ns", w->elapsed_ns);
	else
		json_null(j, "elapsed_ns");
	if (w->waits_for != DIAGNOSE_NO_WAIT)
		json_u64(j, "waits_for", w->waits_for);
	else
		json_null(j, "waits_for");
	json_string(j, "verdict", diagnosis_name(w->verdict));
	json_string(j, "sentence", w->sentence);
	json_array(j, "evidence");
	for (size_t i = 0; i < w->nlines; i++)
		json_string(j, NULL, w->line[i]);
	json_array_end(j);
	if (wait->thread != INSPECT_NONE)
		if (wait->thread != INSPECT_NONE)
			waiter_json(j, snapshot, wait->thread);
		else
			event_backtrace_json(j, NULL, 0);
	else
		event_backtrace_json(j, NULL, 0);
	json_object_end(j);
}

void
event_diagnosis(
    struct event_sink *sink, const struct event_diagnosis *diagnosis)
{
	const struct diagnose *d = diagnosis->diagnose;
	struct json *j = &sink->json;

	event_lock(sink);
	if (event_line(sink, "diagnosis")) {
		json_string(j, "verdict", diagnosis_name(d->verdict));
		json_string(j, "sentence", d->sentence);
		json_bool(j, "expected", diagnosis->expected);
		if (d->cause != DIAGNOSE_NO_WAIT)
			json_u64(j, "cause", d->cause);
		else
			json_null(j, "cause");
		json_array(j, "waits");
		for (size_t i = 0; i < d->nwaits; i++)
			wait_json(j, diagnosis->snapshot, &d->waits[i]);
		json_array_end(j);
		event_line_end(sink);
	}
	if (sink->report != NULL)
		report_diagnosis(sink->report, diagnosis);
	event_unlock(sink);
}
