/* SPDX-License-Identifier: ISC */
/*
 * The `schedule` event.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "event/line.h"
#include "event/machine.h"
#include "event/schedule.h"

#define PLACES_TOLD   512 /* choices that get a place, the last ones */
#define CHOICES_SHOWN 60  /* to a person, the last ones */
#define COLUMN	      44  /* of one CPU */

static const char *const choice_names[] = {
    [XCVM_CHOICE_RUN] = "run",
    [XCVM_CHOICE_DRAIN] = "drain",
    [XCVM_CHOICE_INTR] = "interrupt",
};

static const char *const state_names[] = {
    [XCVM_STANDING_STOPPED] = "stopped",
    [XCVM_STANDING_RUNNABLE] = "runnable",
    [XCVM_STANDING_HALTED] = "halted",
    [XCVM_STANDING_RUNNING] = "running",
};

/* --- as JSON --- */

static void
hex_json(struct json *j, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%" PRIx64, value);
	json_string(j, key, text);
}

static void
choices_json(struct json *j, const struct event_schedule *s)
{
	struct symbol at;

	json_array(j, "choices");
	for (uint64_t i = 0; i < s->nchoices; i++) {
		const struct xcvm_choice *c = &s->choices[i];

		json_object(j, NULL);
		json_u64(j, "step", c->step);
		json_string(j, "choice", choice_names[c->kind]);
		json_u64(j, "cpu", c->cpu);
		json_u64(j, "nth", c->nth);
		hex_json(j, "pc", c->pc);
		if (i + PLACES_TOLD < s->nchoices)
			json_null(j, "at");
		else {
			symbol_lookup(s->symbols, c->pc, true, &at);
			event_symbol_json(j, "at", &at);
		}
		json_object_end(j);
	}
	json_array_end(j);
}

static size_t
frames_of(const struct event_schedule *s, uint32_t cpu,
    struct symbol frames[XCVM_STANDING_FRAMES])
{
	const struct xcvm_standing *c = &s->cpus[cpu];

	for (uint32_t i = 0; i < c->nframes; i++)
		symbol_lookup(s->symbols, c->frames[i], true, &frames[i]);
	return (c->nframes);
}

static void
cpus_json(struct json *j, const struct event_schedule *s)
{
	struct symbol frames[XCVM_STANDING_FRAMES];

	json_array(j, "cpus");
	for (uint32_t cpu = 0; cpu < s->ncpus; cpu++) {
		const struct xcvm_standing *c = &s->cpus[cpu];

		json_object(j, NULL);
		json_string(j, "state", state_names[c->state]);
		json_u64(j, "spins", c->spins);
		event_backtrace_json(j, frames, frames_of(s, cpu, frames));
		json_array(j, "stores");
		for (uint32_t i = 0; i < c->nstores; i++) {
			json_object(j, NULL);
			hex_json(j, "addr", c->stores[i].addr);
			json_u64(j, "size", c->stores[i].size);
			hex_json(j, "value", c->stores[i].value);
			json_object_end(j);
		}
		json_array_end(j);
		json_object_end(j);
	}
	json_array_end(j);
}

/* --- for a person --- */

/* "subr_ipi.c:152 ipi_mark" */
static void
place_text(const struct event_schedule *s, uint64_t pc, char *text, size_t size)
{
	const char *slash;
	struct symbol at;

	symbol_lookup(s->symbols, pc, true, &at);
	slash = at.file != NULL ? strrchr(at.file, '/') : NULL;
	if (at.file == NULL)
		snprintf(text, size, "0x%" PRIx64, pc);
	else
		snprintf(text, size, "%s:%u %s",
		    slash != NULL ? slash + 1 : at.file, at.line,
		    at.function != NULL ? at.function : "");
}

/* A line with `text` in that CPU's column. */
static void
column(FILE *out, uint64_t step, uint32_t cpu, const char *text)
{
	fprintf(out, "  %8" PRIu64 "  %*s%.*s\n", step, (int)cpu * COLUMN, "",
	    COLUMN + 30, text);
}

static void
choices_text(FILE *out, const struct event_schedule *s)
{
	uint64_t first =
	    s->nchoices > CHOICES_SHOWN ? s->nchoices - CHOICES_SHOWN : 0;
	uint32_t running = 0;
	char place[128], text[160];

	fprintf(out, "      step");
	for (uint32_t cpu = 0; cpu < s->ncpus; cpu++)
		fprintf(out, "  %-*s", COLUMN - 2,
		    cpu == 0   ? "cpu0"
		    : cpu == 1 ? "cpu1"
			       : "...");
	putc('\n', out);
	if (first != 0)
		fprintf(out, "  (%" PRIu64 " choices before)\n", first);
	for (uint64_t i = 0; i < s->nchoices; i++) {
		const struct xcvm_choice *c = &s->choices[i];
		bool drain = c->kind == XCVM_CHOICE_DRAIN;

		if (i >= first) {
			place_text(s, c->pc, place, sizeof(place));
			snprintf(text, sizeof(text), "%s %s",
			    drain && c->cpu != running ? "at" : "before",
			    place);
			column(out, c->step, running, text);
			if (drain)
				column(out, c->step, c->cpu,
				    "> its oldest store leaves the buffer");
			else if (c->kind == XCVM_CHOICE_INTR)
				column(out, c->step, c->cpu,
				    "> takes an interrupt");
			else
				column(out, c->step, c->cpu, "> goes on");
		}
		if (!drain)
			running = c->cpu;
	}
}

static void
cpus_text(FILE *out, const struct event_schedule *s)
{
	struct symbol frames[XCVM_STANDING_FRAMES];

	for (uint32_t cpu = 0; cpu < s->ncpus; cpu++) {
		const struct xcvm_standing *c = &s->cpus[cpu];

		fprintf(out, "cpu%" PRIu32 "   %s", cpu, state_names[c->state]);
		if (c->spins > 1)
			fprintf(out, ", spins");
		fprintf(out, "; %" PRIu32 " store%s in its buffer\n",
		    c->nstores, c->nstores == 1 ? "" : "s");
		for (uint32_t i = 0; i < c->nstores; i++)
			fprintf(out,
			    "    store  0x%" PRIx64 ", %" PRIu32
			    " bytes: 0x%" PRIx64 "\n",
			    c->stores[i].addr, c->stores[i].size,
			    c->stores[i].value);
		text_backtrace(out, "  ", frames, frames_of(s, cpu, frames));
	}
}

static void
report_schedule(struct report *report, const struct event_schedule *s)
{
	FILE *out = report_say(report, REPORT_LINE);

	fprintf(out,
	    "order  %" PRIu64 ": %" PRIu64 " points passed, %" PRIu64
	    " choices\n",
	    s->order, s->steps, s->nchoices);
	if (s->diverged != 0)
		fprintf(out,
		    "       the schedule does not fit from its choice %" PRIu64
		    " on\n",
		    s->diverged);
	choices_text(out, s);
	cpus_text(out, s);
	fflush(out);
}

void
event_schedule(struct event_sink *sink, const struct event_schedule *s)
{
	struct json *j = &sink->json;

	event_lock(sink);
	if (event_line(sink, "schedule")) {
		json_u64(j, "cpu", s->cpu);
		json_u64(j, "order", s->order);
		json_u64(j, "steps", s->steps);
		if (s->diverged == 0)
			json_null(j, "diverged");
		else
			json_u64(j, "diverged", s->diverged);
		choices_json(j, s);
		cpus_json(j, s);
		event_line_end(sink);
	}
	if (sink->report != NULL)
		report_schedule(sink->report, s);
	event_unlock(sink);
}
