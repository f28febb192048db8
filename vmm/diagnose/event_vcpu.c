/* SPDX-License-Identifier: ISC */
/*
 * The `vcpu` event: a vCPU with its APIC, and what its kernel keeps.
 */
#include <inttypes.h>
#include <stdio.h>

#include "diagnose/event_vcpu.h"
#include "event/line.h"
#include "event/machine.h"
#include "vm/registers.h"

#define SLOTS_SHOWN 16 /* of one CPU */
#define TRACE_SHOWN 8  /* the last records of a CPU */

/* --- as JSON --- */

static void
trace_json(struct json *j, const struct trace *trace)
{

	json_array(j, "trace");
	for (size_t i = 0; i < trace->count; i++) {
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

static void
snapshot_json(struct json *j, const struct snapshot *snapshot, uint32_t cpu)
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

/* --- for a person --- */

/* Vectors of an IRR or ISR, with their names. */
static void
vectors(FILE *out, const char *name, const struct image *image,
    const uint32_t bits[APIC_VECTORS / 32])
{
	bool some = false;

	fprintf(out, "  %s", name);
	for (uint32_t vector = 0; vector < APIC_VECTORS; vector++) {
		const struct image_vector *v = image_vector(image, vector);

		if (!apic_bit(bits, vector))
			continue;
		some = true;
		fprintf(out, " %" PRIu32, vector);
		if (v != NULL)
			fprintf(out, "(%s)", v->name);
	}
	if (!some)
		fputs(" none", out);
}

static void
kernel(FILE *out, const char *indent, const struct snapshot *snapshot,
    uint32_t cpu)
{
	const struct inspect *in = &snapshot->in;
	const struct inspect_cpu *k = &in->cpus[cpu];
	const char *level = inspect_name(in->image, XCVM_NAMED_LEVEL, k->level);
	bool some = false;

	if (!k->known)
		return;
	fprintf(out, "%skernel  %s", indent, level != NULL ? level : "level");
	if (level == NULL)
		fprintf(out, " %" PRIu32, k->level);
	if (k->thread != INSPECT_NONE)
		fprintf(out, "  thread %s", in->threads[k->thread].name);
	fputs("  pending", out);
	for (uint32_t bit = 0; bit < 32; bit++) {
		const struct image_record *r = inspect_source(in->image, bit);

		if ((k->pending >> bit & 1) == 0)
			continue;
		some = true;
		if (r != NULL)
			fprintf(out, " %s", r->name);
		else
			fprintf(out, " bit %" PRIu32, bit);
	}
	fprintf(out, "%s\n", some ? "" : " none");
}

static void
slots(FILE *out, const char *indent, const struct inspect *in, uint32_t cpu)
{
	struct symbol symbol;
	size_t shown = 0;

	for (size_t i = 0; i < in->ncalls; i++) {
		const struct inspect_call *call = &in->calls[i];

		if (call->cpu != cpu)
			continue;
		if (shown++ == SLOTS_SHOWN) {
			fprintf(out, "%sand more\n", indent);
			break;
		}
		symbol_function(in->symbols, call->function, false, &symbol);
		fprintf(out, "%s%s %" PRIu32 "%s  ", indent, call->where->name,
		    call->index, call->running ? ", running" : "");
		text_entry(out, &symbol);
		putc('\n', out);
	}
}

static void
snapshot_text(FILE *out, const char *indent, const struct snapshot *snapshot,
    uint32_t cpu)
{
	const struct snapshot_cpu *c = &snapshot->cpus[cpu];

	kernel(out, indent, snapshot, cpu);
	if (c->has_apic) {
		fprintf(out, "%sapic   ", indent);
		vectors(out, "irr", snapshot->in.image, c->apic.irr);
		vectors(out, "isr", snapshot->in.image, c->apic.isr);
		fprintf(out, "  tpr 0x%02" PRIx32 "  timer %s%s", c->apic.tpr,
		    c->apic.timer_armed ? "armed" : "not armed",
		    c->apic.nmi_pending ? "  NMI pending" : "");
		if (c->apic.injected >= 0)
			fprintf(out, "  on its way in %d", c->apic.injected);
		if (c->has_regs)
			fprintf(
			    out, "  IF=%d\n", !snapshot_if_off(snapshot, cpu));
		else
			putc('\n', out);
	}
	slots(out, indent, &snapshot->in, cpu);
}

static void
trace(FILE *out, const char *indent, const struct trace *t)
{
	size_t first = t->count > TRACE_SHOWN ? t->count - TRACE_SHOWN : 0;

	for (size_t i = first; i < t->count; i++) {
		const struct trace_record *r = &t->records[i];

		fprintf(out, "%strace  %20" PRIu64 "  %-8s  %-11s  ", indent,
		    r->tsc, trace_what(r), trace_primitive(r));
		if (r->target == XCVM_TRACE_ALL)
			fprintf(out, "all CPUs");
		else
			fprintf(out, "cpu%-5" PRIu32, r->target);
		if (r->function.addr != 0) {
			fputs("  ", out);
			text_entry(out, &r->function);
		}
		putc('\n', out);
	}
}

static void
report_vcpu(struct report *report, const struct event_vcpu *vcpu)
{
	const struct snapshot_cpu *c = &vcpu->snapshot->cpus[vcpu->cpu];
	struct registers regs;
	FILE *out;

	if (vcpu->expected)
		return;
	out = report_say(report, REPORT_BLOCK);
	fprintf(out, "cpu%" PRIu32 ": %s%s%s\n", vcpu->cpu,
	    snapshot_state_name(c->state), c->has_sregs ? "" : ": ",
	    c->has_sregs ? "" : c->error.text);
	if (c->state != SNAPSHOT_NOT_STARTED) {
		text_backtrace(out, "    ", vcpu->frames, vcpu->nframes);
		registers_of_vcpu(&regs, c->has_regs ? &c->regs : NULL,
		    c->has_sregs ? &c->sregs : NULL);
		text_registers(out, "    ", &regs);
		snapshot_text(out, "    ", vcpu->snapshot, vcpu->cpu);
		trace(out, "    ", &c->trace);
	}
	fflush(out);
}

void
event_vcpu(struct event_sink *sink, const struct event_vcpu *vcpu)
{
	const struct snapshot_cpu *c = &vcpu->snapshot->cpus[vcpu->cpu];
	struct json *j = &sink->json;
	struct registers regs;

	event_lock(sink);
	if (event_line(sink, "vcpu")) {
		json_u64(j, "cpu", vcpu->cpu);
		json_string(j, "why", vcpu->why);
		json_string(j, "state", snapshot_state_name(c->state));
		json_string(j, "error", c->has_sregs ? NULL : c->error.text);
		registers_of_vcpu(&regs, c->has_regs ? &c->regs : NULL,
		    c->has_sregs ? &c->sregs : NULL);
		event_registers_json(j, &regs);
		event_backtrace_json(j, vcpu->frames, vcpu->nframes);
		trace_json(j, &c->trace);
		snapshot_json(j, vcpu->snapshot, vcpu->cpu);
		event_line_end(sink);
	}
	if (sink->report != NULL)
		report_vcpu(sink->report, vcpu);
	event_unlock(sink);
}
