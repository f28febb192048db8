/* SPDX-License-Identifier: ISC */
/*
 * Inspection table: where a kernel keeps what the VMM may want to see.
 */
#ifndef XCVM_ABI_INSPECT_H
#define XCVM_ABI_INSPECT_H

#include "abi_types.h"

/*
 * Inspection table: the section XCVM_INSPECT_SECTION, if there is one, is an
 * array of struct xcvm_inspect.  It says what the kernel's own things are
 * called and where they are, so that the VMM can read them out of a guest that
 * it has paused, whatever that guest is doing.  Constant data, which costs the
 * guest no time.
 */
#define XCVM_INSPECT_SECTION "xcvm_inspect"

enum xcvm_inspect_kind {
	XCVM_INSPECT_VECTOR = 1, /* u.vector: what a vector is for */
	XCVM_INSPECT_SOURCE,	 /* u.source: a bit of the pending words */
	XCVM_INSPECT_NAME,	 /* u.name: what a number means */
	XCVM_INSPECT_FIELD,	 /* u.field: where something is */
	XCVM_INSPECT_WAY,	 /* u.way: how a call gets to its CPU */
	XCVM_INSPECT_SLOTS,	 /* u.slots: where calls wait for a CPU */
	XCVM_INSPECT_BITS,	 /* u.bits: handlers that wait, a bit each */
	XCVM_INSPECT_BOX,	 /* u.box: one call, for many CPUs */
	XCVM_INSPECT_WRAPPER	 /* u.wrapper: a function that calls another */
};

/*
 * Where something is: at offset from base, or from the structure it is a
 * member of, whose address is found elsewhere; then base is NULL.
 */
struct xcvm_place {
	XCVM_PTR(const volatile void) base;
	uint32_t pointer; /* 1: at base is a pointer to what is meant */
	uint32_t offset;
	uint32_t
	    stride;    /* from one CPU's to the next's; 0: it is not a CPU's */
	uint32_t size; /* bytes of it; of each, where there are several */
};

/* Numbers that have names. */
enum xcvm_named {
	XCVM_NAMED_LEVEL = 1, /* an interrupt priority level */
	XCVM_NAMED_STATE,     /* a thread's state: "runnable", "running",
				 "asleep", or another */
	XCVM_NAMED_PRIMITIVE, /* a function that waits for a call: its number is
				 the enum xcvm_trace_primitive of that call */
	XCVM_NAMED_ENTRY      /* a function by which an interrupt or exception
				 comes in: its callers are what it interrupted;
				 its number is 0 */
};

enum xcvm_field {
	/* Each CPU has */
	XCVM_CPU_SELF = 1, /* the structure that others point to; */
	XCVM_CPU_LEVEL,	   /* interrupt priority level, */
	XCVM_CPU_PENDING,  /* word of interrupts recorded, by source, */
	XCVM_CPU_DEPTH,	   /* hardware interrupts being handled, */
	XCVM_CPU_THREAD,   /* pointer to the current thread, */
	XCVM_CPU_RESCHED,  /* not 0: it is to look for a better thread, */
	XCVM_CPU_SOFTINTS, /* pointers to the soft interrupts' threads. */
	/* Not 0: the trace rings are kept. */
	XCVM_TRACING,
	/* A pointer to the first thread; then each thread has */
	XCVM_THREADS,
	XCVM_THREAD_NEXT,     /* pointer to the next, */
	XCVM_THREAD_NAME,     /* characters, */
	XCVM_THREAD_STATE,    /* of XCVM_NAMED_STATE, */
	XCVM_THREAD_CPU,      /* pointer to its CPU, */
	XCVM_THREAD_WCHAN,    /* address it sleeps on, or 0, */
	XCVM_THREAD_WMESG,    /* pointer to what it calls that, */
	XCVM_THREAD_PINNED,   /* not 0: preemption is disabled, */
	XCVM_THREAD_PRIORITY, /* the higher, the better, */
	XCVM_THREAD_SP,	      /* stack pointer while it does not run, and */
	XCVM_THREAD_FRAME,    /* from there: frame pointer, return address, */
	XCVM_THREAD_WAIT,     /* pointer to its innermost wait. */
	/* Each wait of the cross-call stacks has */
	XCVM_WAIT_OUTER,     /* pointer to the one it is inside, */
	XCVM_WAIT_PRIMITIVE, /* pointer to the name of the function, */
	XCVM_WAIT_FUNCTION,  /* what the call is to run, */
	XCVM_WAIT_OBJECT,    /* pointer to the call; 0: it is not queued yet, */
	XCVM_WAIT_TARGET,    /* pointer to the CPU, or 0: the call tells, */
	XCVM_WAIT_START,     /* TSC. */
	/* In a mutex, pointer to the thread that has it, low bits apart. */
	XCVM_MUTEX_OWNER,
	XCVM_FIELDS
};

