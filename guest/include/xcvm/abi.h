/* SPDX-License-Identifier: ISC */
/*
 * The contract between the VMM and a guest image: ELF note, case table,
 * entry state, boot block, hypercall port.  The one header both sides include.
 *
 * Every address in here is a guest physical address (GPA).  Guest memory is
 * mapped one to one, so inside the guest it is a pointer as well; XCVM_PTR()
 * spells it as a pointer there and as a number in the VMM.
 */
#ifndef XCVM_ABI_H
#define XCVM_ABI_H

#include <stdint.h>

#define XCVM_ABI_VERSION 4

#ifdef XCVM_GUEST
#define XCVM_PTR(type) type *
#else
#define XCVM_PTR(type) uint64_t
#endif

/*
 * ELF note.  An image carries exactly one note with this name and type; its
 * descriptor is a struct xcvm_note.  An image of another version is refused.
 */
#define XCVM_NOTE_NAME		  "xcvm"
#define XCVM_NOTE_ABI		  1

#define XCVM_IMAGE_MULTIPROCESSOR 0x0001 /* more than one vCPU */

struct xcvm_note {
	uint32_t version;   /* XCVM_ABI_VERSION */
	uint32_t flags;	    /* XCVM_IMAGE_* */
	uint32_t max_vcpus; /* most vCPUs the image supports */
	uint32_t reserved;  /* 0 */
};

/*
 * Case table: the section XCVM_CASE_SECTION is an array of struct xcvm_case.
 * Strings are NUL-terminated and lie in a loaded segment.
 */
#define XCVM_CASE_SECTION   "xcvm_cases"
#define XCVM_CASE_NAME_MAX  64	 /* with the NUL */
#define XCVM_PARAM_NAME_MAX 32	 /* with the NUL */
#define XCVM_PARAM_MAX	    24	 /* parameters of one case */
#define XCVM_STRING_MAX	    1024 /* any string, with the NUL */

enum xcvm_api {
	XCVM_API_KERNEL,    /* "kernel" */
	XCVM_API_X2APIC,    /* "x2apic" */
	XCVM_API_CPU_XCALL, /* "cpu_xcall" */
	XCVM_API_XCALL,	    /* "xcall" */
	XCVM_API_IPI	    /* "ipi" */
};

enum xcvm_kind {
	XCVM_KIND_CONFORMANCE, /* "conformance" */
	XCVM_KIND_STRESS,      /* "stress": bounded by budget_ms */
	XCVM_KIND_MISUSE,      /* "misuse": must panic as declared */
	XCVM_KIND_FAULT,       /* "fault" */
	XCVM_KIND_BENCH	       /* "bench" */
};

struct xcvm_param {
	XCVM_PTR(const char) name;
	XCVM_PTR(const char) doc; /* one sentence, with the unit */
	uint64_t value;		  /* the default */
};

struct xcvm_case {
	XCVM_PTR(const char) name;     /* [a-z0-9_]+, unique */
	XCVM_PTR(const char) doc;      /* one sentence */
	XCVM_PTR(const char) contract; /* "O9,O10", or "" */
	XCVM_PTR(const char) panic;    /* misuse: part of the panic message */
	XCVM_PTR(const char) fault;    /* plan to run under, or 0: none */
	XCVM_PTR(const char)
	diagnosis; /* the run must hang, for this
					   reason; 0: it must not hang */
	XCVM_PTR(const struct xcvm_param) params;
	XCVM_PTR(void) run; /* void (*)(void), guest only */
	uint32_t nparams;
	uint32_t api;  /* enum xcvm_api */
	uint32_t kind; /* enum xcvm_kind */
	uint32_t min_vcpus;
	uint32_t max_vcpus; /* 0: no limit */
	uint32_t panic_cpu; /* misuse: the CPU that must panic */
	uint32_t decision;  /* what it checks is this decision of the contract
			       (section 5), not the API; 0: the API */
	uint32_t limit_ms;  /* time limit of a run, unless --timeout says
			       another; 0: the default of --timeout.  With a
			       diagnosis: from the first stall on that the
			       guest reports */
};

/*
 * Implementation table: the section XCVM_IMPL_SECTION, if there is one, is an
 * array of struct xcvm_impl, at most one for each API: what is under test.
 * Several files have their paths with blanks between, and one sum over all.
 */
#define XCVM_IMPL_SECTION "xcvm_impls"
#define XCVM_IMPL_FOREIGN 0x0001 /* put in place of ours: see docs/dropin.md */

