/* SPDX-License-Identifier: ISC */
/*
 * What the guest itself tells: console, check, metric, stall, panic.
 */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "event/guest.h"
#include "event/line.h"
#include "event/machine.h"
#include "vm/registers.h"

/* Failed checks that are shown below a line of --each. */
#define CHECKS_SHOWN 20

static void
report_console(
    struct report *report, uint32_t cpu, const char *text, size_t len)
{

	if (report->config.quiet)
		return;
	console_add(&report->console, cpu, text, len);
	report->said = true;
	report->block = false;
	fflush(report->config.out);
}

void
event_console(
    struct event_sink *sink, uint32_t cpu, const char *text, size_t len)
{

	event_lock(sink);
	if (event_line(sink, "console")) {
		json_u64(&sink->json, "cpu", cpu);
		json_string_len(&sink->json, "text", text, len);
		event_line_end(sink);
	}
	if (sink->report != NULL)
		report_console(sink->report, cpu, text, len);
	event_unlock(sink);
}

static void
report_check(struct report *report, const struct event_check *check)
{
	FILE *out;

	if (report->config.style == REPORT_DETAILS &&
	    ++report->checks > CHECKS_SHOWN) {
		if (report->checks == CHECKS_SHOWN + 1)
			fputs("(further failed checks are left out here)\n",
			    report_say(report, REPORT_LINE));
		return;
	}
	out = report_say(report, REPORT_LINE);
	fprintf(out, "[cpu%" PRIu32 "] check failed: ", check->cpu);
	text_string(out, check->file);
	fprintf(out, ":%" PRIu64 ": ", check->line);
	text_string(out, check->expr);
	if (check->message[0] != '\0') {
		fputs("\n       ", out);
		text_string(out, check->message);
	}
	putc('\n', out);
	fflush(out);
}

void
event_check(struct event_sink *sink, const struct event_check *check)
{
	struct json *j = &sink->json;

	event_lock(sink);
	if (event_line(sink, "check")) {
		json_u64(j, "cpu", check->cpu);
		json_string(j, "file", check->file);
		json_u64(j, "line", check->line);
		json_string(j, "expr", check->expr);
		json_string(j, "message", check->message);
		event_line_end(sink);
	}
	if (sink->report != NULL)
		report_check(sink->report, check);
	event_unlock(sink);
}

static void
report_metric(struct report *report, uint32_t cpu, const char *name,
    uint64_t value, const char *unit)
{
	FILE *out;

	if (report->config.quiet)
		return;
	out = report_say(report, REPORT_LINE);
	fprintf(out, "[cpu%" PRIu32 "] ", cpu);
	text_string(out, name);
	fprintf(out, " = %" PRIu64 "%s", value, unit[0] != '\0' ? " " : "");
	text_string(out, unit);
	putc('\n', out);
	fflush(out);
}

void
event_metric(struct event_sink *sink, uint32_t cpu, const char *name,
    uint64_t value, const char *unit)
{
	struct json *j = &sink->json;

	event_lock(sink);
	if (event_line(sink, "metric")) {
		json_u64(j, "cpu", cpu);
		json_string(j, "name", name);
		json_u64(j, "value", value);
		json_string(j, "unit", unit);
		event_line_end(sink);
	}
	if (sink->report != NULL)
		report_metric(sink->report, cpu, name, value, unit);
	event_unlock(sink);
}

/* Say what the wait is for. */
static void
text_stall(FILE *out, const struct event_stall *stall)
{
	if (stall->target == XCVM_NO_CPU && stall->resolved) {
		text_symbol(out, &stall->function);
	} else if (stall->target == XCVM_NO_CPU) {
		fputs("no cpu has ", out);
		text_symbol(out, &stall->function);
		fputs(" any more", out);
	} else {
		fprintf(out, "cpu%" PRIu32 " to run ", stall->target);
		text_symbol(out, &stall->function);
		fputs("; it runs ", out);
		text_string(out, stall->thread);
		fprintf(out, " at IPL %" PRIu32 ", pending 0x%" PRIx32,
		    stall->ipl, stall->pending);
	}
}

static void
report_stall(struct report *report, const struct event_stall *stall)
{
	FILE *out = report_say(report, REPORT_LINE);

	fprintf(out, "[cpu%" PRIu32 "] ", stall->cpu);
	text_string(out, stall->primitive);
	fprintf(
	    out, " %s ", stall->resolved ? "went on after" : "has waited for");
	text_duration(out, stall->elapsed_ns / 1000, 0);
	fputs(stall->resolved ? " of waiting for " : ": ", out);
	text_stall(out, stall);
	putc('\n', out);
	fflush(out);
}

void
event_stall(struct event_sink *sink, const struct event_stall *stall)
{
	struct json *j = &sink->json;

	event_lock(sink);
	if (event_line(sink, "stall")) {
		json_u64(j, "cpu", stall->cpu);
		json_string(j, "primitive", stall->primitive);
		event_symbol_json(j, "function", &stall->function);
		json_u64(j, "elapsed_ns", stall->elapsed_ns);
		if (stall->target == XCVM_NO_CPU) {
			json_null(j, "target");
			json_null(j, "thread");
			json_null(j, "ipl");
			json_null(j, "pending");
		} else {
			json_u64(j, "target", stall->target);
			json_string(j, "thread", stall->thread);
			json_u64(j, "ipl", stall->ipl);
			json_u64(j, "pending", stall->pending);
		}
		json_bool(j, "resolved", stall->resolved);
		event_line_end(sink);
	}
	if (sink->report != NULL)
		report_stall(sink->report, stall);
	event_unlock(sink);
}

static void
report_panic(struct report *report, const struct event_panic *panic)
{
	struct registers regs;
	FILE *out;

	if (panic->expected && report->config.quiet)
		return;
	out = report_say(report, REPORT_LINE);
	fprintf(out, "[cpu%" PRIu32 "] panic%s: ", panic->cpu,
	    panic->expected ? ", as the case declares" : "");
	text_string(out, panic->message);
	putc('\n', out);
	registers_of_trap(&regs, panic->regs);
	text_registers(out, "    ", &regs);
	text_backtrace(out, "    ", panic->frames, panic->nframes);
	fflush(out);
}

void
event_panic(struct event_sink *sink, const struct event_panic *panic)
{
	struct json *j = &sink->json;
	struct registers regs;

	event_lock(sink);
	if (event_line(sink, "panic")) {
		json_u64(j, "cpu", panic->cpu);
		json_string(j, "message", panic->message);
		json_bool(j, "expected", panic->expected);
		registers_of_trap(&regs, panic->regs);
		event_registers_json(j, &regs);
		event_backtrace_json(j, panic->frames, panic->nframes);
		event_line_end(sink);
	}
	if (sink->report != NULL)
		report_panic(sink->report, panic);
	event_unlock(sink);
}
