/* SPDX-License-Identifier: ISC */
/*
 * A hang, and a vCPU's APIC and kernel, as a person reads them.
 */
#include <inttypes.h>
#include <stdio.h>

#include "diagnose/diagnose.h"
#include "event/report_text.h"

#define SLOTS_SHOWN 16 /* of one CPU */
#define WAITS_SHOWN 16

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
		if (symbol.function != NULL && symbol.offset == 0)
			fputs(symbol.function, out);
		else
			text_symbol(out, &symbol);
		putc('\n', out);
	}
}

void
text_snapshot(FILE *out, const char *indent, const struct snapshot *snapshot,
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

/* One wait, with the backtrace of who waits. */
static void
wait(FILE *out, const struct snapshot *snapshot, const struct diagnose_wait *w)
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

void
text_diagnosis(FILE *out, const struct snapshot *snapshot,
    const struct diagnose *d, bool brief)
{

	fprintf(out, "diagnosis: %s\n       %s\n", diagnosis_name(d->verdict),
	    d->sentence);
	for (size_t i = 0; i < d->nwaits && !brief; i++) {
		if (i == WAITS_SHOWN) {
			fprintf(out, "\nand %zu more\n", d->nwaits - i);
			break;
		}
		wait(out, snapshot, &d->waits[i]);
	}
}
