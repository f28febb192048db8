/* SPDX-License-Identifier: ISC */
/*
 * One VM and its vCPUs: created, started, paused, resumed, stopped.
 */
#ifndef VMM_VM_VM_H
#define VMM_VM_VM_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <xcvm/abi.h>

#include "base/failure.h"
#include "base/ipi.h"
#include "base/lock.h"
#include "image/image.h"
#include "image/symbol.h"
#include "options/options.h"
#include "vm/agenda.h"
#include "vm/apic.h"
#include "vm/boot.h"
#include "vm/guestmem.h"
#include "vm/kvm.h"

struct apic_host;
struct vcpu;
struct vm;

/* How the guest ended its part of a run. */
enum ending_kind {
	ENDING_NONE,  /* the guest has not ended */
	ENDING_DONE,  /* XCVM_REQ_DONE */
	ENDING_PANIC, /* XCVM_REQ_PANIC */
	ENDING_CRASH, /* an exit or a request that is not allowed */
	ENDING_CUT    /* vm_cut() */
};

struct ending {
	enum ending_kind kind;
	uint32_t cpu;
	enum xcvm_verdict done; /* ENDING_DONE */
	uint32_t insn_cycles;	/* ENDING_DONE */
	bool has_regs;		/* ENDING_PANIC: it was a trap, of `regs` */
	struct xcvm_regs regs;	/* ENDING_PANIC */
	char text[FAILURE_TEXT_MAX];
};

/* How many interrupts vm_hooks.sent() can make of one at once. */
#define VM_ARRIVALS_MAX 3

/*
 * What the owner of the VM, vm->config.owner, wants to be told while it runs.
 * Each hook is called without vm->lock, by the thread of the vCPU that it is
 * about.
 */
struct vm_hooks {
	/*
	 * The guest has written `gpa` to the hypercall port.  True if the vCPU
	 * is to go on.
	 */
	bool (*request)(struct vcpu *vcpu, uint32_t gpa);

	/* The vCPU is at a debug_breakpoint(), and may be given a walk. */
	void (*entered)(struct vcpu *vcpu, uint64_t address);

	/* The vCPU is at the end of its debug_walk(). */
	void (*walked)(struct vcpu *vcpu);

	/*
	 * Called by apic_user for each interrupt or NMI that a write of the
	 * guest to the ICR or the SELF IPI register sends to one CPU.  Fill
	 * `now` with the interrupts to deliver at once in place of `sent`, in
	 * order, and return their number.  No lock of an APIC is held.
	 */
	size_t (*sent)(struct vm *vm, const struct ipi *sent,
	    struct ipi now[VM_ARRIVALS_MAX]);
};

/* What a VM is made of; all of it must outlive the VM. */
struct vm_config {
	const struct options *options;
	const struct image *image;
	const struct image_case *test;
	const struct boot_layout *layout;
	const struct kvm *kvm;
	const struct apic_ops *apic;
	const struct apic_host *apic_host; /* for apic_user */
	struct symbols *symbols;
	int wake_fd; /* an eventfd, for vm_end() and vm_stalled() to write to */
	const struct vm_hooks *hooks;
	void *owner; /* for the hooks */
};

struct vm {
	struct vm_config config;
	const struct apic_ops *apic;
	bool tsc_deadline; /* the APIC timer has TSC-deadline mode */
	struct agenda *agenda;
	uint64_t tsc_khz;
	int fd;
	struct guestmem mem;
	struct vcpu *vcpus;
	uint32_t nvcpus;

	/*
	 * Held while a request or an ending is dealt with, so that events come
	 * in the order of what they tell.  Taken before `lock`.
	 */
	struct lock report_lock;
	struct ending ending; /* the first one; nothing is told after it */
	uint64_t created_us;  /* clock_us() */
	uint64_t stalled_us;  /* clock_us() of the first stall; 0: none */

	struct lock lock;
	pthread_cond_t quiet; /* nrunning became 0 */
	uint32_t nrunning;    /* vCPUs that may be inside KVM_RUN */
	bool paused;
	bool stopping;
	bool stopped; /* vm_stop() has returned; needs no lock */
};

/*
 * Enable a capability of the VM; `name` is for the message.  0, or -1 with
 * VERDICT_NOKVM.
 */
int vm_enable(struct vm *vm, uint32_t capability, uint64_t argument,
    const char *name, struct failure *why);

/* Make the VM ready to start.  0, or -1 with nothing left behind. */
int vm_create(
    struct vm *vm, const struct vm_config *config, struct failure *why);

/*
 * Milliseconds from the first stall to the moment when a case that must hang is
 * looked at; 0: the case need not hang, or has not stalled.  The caller holds
 * report_lock, or the VM is paused.
 */
uint32_t vm_after_stall_ms(const struct vm *vm);

/* Stop the VM and give everything back: no thread or descriptor is left. */
void vm_destroy(struct vm *vm);

/* Make a thread per vCPU and let CPU 0 run.  0 or -1. */
int vm_start(struct vm *vm, struct failure *why);

/*
 * Keep the vCPUs from running, and return when none runs: until vm_resume(),
 * any thread may use ioctls on the vCPUs.  Not to be called by a vCPU's thread.
 */
void vm_pause(struct vm *vm);
void vm_resume(struct vm *vm);

/*
 * Keep one vCPU from running until vm_release() has been called as often as
 * vm_hold().  Neither function waits.  Any thread, without vm->lock.
 */
void vm_hold(struct vm *vm, uint32_t cpu) LOCK_AVOIDS(vm->lock);
void vm_release(struct vm *vm, uint32_t cpu) LOCK_AVOIDS(vm->lock);

/*
 * End all threads, also the agenda's, and wait for them: from then on nobody
 * calls a hook, and nobody posts an interrupt.  vm_destroy() stops the VM too.
 */
void vm_stop(struct vm *vm);

/*
 * The CPUs that the guest has: its vCPUs, unless its image is of
 * XCVM_IMAGE_MODEL; then one vCPU runs them all in turn.  vm_vcpu() is the vCPU
 * that runs the CPU; vm_running() whether it does just now, in a paused VM.
 */
uint32_t vm_cpus(const struct vm *vm);
struct vcpu *vm_vcpu(const struct vm *vm, uint32_t cpu);
bool vm_running(const struct vm *vm, uint32_t cpu);

/* The x2APIC id of a vCPU, also before the vCPU is created. */
uint32_t vm_apic_id(const struct vm *vm, uint32_t cpu);

/*
 * Let the `count` CPUs from `first` on run.  0, or -1 if one of them has been
 * started before; then none is started.
 */
int vm_start_cpus(struct vm *vm, uint32_t first, uint32_t count);

/*
 * Record how the guest ended and write to wake_fd.  The first ending counts,
 * later ones are dropped.  The caller holds report_lock.
 */
void vm_end(struct vm *vm, const struct ending *ending)
    LOCK_NEEDS(vm->report_lock);

/*
 * Note that a wait, as the guest says, has passed its limit, and write to
 * wake_fd: the first time only.  The caller holds report_lock.
 */
void vm_stalled(struct vm *vm) LOCK_NEEDS(vm->report_lock);

/*
 * End the run in the guest's place: from now on nothing that the guest does is
 * told.  False if the guest has ended its part before; that ending stands.
 */
bool vm_cut(struct vm *vm) LOCK_AVOIDS(vm->report_lock);

#endif /* VMM_VM_VM_H */
