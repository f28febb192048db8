/* SPDX-License-Identifier: ISC */
/*
 * A VM in which nothing can ever happen again.
 */
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/x86.h"
#include "diagnose/deadlock.h"
#include "inject/inject.h"
#include "vm/vcpu.h"

/*
 * From outside, a guest that sleeps until a timer fires looks like a dead one,
 * and each pause costs it a little: so it is paused less and less often.
 */
#define INTERVAL_US	50000
#define INTERVAL_MAX_US 800000

void
deadlock_begin(struct deadlock *deadlock, struct vm *vm, struct inject *inject)
{
	memset(deadlock, 0, sizeof(*deadlock));
	deadlock->vm = vm;
	deadlock->inject = inject;
	deadlock->interval_us = INTERVAL_US;
	deadlock->next_us = clock_us() + INTERVAL_US;
}

/* CPU time that the vCPUs' threads have used. */
static uint64_t
used(struct vm *vm)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < vm->nvcpus; i++) {
		struct timespec t;
		clockid_t clock;

		if (pthread_getcpuclockid(vm->vcpus[i].thread, &clock) == 0 &&
		    clock_gettime(clock, &t) == 0)
			sum +=
			    (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
	}
	return (sum);
}

/* Can the vCPU go on by itself?  If that is not known, yes. */
static bool
can_wake(struct vm *vm, struct vcpu *vcpu)
{
	struct apic_state apic;
	struct kvm_regs regs;

	if (vcpu->holds > 0 || atomic_load(&vcpu->nmi) ||
	    KVM_IOCTL(vcpu->fd, KVM_GET_REGS, &regs, NULL) == -1 ||
	    vm->apic->inspect(vcpu, &apic, NULL) == -1)
		return (true);
	if (!apic.halted || apic.nmi_pending || apic.injected >= 0)
		return (true);
	if ((regs.rflags & X86_RFLAGS_IF) == 0)
		return (false);
	return (apic.timer_armed || apic_deliverable(&apic) >= 0);
}

/* Is the paused VM dead? */
static bool
is_dead(const struct deadlock *deadlock)
{
	struct vm *vm = deadlock->vm;

	if (inject_pending(deadlock->inject))
		return (false);
	for (uint32_t i = 0; i < vm->nvcpus; i++)
		if (vm->vcpus[i].started && !vm->vcpus[i].ended &&
		    can_wake(vm, &vm->vcpus[i]))
			return (false);
	return (true);
}

bool
deadlock_look(struct deadlock *deadlock)
{
	struct vm *vm = deadlock->vm;
	uint64_t now_ns = used(vm);
	bool still = now_ns == deadlock->used_ns;

	if (still && deadlock->still) {
		vm_pause(vm);
		if (is_dead(deadlock))
			return (true);
		vm_resume(vm);
		still = false;
		if (deadlock->interval_us < INTERVAL_MAX_US)
			deadlock->interval_us *= 2;
	}
	deadlock->used_ns = now_ns;
	deadlock->still = still;
	deadlock->next_us = clock_us() + deadlock->interval_us;
	return (false);
}
