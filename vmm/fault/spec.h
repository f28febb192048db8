/* SPDX-License-Identifier: ISC */
/*
 * One entry of a fault plan, as --fault and plan files write it:
 * kind=KIND,key=value,...
 */
#ifndef VMM_FAULT_SPEC_H
#define VMM_FAULT_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ipi.h"
#include "base/refusal.h"

enum fault_kind {
	/* What becomes of an interrupt on its way; the user-modelled APIC. */
	FAULT_LOST,	/* it never arrives */
	FAULT_DUP,	/* it arrives twice */
	FAULT_DELAY,	/* it arrives delay_us later */
	FAULT_REORDER,	/* the next one to the same CPU overtakes it */
	FAULT_MISROUTE, /* it arrives at `to` */
	/* Without every_us the same, an NMI in its place; with it, as below. */
	FAULT_NMI,
	/* At points of time; both APICs. */
	FAULT_SPURIOUS, /* an interrupt nobody sent; with `function`, there */
	FAULT_STALL,	/* a vCPU is not run for stall_us */
	FAULT_SLOW,	/* a vCPU runs for duty percent of each period */
	/* At a function's entry, or an instruction in it; both APICs. */
	FAULT_PREEMPT /* the vCPU is not run for for_us */
};
#define FAULT_KINDS (FAULT_PREEMPT + 1)

/* What makes the eligible events of an entry. */
enum fault_trigger {
	FAULT_AT_DELIVERY, /* an interrupt for one CPU, by ICR or SELF IPI */
	FAULT_AT_TICK,	   /* every every_us, from `after` on */
	FAULT_AT_ENTRY	   /* a vCPU is about to run what is at the place */
};

#define FAULT_CPU_NONE	  IPI_NO_CPU /* src, dst, to: not given */
#define FAULT_VECTOR_NONE 0	     /* vector: not given */
#define FAULT_VECTOR_NMI  IPI_NMI
#define FAULT_TIMES_ALL	  (-1) /* times: no limit */

#define FAULT_NAME_MAX	  128 /* a vector's or function's name, with the NUL */
#define FAULT_OFFSET_MAX  0xffffff
#define FAULT_PLACE_MAX	  (FAULT_NAME_MAX + 16) /* and of a place */
#define FAULT_SPEC_MAX	  768 /* a whole entry as text, with the NUL */
#define FAULT_WHERE_MAX	  256
#define FAULT_TIME_MAX_US 86400000000ULL
#define FAULT_TICK_MIN_US 50
#define FAULT_WALK_MAX	  4096

struct fault_spec {
	enum fault_kind kind;
	uint32_t given;		     /* a bit for each key that was written */
	char where[FAULT_WHERE_MAX]; /* it stands; what a refusal begins with */

	/* Which of the eligible events: Linux's fault attributes, and nth. */
	uint32_t probability; /* percent */
	uint64_t interval;    /* of the events past `space`, every n-th */
	int64_t times;	      /* injections at most; FAULT_TIMES_ALL */
	uint64_t space;	      /* eligible events let by first */
	uint64_t nth;	      /* that one alone, from 1; 0: not given */

	/* Which events are eligible. */
	uint32_t src, dst;	   /* CPU, or FAULT_CPU_NONE: any */
	uint32_t vector;	   /* 16..255, FAULT_VECTOR_* */
	char name[FAULT_NAME_MAX]; /* of the vector; "": it has none */
	uint64_t after_us;	   /* since the run began */
	uint64_t every_us;	   /* between ticks; 0: it has none */
	char function[FAULT_NAME_MAX];
	uint32_t offset; /* of an instruction in it; 0: its entry */
	uint64_t walk;	 /* instructions from there on; 0: at the place alone */

	/* What is done. */
	uint32_t to;	   /* CPU, or FAULT_CPU_NONE: drawn */
	uint64_t delay_us; /* delay; reorder: at most; dup: of the second */
	uint64_t stall_us;
	uint64_t for_us;
	uint32_t duty; /* percent */
};

const char *fault_kind_name(enum fault_kind kind);

enum fault_trigger fault_spec_trigger(const struct fault_spec *spec);

/* Can only the user-modelled APIC have it? */
bool fault_spec_user_only(const struct fault_spec *spec);

/*
 * Make an entry from text; what was not written has its default.  A vector
 * that was named has vector FAULT_VECTOR_NONE still, unless it is "nmi".
 * 0, or -1 with `why` filled: it begins with `what` ("--fault") and the text,
 * and names the key, the value and the cure.
 */
int fault_spec_parse(struct fault_spec *spec, const char *what,
    const char *text, struct refusal *why);

/*
 * Make an entry from the text that stands in a file: spec->where, with which
 * refusals begin, is FILE:LINE:COLUMN of the item that they are about, and in
 * the end of the entry.  The text begins at that column, from 1, in bytes.
 */
int fault_spec_parse_at(struct fault_spec *spec, const char *file,
    unsigned line, unsigned column, const char *text, struct refusal *why);

/* Where in the image: "function", or "function+0x4c". */
void fault_spec_place(
    const struct fault_spec *spec, char text[FAULT_PLACE_MAX]);

/* As --fault takes it: the keys that were written, in one order. */
void fault_spec_format(
    const struct fault_spec *spec, char text[FAULT_SPEC_MAX]);

#endif /* VMM_FAULT_SPEC_H */
