/* SPDX-License-Identifier: ISC */
/*
 * One vCPU: its KVM descriptor, its thread, and how to get at it from outside.
 */
#include <sys/mman.h>

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/x86.h"
#include "vm/kvm.h"
#include "vm/vcpu.h"
#include "vm/vcpu_run.h"
#include "vm/vm.h"

/*
 * Only what is touched of a stack takes memory; there is room for the event of
 * a stall, whose function name comes out of DWARF.
 */
#define VCPU_STACK_SIZE (256 << 10)

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define VCPU_DEFAULT_STACK 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define VCPU_DEFAULT_STACK 1
#endif
#endif
#ifndef VCPU_DEFAULT_STACK
#define VCPU_DEFAULT_STACK 0
#endif

int
vcpu_create(struct vcpu *vcpu, struct failure *why)
{
	const struct vm_config *c = &vcpu->vm->config;

	vcpu->apic_id = vm_apic_id(vcpu->vm, vcpu->index);
	vcpu->fd =
	    KVM_IOCTL_VALUE(vcpu->vm->fd, KVM_CREATE_VCPU, vcpu->apic_id, NULL);
	if (vcpu->fd == -1)
		return (fail(why, VERDICT_CRASH,
		    "KVM_CREATE_VCPU of CPU %u, x2APIC id %u: %s", vcpu->index,
		    vcpu->apic_id, strerror(errno)));
	vcpu->run = mmap(NULL, c->kvm->run_size, PROT_READ | PROT_WRITE,
	    MAP_SHARED, vcpu->fd, 0);
	if (vcpu->run == MAP_FAILED) {
		fail(why, VERDICT_CRASH, "mmap of CPU %u: %s", vcpu->index,
		    strerror(errno));
		close(vcpu->fd);
		return (-1);
	}
	pthread_cond_init(&vcpu->wake, NULL);
	if (vcpu->vm->apic->vcpu_setup(vcpu, why) == -1) {
		vcpu_destroy(vcpu);
		return (-1);
	}
	return (0);
}

void
vcpu_destroy(struct vcpu *vcpu)
{
	vcpu->vm->apic->vcpu_release(vcpu);
	pthread_cond_destroy(&vcpu->wake);
	munmap(vcpu->run, vcpu->vm->config.kvm->run_size);
	close(vcpu->fd);
}

void
vcpu_kick(struct vcpu *vcpu)
{
	lock_held(&vcpu->vm->lock);
	atomic_store(&vcpu->attention, true);
	__atomic_store_n(&vcpu->run->immediate_exit, 1, __ATOMIC_SEQ_CST);
	pthread_kill(vcpu->thread, VCPU_KICK_SIGNAL);
	vcpu->vm->apic->wake(vcpu);
}

void
vcpu_nmi(struct vcpu *vcpu)
{
	struct vm *vm = vcpu->vm;

	/*
	 * KVM_NMI would wait until the vCPU is out of KVM_RUN: its thread calls
	 * it.
	 */
	lock_take(&vm->lock);
	atomic_store(&vcpu->nmi, true);
	if (vcpu->running)
		vcpu_kick(vcpu);
	lock_drop(&vm->lock);
}

int
vcpu_registers(const struct vcpu *vcpu, struct kvm_regs *regs,
    struct kvm_sregs *sregs, struct failure *why)
{
	if (KVM_IOCTL(vcpu->fd, KVM_GET_REGS, regs, why) == -1 ||
	    KVM_IOCTL(vcpu->fd, KVM_GET_SREGS, sregs, why) == -1)
		return (-1);
	if ((sregs->cr0 & X86_CR0_PE) == 0)
		return (fail(why, VERDICT_CRASH,
		    "KVM has reset the CPU, its registers are lost"));
	return (0);
}

/*
 * With vm->lock held: wait until the vCPU may run; false if its thread has to
 * end.
 */
static bool
vcpu_wait(struct vcpu *vcpu)
{
	struct vm *vm = vcpu->vm;

	lock_held(&vm->lock);
	if (vcpu->running) {
		vcpu->running = false;
		XCVM_ASSERT(vm->nrunning > 0);
		if (--vm->nrunning == 0)
			pthread_cond_broadcast(&vm->quiet);
	}
	while (!vm->stopping &&
	       (vm->paused || !vcpu->started || vcpu->ended || vcpu->holds > 0))
		lock_wait(&vm->lock, &vcpu->wake);
	if (vm->stopping)
		return (false);
	atomic_store(&vcpu->attention, false);
	vcpu->running = true;
	vm->nrunning++;
	return (true);
}

static void VCPU_ASIDE
unblock_kick(void)
{
	sigset_t kick;

	sigemptyset(&kick);
	sigaddset(&kick, VCPU_KICK_SIGNAL);
	pthread_sigmask(SIG_UNBLOCK, &kick, NULL);
}

static void *
vcpu_thread(void *arg)
{
	struct vcpu *vcpu = arg;
	struct vm *vm = vcpu->vm;

	atomic_store(&vcpu->tid, gettid());
	unblock_kick();
	lock_take(&vm->lock);
	while (vcpu_wait(vcpu)) {
		bool more;

		lock_drop(&vm->lock);
		more = vcpu_run(vcpu);
		lock_take(&vm->lock);
		if (!more)
			vcpu->ended = true;
	}
	lock_drop(&vm->lock);
	return (NULL);
}

/* Let the thread run on its host CPU of --pin only.  0 or an errno. */
static int
set_affinity(const struct vcpu *vcpu, pthread_attr_t *attr)
{
	const struct cpulist *pin = &vcpu->vm->config.options->pin;
	cpu_set_t *set;
	size_t size;
	uint32_t cpu;
	int error;

	if (pin->count == 0)
		return (0);
	cpu = pin->id[vcpu->index % pin->count];
	set = CPU_ALLOC(cpu + 1);
	if (set == NULL)
		return (ENOMEM);
	size = CPU_ALLOC_SIZE(cpu + 1);
	CPU_ZERO_S(size, set);
	CPU_SET_S(cpu, size, set);
	error = pthread_attr_setaffinity_np(attr, size, set);
	CPU_FREE(set);
	return (error);
}

int
vcpu_start_thread(struct vcpu *vcpu, struct failure *why)
{
	const struct options *options = vcpu->vm->config.options;
	pthread_attr_t attr;
	char name[16];
	int error;

	pthread_attr_init(&attr);
	if (!VCPU_DEFAULT_STACK)
		pthread_attr_setstacksize(&attr, VCPU_STACK_SIZE);
	error = set_affinity(vcpu, &attr);
	if (error == 0)
		error = pthread_create(&vcpu->thread, &attr, vcpu_thread, vcpu);
	pthread_attr_destroy(&attr);
	if (error == 0) {
		snprintf(name, sizeof(name), "vcpu%u", vcpu->index);
		pthread_setname_np(vcpu->thread, name);
		vcpu->has_thread = true;
		return (0);
	}
	if (error == EINVAL && options->pin.count > 0)
		return (fail(why, VERDICT_USAGE,
		    "--pin: this process may not run on CPU %u (taskset -p $$ "
		    "shows where it may)",
		    options->pin.id[vcpu->index % options->pin.count]));
	return (fail(why, VERDICT_USAGE,
	    "--vcpus %u: no thread for CPU %u: %s: raise the limit (ulimit "
	    "-u) or take fewer vCPUs",
	    options->vcpus, vcpu->index, strerror(error)));
}
