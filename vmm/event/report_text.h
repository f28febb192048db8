/* SPDX-License-Identifier: ISC */
/*
 * Pieces of text that the reports for a person share.
 */
#ifndef VMM_EVENT_REPORT_TEXT_H
#define VMM_EVENT_REPORT_TEXT_H

#include <stdio.h>

#include "base/outcome.h"
#include "event/hostinfo.h"
#include "fault/fault.h"
#include "image/symbol.h"
#include "options/options.h"
#include "vm/registers.h"
#include "vm/trace.h"

/* Text from a guest: control characters cannot reach the terminal. */
void text_safe(FILE *out, const char *text, size_t len);

/* "12.3 ms", "4.56 s", right-aligned to `width`. */
void text_duration(FILE *out, uint64_t us, int width);

/* The verdict's name in its colour, padded to `width`. */
void text_verdict(FILE *out, enum verdict verdict, int width, bool colour);

/* Columns of address, function+offset, file:line; each line indented. */
void text_backtrace(
    FILE *out, const char *indent, const struct symbol *frames, size_t nframes);

/* "function+0x12", or the address. */
void text_symbol(FILE *out, const struct symbol *symbol);

/* Four to a line. */
void text_registers(
    FILE *out, const char *indent, const struct registers *regs);

/* The last records of a CPU, one a line: TSC, what, primitive, target. */
#define TRACE_SHOWN 8
void text_trace(FILE *out, const char *indent, const struct trace *trace);

/* A fault, on a line: what befell which CPU; `name` of its vector, or NULL. */
void text_fault(FILE *out, const struct fault_hit *hit, const char *name);

/* A measured section; the values of a phase: a line each. */
struct event_section;
struct event_histogram;
void text_section(FILE *out, const struct event_section *section);
void text_histogram(FILE *out, const struct event_histogram *histogram);

/* A vCPU's APIC, and what its kernel keeps, each line indented. */
struct snapshot;
void text_snapshot(FILE *out, const char *indent,
    const struct snapshot *snapshot, uint32_t cpu);

/* Why a run hangs; if brief, in a sentence, else with every wait. */
struct diagnose;
void text_diagnosis(FILE *out, const struct snapshot *snapshot,
    const struct diagnose *diagnose, bool brief);

/* The command that repeats the case, quoted for a shell, and a newline. */
void text_command(
    FILE *out, const struct options *options, const struct image_case *c);

/* The command that shows a core of this image, likewise. */
void text_gdb(FILE *out, const char *image, const char *core);

/* The header's first lines: xcvm, host, image. */
void text_header(
    FILE *out, const struct image *image, const struct hostinfo *host);

/* What to think of times on a host that emulates guest kernel code. */
void text_emulated(FILE *out, uint32_t insn_cycles);

#endif /* VMM_EVENT_REPORT_TEXT_H */
