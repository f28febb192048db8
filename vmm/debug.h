/* SPDX-License-Identifier: ISC */
/*
 * The guest debugging of a vCPU, of which KVM has one setting: breakpoints at
 * the entry of functions, and single steps.
 *
 * For the vCPU's thread, or for any before it has one.
 */
#ifndef VMM_DEBUG_H
#define VMM_DEBUG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "failure.h"

struct vcpu;

#define DEBUG_BREAKPOINTS 4 /* what the processor has */

/* All zero at first. */
struct debug {
	uint64_t breakpoints[DEBUG_BREAKPOINTS];
	size_t nbreakpoints;
	bool stepping; /* each instruction is to end in an exit */
	bool passing;  /* the next does, and no breakpoint counts */
	uint32_t set;  /* the flags that KVM was told last */
};

/* What KVM_EXIT_DEBUG means. */
enum debug_exit {
	DEBUG_EXIT_STEP,       /* debug_step() asked for it */
	DEBUG_EXIT_PASSED,     /* the instruction at a breakpoint is done */
	DEBUG_EXIT_BREAKPOINT, /* run->debug.arch.pc is the breakpoint */
};

/*
 * Exit each time before the instruction at `address` is run.  0, or -1: KVM
 * cannot, or there are no more of them.
 */
int debug_breakpoint(struct vcpu *vcpu, uint64_t address, struct failure *why);

/* Make every instruction end in an exit; or no longer. */
void debug_step(struct vcpu *vcpu, bool on);

/*
 * Before each KVM_RUN: tell KVM, if something has changed.  0 or -1.
 */
int debug_before_run(struct vcpu *vcpu, struct failure *why);

/*
 * Is the vCPU at a breakpoint that it has told of?  It is then to run that
 * one instruction, and must not be given an interrupt before.
 */
bool debug_passing(const struct vcpu *vcpu);

enum debug_exit debug_exit(struct vcpu *vcpu);

#endif /* VMM_DEBUG_H */
