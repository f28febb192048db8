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
 * The signal that gets a vCPU's thread out of KVM_RUN.  The run installs a
 * handler that does nothing; only the threads of vCPUs have the signal
 * unblocked.
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
	atomic_int tid;	       /* of the thread, once it has begun; 0 before */
	pthread_cond_t wake;   /* with vm->lock */
	atomic_bool attention; /* leave KVM_RUN and look at the VM's state */
	atomic_bool nmi;       /* an NMI is to be given to the vCPU */
	void *apic;	       /* private to vm->apic */
	atomic_ullong exits;   /* how often KVM_RUN has returned */

	struct debug debug;

	/* Under vm->lock. */
	uint32_t holds; /* vm_hold() less vm_release(); > 0: it waits */
	bool started;	/* the guest may run on it */
	bool running;	/* the thread may be inside KVM_RUN */
	bool ended;	/* it never runs again */
};

/*
 * Create the vCPU in its VM; the caller has set index and vm.  0, or -1 with
 * nothing left.
 */
int vcpu_create(struct vcpu *vcpu, struct failure *why);
void vcpu_destroy(struct vcpu *vcpu);

/* Set CPUID, mode and registers as abi.h promises them at entry.  0 or -1. */
int vcpu_prepare(struct vcpu *vcpu, uint64_t cr3, struct failure *why);

/* Make the vCPU's thread, which waits until `started`.  0 or -1. */
int vcpu_start_thread(struct vcpu *vcpu, struct failure *why);

/*
 * Read the registers of a vCPU that is not inside KVM_RUN.  0, or -1 when they
 * are lost: AMD's KVM resets a CPU that has had a triple fault.
 */
int vcpu_registers(const struct vcpu *vcpu, struct kvm_regs *regs,
    struct kvm_sregs *sregs, struct failure *why);

/*
 * Give the vCPU an NMI; two NMIs that come close together are one.  Any thread,
 * without vm->lock.
 */
void vcpu_nmi(struct vcpu *vcpu);

/*
 * The time, in nanoseconds, that the host has run the vCPU's thread; UINT64_MAX
 * if the host does not tell.
 */
uint64_t vcpu_host_time(const struct vcpu *vcpu);

/* Does the vCPU's thread want to be run now?  False if the host does not tell. */
bool vcpu_wants_host(const struct vcpu *vcpu);

/* Get the vCPU's thread out of KVM_RUN soon.  The caller holds vm->lock. */
void vcpu_kick(struct vcpu *vcpu);

#endif /* VMM_VM_VCPU_H */
