/* SPDX-License-Identifier: ISC */
/*
 * One run as a person reads it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "event/console.h"
#include "event/event.h"
#include "event/report_text.h"

/* Failed checks that are shown below a line of --each, and faults. */
#define CHECKS_SHOWN 20
#define FAULTS_SHOWN 20

struct report {
	struct report_config config;
	const struct options *options;
	const struct image_case *c;
	struct console console;
	uint64_t checks;
	uint64_t faults;
	bool said;   /* something stands below the header */
	bool dumped; /* the last of it was a vCPU */
};

bool
report_wants_colour(int fd)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return ((no == NULL || no[0] == '\0') && term != NULL &&
		strcmp(term, "dumb") != 0 && isatty(fd) == 1);
}

struct report *
report_open(const struct report_config *config)
{
	struct report *report = calloc(1, sizeof(*report));

	if (report == NULL)
		return (NULL);
	report->config = *config;
	console_open(
	    &report->console, config->out, config->style == REPORT_DETAILS);
	return (report);
}

void
report_close(struct report *report)
{

	if (report == NULL)
		return;
	console_close(&report->console);
	free(report);
}

void
report_abandon(struct report *report)
{

	if (report->config.writer != NULL)
		writer_abandon(report->config.writer);
}

/* The header of a run; below a line of --each there is none. */
static void
header(const struct report *report, const struct image *image,
    uint64_t mem_size, const struct hostinfo *host)
{
	const struct options *options = report->options;
	const struct image_case *c = report->c;
	FILE *out = report->config.out;

	text_header(out, image, host);
	fprintf(out, "case   %s: ", c->name);
	text_safe(out, c->doc, strlen(c->doc));
	fprintf(out,
	    "\n       %s %s%s%s, %" PRIu32 " vCPU%s, %" PRIu64
	    " MiB, seed %" PRIu64 "\n\n",
	    image_api_name(c->api), image_kind_name(c->kind),
	    c->contract[0] != '\0' ? " " : "", c->contract, options->vcpus,
	    options->vcpus == 1 ? "" : "s", mem_size >> 20, options->seed);
}

void
report_run(struct report *report, const struct options *options,
    const struct image *image, const struct image_case *c, uint64_t mem_size,
    const struct hostinfo *host)
{

	report->options = options;
	report->c = c;
	if (report->config.style != REPORT_RUN || report->config.quiet)
		return;
	header(report, image, mem_size, host);
	fflush(report->config.out);
}

void
report_console(
    struct report *report, uint32_t cpu, const char *text, size_t len)
{

	if (report->config.quiet)
		return;
	console_add(&report->console, cpu, text, len);
	report->said = true;
	report->dumped = false;
	fflush(report->config.out);
}

/* Before anything else is said: what the guest has printed so far. */
static FILE *
say(struct report *report)
{

	console_flush(&report->console);
	report->said = true;
	report->dumped = false;
	return (report->config.out);
}

void
report_check(struct report *report, const struct event_check *check)
{
	FILE *out;

	if (report->config.style == REPORT_DETAILS &&
	    ++report->checks > CHECKS_SHOWN) {
		if (report->checks == CHECKS_SHOWN + 1)
			fputs("(further failed checks are left out here)\n",
			    say(report));
		return;
	}
	out = say(report);
	fprintf(out, "[cpu%" PRIu32 "] check failed: ", check->cpu);
	text_safe(out, check->file, strlen(check->file));
	fprintf(out, ":%" PRIu64 ": ", check->line);
	text_safe(out, check->expr, strlen(check->expr));
	if (check->message[0] != '\0') {
		fputs("\n       ", out);
		text_safe(out, check->message, strlen(check->message));
	}
	putc('\n', out);
	fflush(out);
}

void
report_metric(struct report *report, uint32_t cpu, const char *name,
    uint64_t value, const char *unit)
{
	FILE *out;

	if (report->config.quiet)
		return;
	out = say(report);
	fprintf(out, "[cpu%" PRIu32 "] ", cpu);
	text_safe(out, name, strlen(name));
	fprintf(out, " = %" PRIu64 "%s", value, unit[0] != '\0' ? " " : "");
	text_safe(out, unit, strlen(unit));
	putc('\n', out);
	fflush(out);
}

void
report_section(struct report *report, const struct event_section *section)
{
	FILE *out;

	if (report->config.quiet)
		return;
	out = say(report);
	text_section(out, section);
	fflush(out);
}

void
report_histogram(struct report *report, const struct event_histogram *histogram)
{
	FILE *out;

	if (report->config.quiet)
		return;
	out = say(report);
	text_histogram(out, histogram);
	fflush(out);
}

