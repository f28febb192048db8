/* SPDX-License-Identifier: ISC */
/*
 * The trace: a ring per CPU in which the cross-call stacks note what they do,
 * for the VMM to show when a run ends badly; see <xcvm/abi.h>.
 *
 * cpu_xcall(9), xcall(9) and ipi(9) note calls (SEND), and their functions'
 * begin and end (DISPATCH, DONE); the machine notes the interrupts (IPI,
 * RECEIVED), whoever implements the calls.
 */
#ifndef SYS_XCTRACE_H
#define SYS_XCTRACE_H

#include <sys/cpu.h>
#include <xcvm/abi.h>

/* Off from the start with the boot parameter trace=0. */
extern volatile bool xctrace_enabled;

void xctrace_init(void);
void xctrace_record(enum xcvm_trace_what, enum xcvm_trace_primitive,
    u_int target, const void *function);

/*
 * Note something in this CPU's ring: what, about which primitive, concerning
 * which CPU and function (NULL: the interrupt alone).  Any context, any IPL;
 * no VM exit.
 */
static inline void
xctrace(enum xcvm_trace_what what, enum xcvm_trace_primitive primitive,
    u_int target, const void *function)
{
	if (xctrace_enabled)
		xctrace_record(what, primitive, target, function);
}

/* The same of a function that this CPU runs. */
#define xctrace_dispatch(primitive, function)                 \
	xctrace(XCVM_TRACE_DISPATCH, primitive, cpu_number(), \
	    (const void *)(function))
#define xctrace_done(primitive, function)                 \
	xctrace(XCVM_TRACE_DONE, primitive, cpu_number(), \
	    (const void *)(function))

#endif /* SYS_XCTRACE_H */
