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
	bool nmi_pending; /* on its way into the CPU, or about to be */
	bool timer_armed; /* will interrupt without anybody's doing */
	bool halted;	  /* the vCPU waits in HLT */
};

enum apic_exit {
	APIC_EXIT_OTHER,   /* not an exit of the APIC's */
	APIC_EXIT_HANDLED, /* the vCPU is to go on */
	APIC_EXIT_CRASH	   /* it cannot be; `why` says what was wrong */
};

struct apic_ops {
	/*
	 * Set up the VM before it has vCPUs, and a vCPU before it has a mode
	 * and registers.  0 or -1.  The releases undo it, and what failed
	 * half-way as well: they are called in any case, when no vCPU's
	 * thread is left; the VM's first, and after it nobody posts.
	 */
	int (*vm_setup)(struct vm *vm, struct failure *why);
	void (*vm_release)(struct vm *vm);
	int (*vcpu_setup)(struct vcpu *vcpu, struct failure *why);
	void (*vcpu_release)(struct vcpu *vcpu);

	/*
	 * In the vCPU's thread, before each KVM_RUN; false: do not enter the
	 * guest now, but look at `attention` again.  May sleep until the
	 * vCPU has something to do; vcpu_kick() must end that, by wake().
	 * `nmi`: KVM has just been given an NMI.  If it was true, after_run()
	 * follows, once KVM_RUN has returned; `exited`: with 0.
	 */
	bool (*before_run)(struct vcpu *vcpu, bool nmi);
	void (*after_run)(struct vcpu *vcpu, bool exited);
	void (*wake)(struct vcpu *vcpu);

	/* In the vCPU's thread, after an exit that vcpu_run.c leaves to it. */
	enum apic_exit (*handle_exit)(struct vcpu *vcpu, struct failure *why);

	/*
	 * Make an interrupt pending at that vCPU, as if it came from outside:
	 * the fault plan has the last word on what the guest sends, and none
	 * on this.  Any thread, without vm->lock.  An NMI: vcpu_nmi().
	 */
	void (*post)(struct vcpu *vcpu, uint32_t vector);

	/* Read it; the vCPU is paused.  Changes nothing.  0 or -1. */
	int (*inspect)(const struct vcpu *vcpu, struct apic_state *state,
	    struct failure *why);
};

extern const struct apic_ops apic_kernel, apic_user;

/* Is the vector's bit set in an IRR or ISR? */
bool apic_bit(const uint32_t bits[APIC_VECTORS / 32], uint32_t vector);

/* The highest vector in an IRR or ISR, or -1. */
int apic_highest(const uint32_t bits[APIC_VECTORS / 32]);

/*
 * A vector's priority class is its upper 4 bits.  Held back are those up to
 * the class of the TPR, or of what is in service, whichever is higher.
 */
uint32_t apic_held_class(const struct apic_state *state);

/* The pending vector that the CPU would take next, or -1. */
int apic_deliverable(const struct apic_state *state);

#endif /* VMM_VM_APIC_H */
