/* SPDX-License-Identifier: ISC */
/*
 * The `diagnosis` event: why a run hangs.
 */
#include <inttypes.h>
#include <stdio.h>

#include "diagnose/event_diagnosis.h"
#include "event/line.h"
#include "event/machine.h"

#define WAITS_SHOWN 16

/* The backtrace of a thread that waits. */
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
		waiter_json(j, snapshot, wait->thread);
	else
		event_backtrace_json(j, NULL, 0);
	json_object_end(j);
}

/* One wait, with the backtrace of who waits. */
static void
wait_text(
    FILE *out, const struct snapshot *snapshot, const struct diagnose_wait *w)
{
	uint32_t thread = w->subject.wait->thread;
	struct symbol frames[BACKTRACE_FRAMES];
	const struct inspect_thread *t;

	fprintf(out, "\n%s   %s\n       %s%s\n",
	    w->subject.wait->orphan ? "call" : "wait", w->sentence,
	    diagnosis_name(w->verdict),
	    w->young ? ", but it has only begun" : "");
	for (size_t i = 0; i < w->nlines; i++)
		fprintf(out, "       %s\n", w->line[i]);
	if (thread == INSPECT_NONE)
		return;
	t = &snapshot->in.threads[thread];
	fprintf(out, "    thread %s\n", t->name);
	backtrace_symbols(
	    snapshot->in.symbols, t->frames, t->nframes, !t->current, frames);
	text_backtrace(out, "    ", frames, t->nframes);
}

static void
report_diagnosis(struct report *report, const struct event_diagnosis *diagnosis)
{
	const struct diagnose *d = diagnosis->diagnose;
	FILE *out;

	if (diagnosis->expected && report->config.quiet)
		return;
	out = report_say(report, REPORT_BLOCK);
	fprintf(out, "diagnosis: %s\n       %s\n", diagnosis_name(d->verdict),
	    d->sentence);
	/* An expected hang is told in a sentence, and is no block. */
	report->block = !diagnosis->expected;
	for (size_t i = 0; i < d->nwaits && !diagnosis->expected; i++) {
		if (i == WAITS_SHOWN) {
			fprintf(out, "\nand %zu more\n", d->nwaits - i);
			break;
		}
		wait_text(out, diagnosis->snapshot, &d->waits[i]);
	}
	fflush(out);
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