/* What the wait is for. */
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
		text_safe(out, stall->thread, strlen(stall->thread));
		fprintf(out, " at IPL %" PRIu32 ", pending 0x%" PRIx32,
		    stall->ipl, stall->pending);
	}
}

void
report_stall(struct report *report, const struct event_stall *stall)
{
	FILE *out = say(report);

	fprintf(out, "[cpu%" PRIu32 "] ", stall->cpu);
	text_safe(out, stall->primitive, strlen(stall->primitive));
	fprintf(
	    out, " %s ", stall->resolved ? "went on after" : "has waited for");
	text_duration(out, stall->elapsed_ns / 1000, 0);
	fputs(stall->resolved ? " of waiting for " : ": ", out);
	text_stall(out, stall);
	putc('\n', out);
	fflush(out);
}

void
report_panic(struct report *report, const struct event_panic *panic)
{
	struct registers regs;
	FILE *out;

	if (panic->expected && report->config.quiet)
		return;
	out = say(report);
	fprintf(out, "[cpu%" PRIu32 "] panic%s: ", panic->cpu,
	    panic->expected ? ", as the case declares" : "");
	text_safe(out, panic->message, strlen(panic->message));
	putc('\n', out);
	registers_of_trap(&regs, panic->regs);
	text_registers(out, "    ", &regs);
	text_backtrace(out, "    ", panic->frames, panic->nframes);
	fflush(out);
}

void
report_vcpu(struct report *report, const struct event_vcpu *vcpu)
{
	bool said = report->said;
	struct registers regs;
	FILE *out;

	if (vcpu->expected)
		return;
	out = say(report);
	report->dumped = true;
	fprintf(out, "%scpu%" PRIu32 ": %s%s%s\n", said ? "\n" : "", vcpu->cpu,
	    vcpu->state, vcpu->error != NULL ? ": " : "",
	    vcpu->error != NULL ? vcpu->error : "");
	if (strcmp(vcpu->state, EVENT_NOT_STARTED) != 0) {
		text_backtrace(out, "    ", vcpu->frames, vcpu->nframes);
		registers_of_vcpu(&regs, vcpu->regs, vcpu->sregs);
		text_registers(out, "    ", &regs);
		text_snapshot(out, "    ", vcpu->snapshot, vcpu->cpu);
		text_trace(out, "    ", vcpu->trace);
	}
	fflush(out);
}

void
report_fault(
    struct report *report, const struct fault_hit *hit, const char *name)
{
	FILE *out;

	if (report->config.quiet || ++report->faults > FAULTS_SHOWN + 1)
		return;
	out = say(report);
	if (report->faults <= FAULTS_SHOWN)
		text_fault(out, hit, name);
	else
		fputs("(further faults are left out here)\n", out);
	fflush(out);
}

/* How many faults there were, for each entry of the plan. */
static void
faults(FILE *out, const struct event_end *end)
{
	char text[FAULT_SPEC_MAX];

	for (size_t i = 0; end->injected != NULL && i < end->faults->count;
	     i++) {
		fault_spec_format(&end->faults->specs[i], text);
		fprintf(out,
		    "fault  %s: %" PRIu64 " of %" PRIu64 " eligible events\n",
		    text, end->injected[i].injected, end->injected[i].eligible);
	}
}

void
report_core(struct report *report, const struct event_core *core)
{
	bool dumped = report->dumped;
	FILE *out = say(report);

	if (dumped)
		putc('\n', out);
	if (core->error != NULL) {
		fputs("no core: ", out);
		text_safe(out, core->error, strlen(core->error));
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
report_diagnosis(struct report *report, const struct event_diagnosis *diagnosis)
{
	bool said = report->said;
	FILE *out;

	if (diagnosis->expected && report->config.quiet)
		return;
	out = say(report);
	if (said)
		putc('\n', out);
	text_diagnosis(
	    out, diagnosis->snapshot, diagnosis->diagnose, diagnosis->expected);
	report->dumped = !diagnosis->expected;
	fflush(out);
}

void
report_end(struct report *report, const struct event_end *end)
{
	bool passed = end->verdict == VERDICT_PASS, dumped = report->dumped;
	FILE *out = say(report);

	if (dumped)
		putc('\n', out);
	/* Whoever started the command tells these, on standard error. */
	if (end->verdict == VERDICT_USAGE || end->verdict == VERDICT_NOKVM)
		return;
	if (!(passed && report->config.quiet))
		faults(out, end);
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
			text_safe(out, end->reason, strlen(end->reason));
		}
		putc('\n', out);
	}
	if (!passed && end->verdict != VERDICT_SKIP &&
	    end->verdict != VERDICT_DIFFERS && report->options != NULL) {
		fputs("again: ", out);
		text_command(out, report->options, report->c);
	}
	fflush(out);
}
