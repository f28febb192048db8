/* SPDX-License-Identifier: ISC */
/*
 * What the guest kernel keeps: its CPUs, its threads, their waits and the
 * calls that are queued, read out of a paused VM through the inspection table
 * of its image.
 *
 * Nothing in there is believed.  Every address goes through guestmem, every
 * walk has an end, and what is not described or cannot be read is absent: an
 * image without a table has no threads, no waits and no calls.
 *
 * Words of a call, here and in diagnose/:
 *	way	how calls of one primitive get to a CPU: the vector that
 *		announces them, the mark that its handler may leave there, and
 *		who does the work: the handler, a soft interrupt or a thread
 *	box	a place for one call to many CPUs, which counts the executions
 *		asked for and those that have returned, and knows which CPUs
 *		are left: xcall(9) has two
 *	marked	put off: the CPU has the mark of the call's way, or the soft
 *		interrupt that does the work is pending; both go as the work
 *		begins
 *	begun	the CPU has called the function, says its trace ring, which
 *		forgets: that it has not may be unknown
 *	run	a CPU runs a call while the kernel says so (slots, bits), or a
 *		frame of the function is on a stack of one of its threads
 */
#ifndef VMM_LOOK_INSPECT_H
#define VMM_LOOK_INSPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/image.h"
#include "image/symbol.h"
#include "look/backtrace.h"
#include "vm/guestmem.h"

#define INSPECT_TEXT	 32	    /* a name, with the NUL */
#define INSPECT_NONE	 UINT32_MAX /* no CPU, no thread */
#define INSPECT_SOFTINTS 8	    /* soft interrupt threads of a CPU */

enum inspect_state {
	INSPECT_RUNNABLE, /* waits for its CPU */
	INSPECT_RUNNING,
	INSPECT_ASLEEP,
	INSPECT_OTHER /* idle, dead or not known */
};

struct inspect_thread {
	uint64_t addr;
	char name[INSPECT_TEXT];
	char wmesg[INSPECT_TEXT]; /* what it sleeps for; "" if it does not */
	uint64_t wchan;		  /* wait channel: the address it sleeps on */
	uint32_t cpu;		  /* or INSPECT_NONE */
	enum inspect_state state;
	bool current; /* its CPU runs it, or has just begun to switch */
	bool pinned;  /* preemption is disabled */
	int32_t priority;
	struct backtrace_frame frames[BACKTRACE_FRAMES];
	uint64_t functions[BACKTRACE_FRAMES]; /* by frame; 0: unknown */
	size_t nframes;
};

struct inspect_cpu {
	bool known; /* the members below could be read */
	uint64_t addr;
	uint32_t level;	  /* IPL */
	uint32_t pending; /* interrupts recorded, a bit a source */
	uint32_t depth;	  /* hardware interrupts being handled */
	bool resched;	  /* a reschedule has been asked for */
	uint32_t thread;  /* index of the current thread, or INSPECT_NONE */
	uint32_t softint[INSPECT_SOFTINTS]; /* indices of threads, or NONE */
};

/* A wait of the cross-call stacks that is under way. */
struct inspect_wait {
	uint32_t thread;	      /* index of who waits */
	uint32_t cpu;		      /* that thread's; see `orphan` */
	uint64_t addr;		      /* of the watch, on that thread's stack */
	bool innermost;		      /* the innermost wait of that thread */
	char primitive[INSPECT_TEXT]; /* "cpu_xcall_sync" */
	uint64_t function;
	uint64_t object; /* the call; 0: it is not known, or not queued yet */
	uint32_t target; /* CPU; INSPECT_NONE: the call tells */
	uint64_t start;	 /* TSC; 0: not known */
	bool guessed;	 /* from a backtrace: what is not known is 0 or NONE */
	bool full;	 /* all slots are taken: the call is not queued yet */
	/*
	 * An orphan, for which nobody waits.  Either a call that is queued:
	 * `of` is its enum xcvm_trace_primitive, `thread` is INSPECT_NONE,
	 * `cpu` is where the call was made, or INSPECT_NONE.  Or `thread` is to
	 * run on `cpu`, and does not.
	 */
	bool orphan;
	uint32_t of;
};

