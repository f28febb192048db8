/* SPDX-License-Identifier: ISC */
/*
 * The kinds of event: what each carries, told as JSON and to a person.
 */
#include "event/event_private.h"
#include "vm/registers.h"

void
event_symbol_json(struct json *j, const char *key, const struct symbol *s)
{

	json_object(j, key);
	json_hex(j, "addr", s->addr);
	json_string(j, "function", s->function);
	if (s->function != NULL)
		json_u64(j, "offset", s->offset);
	else
		json_null(j, "offset");
	json_string(j, "file", s->file);
	if (s->file != NULL)
		json_u64(j, "line", s->line);
	else
		json_null(j, "line");
	json_object_end(j);
}

void
event_backtrace_json(
    struct json *j, const struct symbol *frames, size_t nframes)
{

	json_array(j, "backtrace");
	for (size_t i = 0; i < nframes; i++)
		event_symbol_json(j, NULL, &frames[i]);
	json_array_end(j);
}

static void
registers_json(struct json *j, const struct registers *regs)
{

	if (regs->count == 0) {
		json_null(j, "registers");
		return;
	}
	json_object(j, "registers");
	for (size_t i = 0; i < regs->count; i++)
		json_hex(j, regs->reg[i].name, regs->reg[i].value);
	json_object_end(j);
}

static void
trace_json(struct json *j, const struct trace *trace)
{

	json_array(j, "trace");
	for (size_t i = 0; trace != NULL && i < trace->count; i++) {
		const struct trace_record *r = &trace->records[i];

		json_object(j, NULL);
		json_u64(j, "tsc", r->tsc);
		json_string(j, "what", trace_what(r));
		json_string(j, "primitive", trace_primitive(r));
		if (r->target == XCVM_TRACE_ALL)
			json_null(j, "target");
		else
			json_u64(j, "target", r->target);
		if (r->function.addr == 0)
			json_null(j, "function");
		else
			event_symbol_json(j, "function", &r->function);
		json_object_end(j);
	}
	json_array_end(j);
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
		registers_json(j, &regs);
		event_backtrace_json(j, panic->frames, panic->nframes);
		event_line_end(sink);
	}
	if (sink->report != NULL)
		report_panic(sink->report, panic);
	event_unlock(sink);
}

void
event_vcpu(struct event_sink *sink, const struct event_vcpu *vcpu)
{
	struct json *j = &sink->json;
	struct registers regs;

	event_lock(sink);
	if (event_line(sink, "vcpu")) {
		json_u64(j, "cpu", vcpu->cpu);
		json_string(j, "why", vcpu->why);
		json_string(j, "state", vcpu->state);
		json_string(j, "error", vcpu->error);
		registers_of_vcpu(&regs, vcpu->regs, vcpu->sregs);
		registers_json(j, &regs);
		event_backtrace_json(j, vcpu->frames, vcpu->nframes);
		trace_json(j, vcpu->trace);
		event_snapshot_json(j, vcpu->snapshot, vcpu->cpu);
		event_line_end(sink);
	}
	if (sink->report != NULL)
		report_vcpu(sink->report, vcpu);
	event_unlock(sink);
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
		event_injected_json(j, end);
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
