/* SPDX-License-Identifier: ISC */
/*
 * What a CPU of the guest noted of its cross-calls.
 */
#include "vm/trace.h"

static const char *const whats[] = {
    [XCVM_TRACE_SEND] = "send",
    [XCVM_TRACE_IPI] = "ipi",
    [XCVM_TRACE_RECEIVED] = "received",
    [XCVM_TRACE_DISPATCH] = "dispatch",
    [XCVM_TRACE_DONE] = "done",
    [XCVM_TRACE_RESEND] = "resend",
};

static const char *const primitives[] = {
    [XCVM_TRACE_CPU_XCALL] = "cpu_xcall",
    [XCVM_TRACE_XCALL_LOW] = "xcall low",
    [XCVM_TRACE_XCALL_HIGH] = "xcall high",
    [XCVM_TRACE_IPI_NUMBER] = "ipi",
    [XCVM_TRACE_IPI_MESSAGE] = "ipi message",
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
add(struct trace *trace, const struct xcvm_trace_record *raw,
    struct symbols *symbols)
{
	struct trace_record *r = &trace->records[trace->count];

	if (raw->tsc == 0 || raw->what >= COUNT(whats) ||
	    raw->primitive >= COUNT(primitives))
		return;
	/* Records are not in order where an interrupt came amid one. */
	while (r > trace->records && r[-1].tsc > raw->tsc) {
		r[0] = r[-1];
		r--;
	}
	r->tsc = raw->tsc;
	r->target = raw->target;
	r->what = (enum xcvm_trace_what)raw->what;
	r->primitive = (enum xcvm_trace_primitive)raw->primitive;
	r->function = (struct symbol){.addr = 0};
	if (raw->function != 0)
		symbol_lookup(symbols, raw->function, false, &r->function);
	trace->count++;
}

void
trace_read(struct trace *trace, const struct guestmem *mem, uint64_t gpa,
    struct symbols *symbols)
{
	struct xcvm_trace raw;

	trace->count = 0;
	trace->wrapped = false;
	if (guestmem_read(mem, gpa, &raw, sizeof(raw)) == -1)
		return;
	trace->wrapped = raw.next > XCVM_TRACE_RECORDS;
	for (uint64_t i = 0; i < XCVM_TRACE_RECORDS; i++)
		add(trace, &raw.records[(raw.next + i) % XCVM_TRACE_RECORDS],
		    symbols);
}

const char *
trace_what(const struct trace_record *record)
{
	return (whats[record->what]);
}

const char *
trace_primitive(const struct trace_record *record)
{
	return (primitives[record->primitive]);
}

const char *
trace_primitive_name(uint32_t primitive)
{
	return (primitive < COUNT(primitives) ? primitives[primitive] : "?");
}
