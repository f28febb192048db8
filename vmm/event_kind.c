/* SPDX-License-Identifier: ISC */
/*
 * The kinds of event: what each carries, told as JSON and to a person.
 */
#include "case_json.h"
#include "event_sink.h"
#include "registers.h"
#include "version.h"

static void
symbol_json(struct json *j, const char *key, const struct symbol *s)
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

static void
backtrace_json(struct json *j, const struct symbol *frames, size_t nframes)
{

	json_array(j, "backtrace");
	for (size_t i = 0; i < nframes; i++)
		symbol_json(j, NULL, &frames[i]);
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
host_json(struct json *j, const struct hostinfo *host)
{

	json_object(j, "host");
	json_string(j, "module", host->module);
	json_object(j, "params");
	for (size_t i = 0; i < host->nparams; i++)
		json_string(j, host->params[i].name, host->params[i].value);
	json_object_end(j);
	json_string(j, "cpu", host->cpu);
	json_u64(j, "cpus", host->cpus);
	json_string(j, "kernel", host->kernel);
	json_object_end(j);
}

static void
options_json(
    struct json *j, const struct options *options, const struct image_case *c)
{
	char **command;

	json_u64(j, "vcpus", options->vcpus);
	json_array(j, "apic_ids");
	for (uint32_t i = 0; i < options->vcpus; i++)
		json_u64(j, NULL, options_apic_id(options, i));
	json_array_end(j);
	json_string(j, "apic", "kernel");
	json_array(j, "pin");
	for (size_t i = 0; i < options->pin.count; i++)
		json_u64(j, NULL, options->pin.id[i]);
	json_array_end(j);
	json_u64(j, "seed", options->seed);
	json_object(j, "params");
	for (size_t i = 0; i < c->nparams; i++)
		json_u64(j, c->params[i].name,
		    options_param(options, &c->params[i]));
	json_object_end(j);
	json_seconds(j, "timeout", (uint64_t)options->timeout_ms * 1000);
	command = options_command(options, c);
	json_array(j, "command");
	for (size_t i = 0; command != NULL && command[i] != NULL; i++)
		json_string(j, NULL, command[i]);
	json_array_end(j);
	options_command_free(command);
}

void
event_run(struct event_sink *sink, const struct options *options,
    const struct image *image, const struct image_case *c, uint64_t mem_size,
    const struct hostinfo *host)
{
	struct json *j = &sink->json;

	event_lock(sink);
	if (event_line(sink, "run")) {
		json_string(j, "xcvm", XCVM_VERSION);
		json_u64(j, "abi", XCVM_ABI_VERSION);
		json_string(j, "image", image->path);
		json_string(j, "build_id", image->build_id);
		json_bool(j, "multiprocessor",
		    (image->flags & XCVM_IMAGE_MULTIPROCESSOR) != 0);
		json_string(j, "case", c->name);
		json_string(j, "api", image_api_name(c->api));
		json_string(j, "kind", image_kind_name(c->kind));
		case_contract_json(c, j);
		json_u64(j, "memory", mem_size);
		options_json(j, options, c);
		host_json(j, host);
		event_line_end(sink);
	}
	event_progress(sink, EVENT_TOLD_RUN);
	if (sink->report != NULL)
		report_run(sink->report, options, image, c, mem_size, host);
	event_unlock(sink);
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
		json_u64(j, "target", stall->target);
		json_string(j, "primitive", stall->primitive);
		symbol_json(j, "function", &stall->function);
		json_string(j, "thread", stall->thread);
		json_u64(j, "elapsed_ns", stall->elapsed_ns);
		json_u64(j, "ipl", stall->ipl);
		json_u64(j, "pending", stall->pending);
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
		backtrace_json(j, panic->frames, panic->nframes);
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
		backtrace_json(j, vcpu->frames, vcpu->nframes);
		event_line_end(sink);
	}
	if (sink->report != NULL)
		report_vcpu(sink->report, vcpu);
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
		stats_json(end->stats, j);
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
		json_seconds(j, "seconds", summary->elapsed_us);
		json_i64(j, "code", summary->code);
		json_i64(j, "interrupted", summary->interrupted);
		event_line_end(sink);
	}
	event_unlock(sink);
}