struct xcvm_impl {
	XCVM_PTR(const char) path;   /* of the source, as it was given */
	XCVM_PTR(const char) sha256; /* of that file, 64 hexadecimal digits */
	uint32_t api;		     /* enum xcvm_api */
	uint32_t flags;		     /* XCVM_IMPL_* */
};

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
	/* Of each CPU, */
	XCVM_CPU_SELF = 1, /* the structure that others point to; */
	XCVM_CPU_LEVEL,	   /* interrupt priority level, */
	XCVM_CPU_PENDING,  /* word of interrupts recorded, by source, */
	XCVM_CPU_DEPTH,	   /* hardware interrupts being handled, */
	XCVM_CPU_THREAD,   /* pointer to the current thread, */
	XCVM_CPU_RESCHED,  /* not 0: it is to look for a better thread, */
	XCVM_CPU_SOFTINTS, /* pointers to the soft interrupts' threads. */
	/* Not 0: the trace rings are kept. */
	XCVM_TRACING,
	/* A pointer to the first thread; then of each thread, */
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
	/* Of each wait of the cross-call stacks, */
	XCVM_WAIT_OUTER,     /* pointer to the one it is inside, */
	XCVM_WAIT_PRIMITIVE, /* pointer to the name of the function, */
	XCVM_WAIT_FUNCTION,  /* what the call is to run, */
	XCVM_WAIT_OBJECT,    /* pointer to the call; 0: it is not queued yet, */
	XCVM_WAIT_TARGET,    /* pointer to the CPU, or 0: the call tells, */
	XCVM_WAIT_START,     /* TSC. */
	/* Of a mutex: pointer to the thread that has it, low bits apart. */
	XCVM_MUTEX_OWNER,
	XCVM_FIELDS
};

#define XCVM_NO_CPU    0xffffffffU
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
						     does the work; or so */
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

/*
 * Memory.  Page 0 is never mapped.  The image's pages are mapped with its
 * segments' permissions and never writable and executable at once; all other
 * memory is writable, not executable.  Stacks live in an array of slots of
 * XCVM_STACK_SLOT bytes each, whose lowest page is not mapped, so that an
 * overflow faults.  CPU i owns slots i * XCVM_CPU_STACKS and the following;
 * the slots after the last CPU's are free for threads.
 */
#define XCVM_STACK_SLOT	   0x4000
#define XCVM_STACK_GUARD   0x1000
#define XCVM_CPU_STACKS	   8   /* slots that belong to one CPU */
#define XCVM_THREAD_STACKS 256 /* and one per CPU: slots after the CPUs' */
#define XCVM_STACKS(ncpu)  ((ncpu) * (XCVM_CPU_STACKS + 1) + XCVM_THREAD_STACKS)

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

/*
 * Entry.  A vCPU enters the image at e_entry as at a C function
 *	void start(const struct xcvm_boot *boot, uint32_t cpu)
 * in 64-bit mode: paging, write protection and no-execute on, IF = 0, x2APIC
 * mode on and the local APIC software-disabled, stack in the CPU's first
 * slot, GDTR and IDTR with limit 0 (an exception before the guest loads its
 * IDT ends the run).  Only CPU 0 runs; the others wait for
 * XCVM_REQ_START_CPUS.
 *
 * The APIC timer has TSC-deadline mode, unless CPUID leaf 1 says otherwise;
 * where it does, the clock of the timer's other modes is the TSC.
 */
#define XCVM_BOOT_MAGIC 0x544f4f424d564358ULL /* "XCVMBOOT" */

struct xcvm_boot_param {
	char name[XCVM_PARAM_NAME_MAX];
	uint64_t value;
};

struct xcvm_boot {
	uint64_t magic;	  /* XCVM_BOOT_MAGIC */
	uint32_t version; /* XCVM_ABI_VERSION */
	uint32_t ncpu;
	uint64_t tsc_khz;		       /* guest TSC frequency */
	uint64_t seed;			       /* for everything random */
	uint64_t mem_size;		       /* bytes of guest memory */
	uint64_t stacks;		       /* first stack slot */
	uint64_t nstacks;		       /* slots in all */
	uint64_t heap_start;		       /* zeroed, free for the guest, */
	uint64_t heap_end;		       /* up to here */
	XCVM_PTR(const uint32_t) apic_ids;     /* x2APIC id of each CPU */
	XCVM_PTR(const struct xcvm_case) test; /* the case to run */
	XCVM_PTR(struct xcvm_trace) trace;     /* zeroed, one for each CPU */
	uint32_t nparams;
	uint32_t reserved;
	struct xcvm_boot_param params[XCVM_PARAM_MAX]; /* all of the case's */
};

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
	XCVM_REQ_HISTOGRAM    /* u.histogram: what was measured */
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
	XCVM_DONE_SKIP
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
	uint32_t status; /* the VMM's answer */
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
	} u;
};

#endif /* XCVM_ABI_H */
