/* SPDX-License-Identifier: ISC */
/*
 * Schedules: what the model machine chose, and where its CPUs stand.
 */
#ifndef XCVM_ABI_SCHEDULE_H
#define XCVM_ABI_SCHEDULE_H

#include "abi_types.h"

/*
 * An image of XCVM_IMAGE_MODEL runs all its CPUs on one vCPU, and chooses at
 * each point which of them goes on, and how.  A schedule is a list of the
 * choices other than "the CPU that runs goes on", by rising step.
 */
enum xcvm_choice_kind {
	XCVM_CHOICE_RUN,   /* "run": the CPU runs from here on */
	XCVM_CHOICE_DRAIN, /* "drain": a store of it leaves its buffer */
	XCVM_CHOICE_INTR   /* "interrupt": it takes one, and runs on */
};

struct xcvm_choice {
	uint64_t step; /* points passed before it */
	uint64_t pc;   /* where the CPU was that ran until then */
	uint32_t cpu;
	uint16_t kind; /* enum xcvm_choice_kind */
	uint16_t nth;  /* drain: of those that may leave, the oldest is 0 */
};

#define XCVM_CHOICES_MAX     65536

#define XCVM_STANDING_FRAMES 24
#define XCVM_STANDING_STORES 32

enum xcvm_standing_state {
	XCVM_STANDING_STOPPED,	/* "stopped": never started, or for good */
	XCVM_STANDING_RUNNABLE, /* "runnable" */
	XCVM_STANDING_HALTED,	/* "halted": until an interrupt comes */
	XCVM_STANDING_RUNNING	/* "running": it is the one that ran last */
};

/* Where a CPU stands. */
struct xcvm_standing {
	uint32_t state;	  /* enum xcvm_standing_state */
	uint32_t nframes; /* return addresses, the innermost first */
	uint64_t frames[XCVM_STANDING_FRAMES];
	uint32_t nstores; /* in its store buffer, the oldest first */
	uint32_t spins;	  /* pauses in a row: it waits for somebody */
	struct {
		uint64_t addr;
		uint64_t value;
		uint32_t size;
		uint32_t reserved; /* 0 */
	} stores[XCVM_STANDING_STORES];
};

#endif /* XCVM_ABI_SCHEDULE_H */
