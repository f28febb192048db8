/* SPDX-License-Identifier: ISC */
/*
 * The guest debugging of a vCPU, of which KVM has one setting: breakpoints at
 * the entry of functions, and single steps.
 *
 * A breakpoint is one of the processor's, and is passed by a single step.
 * Where those do not stop the guest, nor does INT3 (AMD-V as QEMU emulates
 * it), it is an OUT in the place of a push, which is done here in its stead.
 *
 * For the vCPU's thread, or for any before it has one.
 */
#ifndef VMM_VM_DEBUG_H
#define VMM_VM_DEBUG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/x86.h"

struct kvm;
struct vcpu;

/* All zero at first. */
struct debug {
	struct debug_breakpoint {
		uint64_t address;
		uint8_t push; /* not 0: what the OUT has taken the place of */
	} breakpoints[X86_BREAKPOINTS];
	size_t nbreakpoints;
	bool stepping; /* each instruction is to end in an exit */
	bool passing;  /* the next does, and no breakpoint counts */
	uint32_t set;  /* the flags that KVM was told last */
};

/* Does the guest stop at the processor's breakpoints?  0 or -1. */
int debug_probe(const struct kvm *kvm, bool *stops, struct failure *why);

/*
 * Exit each time before the instruction at `address` is run.  `stops` is the
 * probe's answer; if it is false, other vCPUs will stop there as well, and
 * must have the breakpoint too.  0, or -1: KVM cannot, or there are no more of
 * them, or the instruction is no push.
 */
int debug_breakpoint(
    struct vcpu *vcpu, uint64_t address, bool stops, struct failure *why);

/* Make every instruction end in an exit; or no longer. */
void debug_step(struct vcpu *vcpu, bool on);

/*
 * Before each KVM_RUN: tell KVM, if something has changed.  0, or -1 with
 * errno.
 */
int debug_before_run(struct vcpu *vcpu);

/*
 * Is the vCPU at a breakpoint that it has told of?  It is then to run that
 * one instruction, and must not be given an interrupt before.
 */
bool debug_passing(const struct vcpu *vcpu);

/* What an exit means. */
enum debug_exit {
	DEBUG_EXIT_OTHER,     /* nothing here */
	DEBUG_EXIT_STEP,      /* debug_step() asked for it */
	DEBUG_EXIT_PASSED,    /* the instruction at a breakpoint is done */
	DEBUG_EXIT_BREAKPOINT /* it is at *address */
};
enum debug_exit debug_exit(struct vcpu *vcpu, uint64_t *address);

#endif /* VMM_VM_DEBUG_H */
