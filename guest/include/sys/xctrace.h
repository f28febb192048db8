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
#include <machine/clock.h>
#include <xcvm/abi.h>

/*
 * What is kept: the rings, unless the boot parameter is trace=0, and stamps.
 * A probe that is off costs one test.
 */
extern struct xctrace_on {
	bool ring;
	bool stamps;
} xctrace_on;

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
	if (__predict_false(xctrace_on.ring))
		xctrace_record(what, primitive, target, function);
}

/* Note that this CPU runs that function next; that it has returned. */
#define xctrace_dispatch(primitive, function)                 \
	xctrace(XCVM_TRACE_DISPATCH, primitive, cpu_number(), \
	    (const void *)(function))
#define xctrace_done(primitive, function)                 \
	xctrace(XCVM_TRACE_DONE, primitive, cpu_number(), \
	    (const void *)(function))

/*
 * Stamps, for measuring: when this CPU last came by there, in a line of its
 * own.  Which call it was about is for those to know who read them.
 */
enum xctrace_stamp {
	XCTRACE_ICR,	  /* the ICR is written next */
	XCTRACE_HANDLER,  /* first line of C of an interrupt */
	XCTRACE_SOFTINT,  /* a soft interrupt's thread has been entered */
	XCTRACE_FUNCTION, /* the last two: set by who measures, in its own */
	XCTRACE_DONE	  /* function, at its begin and its end */
};

static inline void
xctrace_stamp(enum xctrace_stamp stamp)
{
	if (__predict_false(xctrace_on.stamps))
		curcpu()->ci_stamps[stamp] = cpu_counter();
}

#endif /* SYS_XCTRACE_H */
