/* SPDX-License-Identifier: ISC */
/*
 * The guest debugging of a vCPU, of which KVM has one setting: breakpoints at
 * instructions, walks from there on, and single steps.
 *
 * A breakpoint is in a debug register, and is passed by a single step.  Where
 * neither debug registers nor INT3 stop the guest (AMD-V as QEMU emulates it),
 * a breakpoint is an OUT in place of a PUSH at a function's entry, which is then
 * carried out here.
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
	bool stepping;	  /* every instruction is to end in an exit */
	uint64_t passing; /* so many next ones are, with breakpoints off */
	bool walking;	  /* whoever has asked for them is to be told */
	bool pushes;	  /* the next one is PUSHF */
	uint32_t set;	  /* the flags that KVM was given last */
};

/* Does this KVM stop the guest at breakpoints in debug registers?  0 or -1. */
int debug_probe(const struct kvm *kvm, bool *stops, struct failure *why);

/*
 * Make the vCPU exit each time before it runs the instruction at `address`.
 * `stops` is the answer of debug_probe(); if it is false, every vCPU stops at
 * `address`, and must be given the breakpoint too.  0, or -1: KVM cannot, no
 * breakpoint is left, or the instruction is no PUSH that begins a function.
 */
int debug_breakpoint(
    struct vcpu *vcpu, uint64_t address, bool stops, struct failure *why);

/*
 * At a breakpoint of debug_probe()'s that stops: let the vCPU run `count`
 * instructions, from 1 up, without interrupts and breakpoints, and tell of it
 * then.  A walk ends early before the CPU would halt.
 */
void debug_walk(struct vcpu *vcpu, uint64_t count);

/*
 * Is the next instruction HLT, or not known?  A step over HLT would not end,
 * and HLT is an exit by itself.
 */
bool debug_next_is_hlt(struct vcpu *vcpu);

/* Switch single steps on or off: every instruction ends in an exit. */
void debug_step(struct vcpu *vcpu, bool on);

/*
 * Before each KVM_RUN: tell KVM of flags that have changed.  0, or -1 with
 * errno.
 */
int debug_before_run(struct vcpu *vcpu);

/*
 * Is the vCPU at a breakpoint that it has exited for, or on a walk?  It must
 * then run the next instruction before it is given an interrupt.
 */
bool debug_passing(const struct vcpu *vcpu);

/* What an exit means. */
enum debug_exit {
	DEBUG_EXIT_OTHER,     /* not an exit of guest debugging */
	DEBUG_EXIT_STEP,      /* a step, as debug_step() asked for */
	DEBUG_EXIT_PASSED,    /* the instruction at a breakpoint is done */
	DEBUG_EXIT_WALKED,    /* a walk is at its end */
	DEBUG_EXIT_BREAKPOINT /* the vCPU is at a breakpoint, *address */
};
enum debug_exit debug_exit(struct vcpu *vcpu, uint64_t *address);

#endif /* VMM_VM_DEBUG_H */
