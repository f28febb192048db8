/* SPDX-License-Identifier: ISC */
/* The trace of the cross-call stacks. */
#include <sys/systm.h>
#include <sys/inspect.h>
#include <sys/xctrace.h>
#include <machine/clock.h>
#include <kern/kern.h>

struct xctrace_on xctrace_on;

INSPECT_FIELD(
    TRACING, {.base = &xctrace_on.ring, .size = sizeof(xctrace_on.ring)});

void
xctrace_init(void)
{
	xctrace_on.ring = boot_param("trace", 1) != 0;
}

void
xctrace_record(enum xcvm_trace_what what, enum xcvm_trace_primitive primitive,
    u_int target, const void *function)
{
	struct xcvm_trace *t = curcpu()->ci_trace;
	struct xcvm_trace_record *r;
	uint64_t tsc = cpu_counter();

	/* The place is ours, also if an interrupt notes something now. */
	r = &t->records[cpu_count_fetch_inc(&t->next) % XCVM_TRACE_RECORDS];
	/* A reader leaves out what has no time: the record is not whole. */
	WRITE_ONCE(r->tsc, 0);
	__insn_barrier();
	r->function = (uint64_t)(uintptr_t)function;
	r->target = target;
	r->primitive = (uint16_t)primitive;
	r->what = (uint16_t)what;
	__insn_barrier();
	WRITE_ONCE(r->tsc, tsc);
}
