/* SPDX-License-Identifier: ISC */
/*
 * Hypercall port: what a guest asks of the VMM, and tells it.
 */
#ifndef XCVM_ABI_HYPERCALL_H
#define XCVM_ABI_HYPERCALL_H

#include "abi_types.h"

/*
 * Hypercall port.  The guest writes the GPA of a struct xcvm_req to
 * XCVM_PORT with one 32-bit OUT; the VMM answers in `status` before the next
 * instruction.  Strings named by a request are NUL-terminated, at most
 * XCVM_STRING_MAX bytes.  A request the VMM cannot accept, for whatever
 * reason, ends the run as a crash that names the request and the field.
 */
#define XCVM_PORT 0x0c56

enum xcvm_op {
	XCVM_REQ_CONSOLE = 1, /* u.console */
	XCVM_REQ_CHECK,	      /* u.check: a check failed */
	XCVM_REQ_METRIC,      /* u.metric: a figure for the report */
	XCVM_REQ_STALL,	      /* u.stall: a wait passed its limit */
	XCVM_REQ_PANIC,	      /* u.panic: does not return */
	XCVM_REQ_DONE,	      /* u.done: does not return */
	XCVM_REQ_START_CPUS,  /* u.start */
	XCVM_REQ_SECTION,     /* u.section: a measured section */
	XCVM_REQ_HISTOGRAM,   /* u.histogram: what was measured */
	XCVM_REQ_SCHEDULE     /* u.schedule: of an order that fails */
};

#define XCVM_STATUS_OK		  0

/*
 * Histogram: counts of values in the layout of HdrHistogram, 3 significant
 * digits, from 0 on.  The count of value v is at index
 *	(b << XCVM_HISTOGRAM_HALF_SHIFT) + (v >> b)
 * where b is by how many bits v is longer than XCVM_HISTOGRAM_HALF_SHIFT + 1,
 * and 0 for those that are not.
 */
#define XCVM_HISTOGRAM_DIGITS	  3
#define XCVM_HISTOGRAM_HALF_SHIFT 10
#define XCVM_HISTOGRAM_SMALL	  2047 /* up to here, a count for each value */
#define XCVM_HISTOGRAM_COUNTS	  (55 << XCVM_HISTOGRAM_HALF_SHIFT) /* at most */

enum xcvm_verdict { /* what a case can say of itself */
	XCVM_DONE_PASS,
	XCVM_DONE_FAIL,
	XCVM_DONE_SKIP,
	XCVM_DONE_HANG /* of XCVM_IMAGE_MODEL: nobody can go on */
};

/* Registers of an interrupted context, as the trap entry leaves them. */
struct xcvm_regs {
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
	uint64_t rdi, rsi, rbp, rbx, rdx, rcx, rax;
	uint64_t vector, error;
	uint64_t rip, cs, rflags, rsp, ss;
};

struct xcvm_req {
	uint32_t op;	 /* enum xcvm_op */
	uint32_t status; /* the VMM's answer; before it, of XCVM_IMAGE_MODEL:
			    the CPU whose request it is */
	union {
		struct {
			XCVM_PTR(const char) text; /* not NUL-terminated */
			uint64_t len;		   /* < XCVM_STRING_MAX */
		} console;
		struct {
			XCVM_PTR(const char) file;
			XCVM_PTR(const char) expr;
			XCVM_PTR(const char) message; /* values, or "" */
			uint64_t line;
		} check;
		struct {
			XCVM_PTR(const char) name;
			XCVM_PTR(const char) unit; /* "" for a count */
			uint64_t value;
		} metric;
		struct {
			XCVM_PTR(const char) primitive; /* "cpu_xcall" */
			XCVM_PTR(const char)
			thread;		   /* what the target runs;
							"" with no target */
			uint64_t function; /* the call's function */
			uint64_t elapsed_ns;
			uint32_t target;   /* CPU waited for, or XCVM_NO_CPU:
					      none has the call any more */
			uint32_t ipl;	   /* the target's level */
			uint32_t pending;  /* its pending interrupts */
			uint32_t resolved; /* 1: the wait ended */
		} stall;
		struct {
			XCVM_PTR(const char) message;
			XCVM_PTR(const struct xcvm_regs) frame; /* or 0 */
		} panic;
		struct {
			XCVM_PTR(const char) reason; /* of fail and skip */
			uint32_t verdict;	     /* enum xcvm_verdict */
			uint32_t insn_cycles;	     /* TSC cycles a simple
							instruction takes */
		} done;
		struct {
			uint32_t first; /* CPU index */
			uint32_t count;
		} start;
		/*
		 * The VMM tells what it counted between the two requests, which
		 * are not part of that.  One section at a time.
		 */
		struct {
			XCVM_PTR(const char) name; /* of both, the same */
			uint64_t operations;	   /* at its end; else 0 */
			uint32_t end;		   /* 0: begin */
			uint32_t reserved;	   /* 0 */
		} section;
		struct {
			XCVM_PTR(const char) phase;
			XCVM_PTR(const uint32_t) counts; /* as above */
			uint64_t count;			 /* their sum */
			uint64_t min; /* TSC cycles; 0 if there are none */
			uint64_t max;
			uint32_t ncounts; /* the rest is 0 */
			uint32_t cpu;	  /* that the phase belongs to */
			uint32_t target;  /* the other one, or XCVM_NO_CPU */
			uint32_t reserved;
		} histogram;
		/* Before the ending that it explains. */
		struct {
			XCVM_PTR(const struct xcvm_choice) choices;
			XCVM_PTR(const struct xcvm_standing) cpus; /* each */
			uint64_t nchoices;
			uint64_t steps;	   /* points passed in all */
			uint64_t order;	   /* which of the run's, from 0 */
			uint64_t diverged; /* 1 + the replayed schedule's choice
					      that did not fit; 0: none */
		} schedule;
	} u;
};

#endif /* XCVM_ABI_HYPERCALL_H */
