/* SPDX-License-Identifier: ISC */
/*
 * What is told at an end: core, end, summary.
 */
#include "base/text.h"
#include "event/end.h"
#include "event/fault.h"
#include "event/line.h"
#include "event/text.h"
#include "image/contract.h"

/* The clauses that a run has not held to, it may be; "" if it has. */
static const char *
broken(const struct event_end *end)
{
	switch (end->verdict) {
	case VERDICT_FAIL:
	case VERDICT_CRASH:
	case VERDICT_HANG:
	case VERDICT_DIFFERS:
		return (end->test->contract);
	case VERDICT_PASS:
	case VERDICT_SKIP:
	case VERDICT_USAGE:
	case VERDICT_NOKVM:
		break;
	}
	return ("");
}

static void
clauses_json(struct json *j, const struct event_end *end)
{
	const struct contract_clause *clause;
	const char *ids = broken(end);

	json_array(j, "clauses");
	while ((clause = contract_next(&ids)) != NULL) {
		json_object(j, NULL);
		json_string(j, "id", clause->id);
		json_string(j, "text", clause->text);
		json_string(j, "where", clause->where);
		json_object_end(j);
	}
	json_array_end(j);
}

static void
text_clauses(FILE *out, const struct event_end *end)
{
	const struct contract_clause *clause;
	const char *ids = broken(end);

	while ((clause = contract_next(&ids)) != NULL)
		fprintf(out, "contract %s: %s (%s)\n", clause->id, clause->text,
		    clause->where);
}

static void
report_core(struct report *report, const struct event_core *core)
{
	FILE *out = report_say(report, REPORT_AFTER);

	if (core->error != NULL) {
		fputs("no core: ", out);
		text_string(out, core->error);
		putc('\n', out);
	} else {
		fprintf(out,
		    "core:  %.1f MiB on disk; look into it with\n       ",
		    (double)core->stored / (1 << 20));
		text_gdb(out, core->image, core->path);
	}
	fflush(out);
}

void
event_core(struct event_sink *sink, const struct event_core *core)
{
	struct json *j = &sink->json;

	event_lock(sink);
	if (event_line(sink, "core")) {
		json_string(j, "path", core->path);
		json_string(j, "error", core->error);
		if (core->error != NULL) {
			json_null(j, "bytes");
			json_null(j, "stored_bytes");
		} else {
			json_u64(j, "bytes", core->bytes);
			json_u64(j, "stored_bytes", core->stored);
		}
		event_line_end(sink);
	}
	if (sink->report != NULL)
		report_core(sink->report, core);
	event_unlock(sink);
}

static void
report_end(struct report *report, const struct event_end *end)
{
	bool passed = end->verdict == VERDICT_PASS;
	FILE *out = report_say(report, REPORT_AFTER);

	/* The command itself tells of these verdicts, on standard error. */
	if (end->verdict == VERDICT_USAGE || end->verdict == VERDICT_NOKVM)
		return;
	if (!(passed && report->config.quiet))
		text_counts(out, end->faults, end->injected);
	if (report->config.style == REPORT_RUN &&
	    !(passed && report->config.quiet)) {
		if (end->insn_cycles >= EVENT_EMULATED_CYCLES &&
		    !report->config.quiet)
			text_emulated(out, end->insn_cycles);
		text_verdict(out, end->verdict, 0, report->config.colour);
		fputs(" in ", out);
		text_duration(out, end->elapsed_us, 0);
		if (!passed) {
			fputs(": ", out);
			text_string(out, end->reason);
		}
		putc('\n', out);
	}
	text_clauses(out, end);
	if (!verdict_good(end->verdict)) {
		fputs("again: ", out);
		text_command(out, end->options, end->test);
	}
	fflush(out);
}

void
event_end(struct event_sink *sink, const struct event_end *end)
{
	struct json *j = &sink->json;

	event_lock(sink);
	if (event_line(sink, "end")) {
		json_string(j, "verdict", verdict_name(end->verdict));
		json_i64(j, "code",
		    end->interrupted != 0 ? 128 + end->interrupted
					  : verdict_code(end->verdict));
		json_string(j, "reason", end->reason);
		json_string(j, "diagnosis", end->diagnosis);
		json_seconds(j, "seconds", end->elapsed_us);
		if (end->insn_cycles == 0) {
			json_null(j, "emulated");
			json_null(j, "insn_cycles");
		} else {
			json_bool(j, "emulated",
			    end->insn_cycles >= EVENT_EMULATED_CYCLES);
			json_u64(j, "insn_cycles", end->insn_cycles);
		}
		json_u64(j, "failed_checks", end->failed_checks);
		event_counts_json(j, end->faults, end->injected);
		clauses_json(j, end);
		stats_json(end->stats, NULL, j);
		event_line_end(sink);
	}
	event_progress(sink, EVENT_TOLD_END);
	if (sink->report != NULL)
		report_end(sink->report, end);
	event_unlock(sink);
}

void
event_summary(struct event_sink *sink, const struct event_summary *summary)
{
	struct json *j = &sink->json;

	event_lock(sink);
	if (event_line(sink, "summary")) {
		json_object(j, "count");
		for (int v = 0; v < VERDICT_COUNT; v++)
			json_u64(j, verdict_name((enum verdict)v),
			    summary->count[v]);
		json_object_end(j);
		json_u64(j, "faults", summary->faults);
		json_seconds(j, "seconds", summary->elapsed_us);
		json_i64(j, "code", summary->code);
		json_i64(j, "interrupted", summary->interrupted);
		event_line_end(sink);
	}
	event_unlock(sink);
}