/* A call that is queued for a CPU, or that the CPU runs. */
struct inspect_call {
	const struct image_record *where; /* SLOTS or BITS */
	uint32_t cpu;
	uint32_t index;	   /* of the slot, or of the handler in its table */
	uint32_t word;	   /* BITS: which word */
	uint64_t object;   /* SLOTS: the call's address; else 0 */
	uint64_t function; /* in a wrapper, the inner one; else `outer` */
	uint64_t outer;	   /* the function that is called */
	uint64_t argument; /* SLOTS: of `outer`; else 0 */
	bool running;
};

struct inspect {
	const struct image *image;
	const struct guestmem *mem;
	struct symbols *symbols;
	uint32_t ncpus;
	bool tracing; /* the guest says that its trace rings are on */
	struct inspect_cpu *cpus;
	struct inspect_thread *threads;
	size_t nthreads;
	struct inspect_wait *waits;
	size_t nwaits;
	struct inspect_call *calls; /* by CPU */
	size_t ncalls;
};

/*
 * Read all of it from a paused VM.  `starts` are the registers of each CPU,
 * where the backtrace of its current thread begins; rip 0: not known.  0, or -1
 * when memory runs out.  Image, memory and symbols must outlive `in`.
 */
int inspect_open(struct inspect *in, const struct image *image,
    const struct guestmem *mem, struct symbols *symbols, uint32_t ncpus,
    const struct backtrace_start *starts);
void inspect_close(struct inspect *in);

/* The thread of that CPU with a frame of the function, or INSPECT_NONE. */
uint32_t inspect_on_stack(
    const struct inspect *in, uint32_t cpu, uint64_t function);
/* The thread at that address, or INSPECT_NONE. */
uint32_t inspect_thread(const struct inspect *in, uint64_t addr);

/* Make room for waits[nwaits]; false when memory runs out. */
bool inspect_wait_room(struct inspect *in);

/* Fill in->calls.  For inspect_open(). */
int inspect_calls(struct inspect *in);

/* Read an unsigned number in guest memory; false if it is not in memory. */
bool inspect_read(
    const struct inspect *in, uint64_t addr, uint32_t size, uint64_t *value);
/* The address of a place of the CPU; false if it cannot be told. */
bool inspect_place(const struct inspect *in, const struct xcvm_place *place,
    uint32_t cpu, uint64_t *addr);
/*
 * Read a field of the structure at `addr`; false if the field is not described
 * or not in guest memory.
 */
bool inspect_member(const struct inspect *in, enum xcvm_field field,
    uint64_t addr, uint64_t *value);

/* A record by what it describes; NULL if there is none. */
const struct image_record *inspect_field(
    const struct image *image, enum xcvm_field field);
const struct image_record *inspect_way(
    const struct image *image, uint32_t primitive);
const struct image_record *inspect_source(
    const struct image *image, uint32_t bit);
/* The name of a number, or NULL; the record of a name of that kind, or NULL. */
const char *inspect_name(
    const struct image *image, enum xcvm_named what, uint32_t number);
const struct image_record *inspect_named(
    const struct image *image, enum xcvm_named what, const char *name);

/* The box at the address `object`, or NULL. */
const struct image_record *inspect_box(
    const struct inspect *in, uint64_t object);
/* Has that CPU still to execute what is in the box? */
bool inspect_box_left(
    const struct inspect *in, const struct image_record *box, uint32_t cpu);
/* The record of `function` as a wrapper, or NULL. */
const struct image_record *inspect_wrapper(
    const struct image *image, uint64_t function);

#endif /* VMM_LOOK_INSPECT_H */