#define XCVM_NO_SOURCE 0xffffffffU

struct xcvm_inspect {
	uint32_t kind;	   /* enum xcvm_inspect_kind */
	uint32_t reserved; /* 0 */
	union {
		struct {
			XCVM_PTR(const char) name; /* [a-z0-9_]+, unique */
			uint32_t number;	   /* 16 to 255, unique */
			uint32_t source; /* its bit in the pending word */
		} vector;
		struct {
			XCVM_PTR(const char) name;
			uint32_t bit;	/* of the pending word */
			uint32_t level; /* held off at that level, and above */
		} source;
		struct {
			XCVM_PTR(const char) name;
			uint32_t what; /* enum xcvm_named */
			uint32_t number;
		} name;
		struct {
			struct xcvm_place at;
			uint32_t field; /* enum xcvm_field, unique */
			uint32_t count; /* how many in a row */
		} field;
		/*
		 * A call is announced to its CPU by an interrupt.  Its handler
		 * may leave a mark there and put the work off to a soft
		 * interrupt, or to a thread, which clears the mark as it
		 * begins.
		 */
		struct {
			struct xcvm_place mark;	  /* not 0: set; or base NULL */
			struct xcvm_place thread; /* pointer to the thread that
						     does the work; or base
						     NULL */
			XCVM_PTR(void)
			handler; /* the soft interrupt that does
						   it; or NULL */
			XCVM_PTR(void)
			service; /* the function that does it,
						   otherwise; or NULL */
			XCVM_PTR(const char) vector; /* its name */
			uint32_t primitive; /* enum xcvm_trace_primitive */
			uint32_t source;    /* that the mark waits for, or
					       XCVM_NO_SOURCE */
		} way;
		/* Pointers to calls, 0 where there is none. */
		struct {
			XCVM_PTR(const char) name; /* of one: "slot" */
			struct xcvm_place at;	   /* the first */
			uint32_t count;
			uint32_t function;  /* its offset in a call */
			uint32_t argument;  /* and that of its argument */
			uint32_t primitive; /* enum xcvm_trace_primitive */
			uint32_t running;   /* 1: these are being run */
		} slots;
		/* Words whose bits are indices of a table of handlers. */
		struct {
			XCVM_PTR(const char) name; /* of one: "number" */
			struct xcvm_place at;	   /* the first word */
			XCVM_PTR(const void) table;
			uint32_t stride;   /* of the table */
			uint32_t function; /* its offset in an entry */
			uint32_t count;	   /* words */
			uint32_t source;   /* that runs the first word's, the
					      next one the second's, ...; or
					      XCVM_NO_SOURCE: the first only */
			uint32_t running;  /* offset from the first word: for
					      each word an int, the index of
					      what runs, plus 1; or 0 */
		} bits;
		/* Counts executions asked for, and those that have returned. */
		struct {
			XCVM_PTR(const void) base;
			uint32_t primitive; /* enum xcvm_trace_primitive */
			uint32_t function;  /* offsets */
			uint32_t asked;
			uint32_t returned;
			uint32_t left; /* a byte for each CPU: 1, it has not */
		} box;
		/*
		 * The argument of `function` points at a structure with what
		 * it calls, and a word that it clears when that has returned.
		 */
		struct {
			XCVM_PTR(void) function;
			uint32_t inner; /* offsets */
			uint32_t waiting;
			uint32_t waiting_size; /* bytes */
		} wrapper;
		uint64_t words[12]; /* the size of every kind; the rest is 0 */
	} u;
};

#endif /* XCVM_ABI_INSPECT_H */
