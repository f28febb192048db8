/* SPDX-License-Identifier: ISC */
/*
 * The local APICs of a VM: one interface, and two that stand behind it.
 *
 * Who models them is fixed when the VM is made: KVM (apic_kernel), or this
 * program (apic_user), where every interrupt passes through our hands.
 */
#ifndef VMM_VM_APIC_H
#define VMM_VM_APIC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"

struct vcpu;
struct vm;

#define APIC_VECTORS 256

/* What the local APIC of a paused vCPU holds. */
struct apic_state {
	uint32_t irr[APIC_VECTORS / 32];
	uint32_t isr[APIC_VECTORS / 32];
	uint32_t tpr;
	int injected;	  /* a vector on its way into the CPU, or -1 */
	bool nmi_pending; /* an NMI is pending, or has been asked for */
	bool timer_armed; /* the timer will interrupt by itself */
	bool halted;	  /* the vCPU waits in HLT */
};

enum apic_exit {
	APIC_EXIT_OTHER,   /* the exit is not for the APIC */
	APIC_EXIT_HANDLED, /* the vCPU is to go on */
	APIC_EXIT_CRASH	   /* the run crashes; `why` says why */
};

struct apic_ops {
	/*
	 * vm_setup() sets up the VM before it has vCPUs, vcpu_setup() a vCPU
	 * before it has a mode and registers.  0 or -1.  vm_release() and
	 * vcpu_release() undo the set-up, also one that has failed half-way.
	 * vm_release() is called in any case, when no vCPU's thread is left;
	 * after it nobody calls post().  vcpu_release() is called for each vCPU
	 * whose vcpu_setup() was: after vm_release(), or at once if the set-up
	 * failed.
	 */
	int (*vm_setup)(struct vm *vm, struct failure *why);
	void (*vm_release)(struct vm *vm);
	int (*vcpu_setup)(struct vcpu *vcpu, struct failure *why);
	void (*vcpu_release)(struct vcpu *vcpu);

	/*
	 * before_run(): in the vCPU's thread, before each KVM_RUN but one that
	 * passes a breakpoint.  False: do not enter the guest now, but look at
	 * `attention` again.  before_run() may sleep until the vCPU has
	 * something to do; wake(), which vcpu_kick() calls, must end that
	 * sleep.  `nmi`: KVM has just been given an NMI.  after_run(): in the
	 * vCPU's thread, when KVM_RUN has returned; `exited`: with 0.
	 */
	bool (*before_run)(struct vcpu *vcpu, bool nmi);
	void (*after_run)(struct vcpu *vcpu, bool exited);
	void (*wake)(struct vcpu *vcpu);

	/*
	 * In the vCPU's thread, after an exit that vcpu_run.c does not deal
	 * with.
	 */
	enum apic_exit (*handle_exit)(struct vcpu *vcpu, struct failure *why);

	/*
	 * Make a fixed interrupt pending at the vCPU, as if it came from
	 * outside: it does not pass vm_hooks.sent(), where the fault plan has
	 * the last word on what the guest sends.  Any thread, without vm->lock.
	 * For an NMI, call vcpu_nmi().
	 */
	void (*post)(struct vcpu *vcpu, uint32_t vector);

	/*
	 * Read the state of a paused vCPU's APIC, and change nothing.  0 or -1.
	 */
	int (*inspect)(const struct vcpu *vcpu, struct apic_state *state,
	    struct failure *why);
};

extern const struct apic_ops apic_kernel, apic_user;

/* Is the vector's bit set in an IRR or ISR? */
bool apic_bit(const uint32_t bits[APIC_VECTORS / 32], uint32_t vector);

/* The highest vector in an IRR or ISR, or -1. */
int apic_highest(const uint32_t bits[APIC_VECTORS / 32]);

/*
 * The processor-priority class, the upper 4 bits of the PPR: the class of the
 * TPR or of the highest vector in service, whichever is higher.  Vectors of
 * this class and of lower ones are masked.
 */
uint32_t apic_held_class(const struct apic_state *state);

/* The pending vector that the CPU would take next, or -1. */
int apic_deliverable(const struct apic_state *state);

#endif /* VMM_VM_APIC_H */
