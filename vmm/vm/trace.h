/* SPDX-License-Identifier: ISC */
/*
 * What a CPU of the guest noted of its cross-calls: its trace ring, read from
 * guest memory.
 */
#ifndef VMM_VM_TRACE_H
#define VMM_VM_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xcvm/abi.h>

#include "image/symbol.h"
#include "vm/guestmem.h"

struct trace_record {
	uint64_t tsc;
	struct symbol function; /* addr 0: about the interrupt alone */
	uint32_t target;	/* CPU index, or XCVM_TRACE_ALL */
	enum xcvm_trace_primitive primitive;
	enum xcvm_trace_what what;
};

struct trace {
	bool wrapped; /* the ring has overwritten older records */
	size_t count;
	struct trace_record records[XCVM_TRACE_RECORDS]; /* oldest first */
};

/*
 * Read the trace ring at `gpa` of a paused VM.  A record that the guest was
 * writing just then, or that makes no sense, is left out.
 */
void trace_read(struct trace *trace, const struct guestmem *mem, uint64_t gpa,
    struct symbols *symbols);

/* The name of what happened, "send", and of the primitive, "cpu_xcall". */
const char *trace_what(const struct trace_record *record);
const char *trace_primitive(const struct trace_record *record);

/* The name of an enum xcvm_trace_primitive; "?" if it is none. */
const char *trace_primitive_name(uint32_t primitive);

#endif /* VMM_VM_TRACE_H */
