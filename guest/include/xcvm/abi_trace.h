/* SPDX-License-Identifier: ISC */
/*
 * Trace rings: what a CPU's cross-calls did last.
 */
#ifndef XCVM_ABI_TRACE_H
#define XCVM_ABI_TRACE_H

#include "abi_types.h"

/*
 * Trace.  Each CPU has a ring in memory that the VMM gave it, at
 * boot->trace[CPU], and notes there what its cross-calls do.  The VMM reads it
 * when the vCPUs are paused.
 */
#define XCVM_TRACE_RECORDS 64 /* a power of two */

enum xcvm_trace_what {
	XCVM_TRACE_SEND,     /* "send": a call was made for the target */
	XCVM_TRACE_IPI,	     /* "ipi": an interrupt goes to the target */
	XCVM_TRACE_RECEIVED, /* "received": the interrupt came */
	XCVM_TRACE_DISPATCH, /* "dispatch": the function begins */
	XCVM_TRACE_DONE,     /* "done": the function has returned */
	XCVM_TRACE_RESEND    /* "resend": a stalled wait sends it again */
};

enum xcvm_trace_primitive {
	XCVM_TRACE_CPU_XCALL,  /* "cpu_xcall" */
	XCVM_TRACE_XCALL_LOW,  /* "xcall low" */
	XCVM_TRACE_XCALL_HIGH, /* "xcall high" */
	XCVM_TRACE_IPI_NUMBER, /* "ipi": a registered number */
	XCVM_TRACE_IPI_MESSAGE /* "ipi message" */
};

#define XCVM_TRACE_ALL 0xffffffffU /* a target: all running CPUs */

struct xcvm_trace_record {
	uint64_t tsc;	    /* stored last; 0: not written, or not yet */
	uint64_t function;  /* 0: the record is about the interrupt alone */
	uint32_t target;    /* CPU index, or XCVM_TRACE_ALL */
	uint16_t primitive; /* enum xcvm_trace_primitive */
	uint16_t what;	    /* enum xcvm_trace_what */
};

struct xcvm_trace {
	uint64_t next; /* records begun; the next is next % RECORDS */
	struct xcvm_trace_record records[XCVM_TRACE_RECORDS];
};

#endif /* XCVM_ABI_TRACE_H */
