/* SPDX-License-Identifier: ISC */
/*
 * The guest debugging of a vCPU, of which KVM has one setting: breakpoints at
 * the entry of functions, and single steps.
 *
 * A breakpoint is in a debug register, and is passed by a single step.  Where
 * neither debug registers nor INT3 stop the guest (AMD-V as QEMU emulates it),
 * a breakpoint is an OUT in place of a PUSH, which is then carried out here.
 *
 * All functions are for the vCPU's thread, or for any thread before the vCPU
 * has one.
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
		uint8_t push; /* the PUSH that an OUT replaces; 0: none */
	} breakpoints[X86_BREAKPOINTS];
	size_t nbreakpoints;
	bool stepping; /* every instruction is to end in an exit */
	bool passing;  /* the next one is, with breakpoints off */
	uint32_t set;  /* the flags that KVM was given last */
};

/* Does this KVM stop the guest at breakpoints in debug registers?  0 or -1. */
int debug_probe(const struct kvm *kvm, bool *stops, struct failure *why);

/*
 * Make the vCPU exit each time before it runs the instruction at `address`.
 * `stops` is the answer of debug_probe(); if it is false, every vCPU stops at
 * `address`, and must be given the breakpoint too.  0, or -1: KVM cannot, no
 * breakpoint is left, or the instruction is no PUSH.
 */
int debug_breakpoint(
    struct vcpu *vcpu, uint64_t address, bool stops, struct failure *why);

/* Switch single steps on or off: every instruction ends in an exit. */
void debug_step(struct vcpu *vcpu, bool on);

/*
 * Before each KVM_RUN: tell KVM of flags that have changed.  0, or -1 with
 * errno.
 */
int debug_before_run(struct vcpu *vcpu);

/*
 * Is the vCPU at a breakpoint that it has exited for?  It must then run the one
 * instruction there before it is given an interrupt.
 */
bool debug_passing(const struct vcpu *vcpu);

/* What an exit means. */
enum debug_exit {
	DEBUG_EXIT_OTHER,     /* not an exit of guest debugging */
	DEBUG_EXIT_STEP,      /* a step, as debug_step() asked for */
	DEBUG_EXIT_PASSED,    /* the instruction at a breakpoint is done */
	DEBUG_EXIT_BREAKPOINT /* the vCPU is at a breakpoint, *address */
};
enum debug_exit debug_exit(struct vcpu *vcpu, uint64_t *address);

#endif /* VMM_VM_DEBUG_H */
