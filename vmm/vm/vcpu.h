/* SPDX-License-Identifier: ISC */
/*
 * One vCPU: its KVM descriptor, its thread, and how to get at it from outside.
 */
#ifndef VMM_VM_VCPU_H
#define VMM_VM_VCPU_H

#include <linux/kvm.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "vm/debug.h"

struct vm;

/*
 * Wakes a vCPU's thread out of KVM_RUN.  The run gives it a handler that does
 * nothing; only the threads of vCPUs have it unblocked.
 */
#define VCPU_KICK_SIGNAL SIGUSR1

struct vcpu {
	struct vm *vm;
	uint32_t index;
	uint32_t apic_id;
	int fd;
	struct kvm_run *run;
	pthread_t thread;
	bool has_thread;
	pthread_cond_t wake;   /* with vm->lock */
	atomic_bool attention; /* leave KVM_RUN and look at the fields below */
	atomic_bool nmi;       /* give it one, before it goes on */
	void *apic;	       /* of vm->apic */
	atomic_ullong exits;   /* how often KVM_RUN has returned */

	struct debug debug;

	/* Under vm->lock. */
	uint32_t holds; /* vm_hold() without vm_release(): it does not run */
	bool started;	/* the guest may run on it */
	bool running;	/* it may be inside KVM_RUN */
	bool ended;	/* it never runs again */
};

/* Create it in its VM; index and vm are set.  0, or -1 with nothing left. */
int vcpu_create(struct vcpu *vcpu, struct failure *why);
void vcpu_destroy(struct vcpu *vcpu);

/* CPUID, mode, registers as abi.h promises at entry.  0 or -1. */
int vcpu_prepare(struct vcpu *vcpu, uint64_t cr3, struct failure *why);

/* Make its thread; it waits until `started`.  0 or -1. */
int vcpu_start_thread(struct vcpu *vcpu, struct failure *why);

/*
 * Read its registers; it must not be inside KVM_RUN.  0, or -1 when they are
 * lost: AMD's KVM resets a CPU that has had a triple fault.
 */
int vcpu_registers(const struct vcpu *vcpu, struct kvm_regs *regs,
    struct kvm_sregs *sregs, struct failure *why);

/* Give it an NMI; two that come close together are one.  Any thread. */
void vcpu_nmi(struct vcpu *vcpu);

/* Get it out of KVM_RUN soon, whatever it does.  vm->lock is held. */
void vcpu_kick(struct vcpu *vcpu);

#endif /* VMM_VM_VCPU_H */
