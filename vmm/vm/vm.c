/* SPDX-License-Identifier: ISC */
/*
 * One VM and its vCPUs: created, started, paused, resumed, stopped.
 */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/files.h"
#include "vm/vcpu.h"
#include "vm/vm.h"

static int
allow_files(const struct vm_config *config, struct failure *why)
{
	const struct options *options = config->options;
	/* A measurement keeps the statistics' files open as well. */
	uint32_t need = config->test->kind == XCVM_KIND_BENCH
			    ? 2 * options->vcpus
			    : options->vcpus;
	uint64_t limit = files_allow(need);

	if (limit == 0)
		return (0);
	return (fail(why, VERDICT_USAGE,
	    "--vcpus %u: needs %u open files, and the limit is %llu: raise "
	    "it (ulimit -n) or take fewer vCPUs",
	    options->vcpus, need + FILES_SPARE, (unsigned long long)limit));
}

static int
create_fd(struct vm *vm, struct failure *why)
{
	do {
		vm->fd =
		    KVM_IOCTL_VALUE(vm->config.kvm->fd, KVM_CREATE_VM, 0, why);
	} while (vm->fd == -1 && errno == EINTR);
	if (vm->fd != -1)
		return (0);
	return (fail(why, VERDICT_NOKVM,
	    "KVM_CREATE_VM: %s: %sor try it without /dev/kvm: make "
	    "check-nested",
	    strerror(errno),
	    errno == EBUSY ? "another hypervisor has the CPU; stop it, " : ""));
}

int
vm_enable(struct vm *vm, uint32_t capability, uint64_t argument,
    const char *name, struct failure *why)
{
	struct kvm_enable_cap cap;

	memset(&cap, 0, sizeof(cap));
	cap.cap = capability;
	cap.args[0] = argument;
	if (KVM_IOCTL(vm->fd, KVM_ENABLE_CAP, &cap, NULL) == -1)
		return (fail(why, VERDICT_NOKVM,
		    "KVM_ENABLE_CAP %s: %s: a newer Linux kernel may do it",
		    name, strerror(errno)));
	return (0);
}

static int
set_up_memory(struct vm *vm, struct failure *why)
{
	if (guestmem_create(&vm->mem, vm->config.layout->mem_size, why) == -1)
		return (-1);
	return (kvm_give_memory(
	    vm->config.kvm, vm->fd, vm->mem.base, vm->mem.size, why));
}

static int
create_vcpus(struct vm *vm, struct failure *why)
{
	uint32_t n = image_is_model(vm->config.image) ? 1 : vm_cpus(vm);

	vm->vcpus = calloc(n, sizeof(*vm->vcpus));
	if (vm->vcpus == NULL)
		return (fail(why, VERDICT_CRASH, "out of memory"));
	for (uint32_t i = 0; i < n; i++) {
		vm->vcpus[i].vm = vm;
		vm->vcpus[i].index = i;
		if (vcpu_create(&vm->vcpus[i], why) == -1)
			return (-1);
		vm->nvcpus++;
	}
	return (0);
}

static int
prepare_guest(struct vm *vm, struct failure *why)
{
	const struct vm_config *c = &vm->config;
	uint64_t cr3;
	int khz = KVM_IOCTL_VALUE(vm->vcpus[0].fd, KVM_GET_TSC_KHZ, 0, why);

	if (khz == -1)
		return (-1);
	if (khz == 0)
		return (fail(why, VERDICT_NOKVM,
		    "KVM_GET_TSC_KHZ: KVM does not know the frequency of the "
		    "TSC; a host with a stable TSC does"));
	vm->tsc_khz = (uint64_t)khz;
	if (boot_fill(&vm->mem, c->layout, c->options, c->image, c->test,
		vm->tsc_khz, &cr3, why) == -1)
		return (-1);
	for (uint32_t i = 0; i < vm->nvcpus; i++)
		if (vcpu_prepare(&vm->vcpus[i], cr3, why) == -1)
			return (-1);
	return (0);
}

int
vm_create(struct vm *vm, const struct vm_config *config, struct failure *why)
{
	memset(vm, 0, sizeof(*vm));
	vm->config = *config;
	vm->apic = config->apic;
	vm->tsc_deadline = true;
	vm->created_us = clock_us();
	vm->fd = -1;
	lock_init(&vm->report_lock);
	lock_init(&vm->lock);
	pthread_cond_init(&vm->quiet, NULL);
	vm->agenda = agenda_open(why);
	if (vm->agenda != NULL && allow_files(config, why) == 0 &&
	    create_fd(vm, why) == 0 && set_up_memory(vm, why) == 0 &&
	    vm->apic->vm_setup(vm, why) == 0 && create_vcpus(vm, why) == 0 &&
	    prepare_guest(vm, why) == 0)
		return (0);
	vm_destroy(vm);
	return (-1);
}

uint32_t
vm_after_stall_ms(const struct vm *vm)
{

	if (vm->stalled_us == 0)
		return (0);
	return (options_after_stall_ms(vm->config.test));
}

void
vm_destroy(struct vm *vm)
{
	vm_stop(vm);
	for (uint32_t i = 0; i < vm->nvcpus; i++)
		vcpu_destroy(&vm->vcpus[i]);
	free(vm->vcpus);
	if (vm->fd != -1)
		close(vm->fd);
	guestmem_destroy(&vm->mem);
	pthread_cond_destroy(&vm->quiet);
	lock_destroy(&vm->lock);
	lock_destroy(&vm->report_lock);
}

int
vm_start(struct vm *vm, struct failure *why)
{
	sigset_t all, old;
	int result = 0;

	/* The threads are born with every signal blocked. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	for (uint32_t i = 0; i < vm->nvcpus && result == 0; i++)
		result = vcpu_start_thread(&vm->vcpus[i], why);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (result == 0)
		vm_start_cpus(vm, 0, 1);
	return (result);
}

void
vm_pause(struct vm *vm)
{
	lock_take(&vm->lock);
	vm->paused = true;
	for (uint32_t i = 0; i < vm->nvcpus; i++)
		if (vm->vcpus[i].running)
			vcpu_kick(&vm->vcpus[i]);
	while (vm->nrunning > 0)
		lock_wait(&vm->lock, &vm->quiet);
	lock_drop(&vm->lock);
}

void
vm_resume(struct vm *vm)
{
	lock_take(&vm->lock);
	vm->paused = false;
	for (uint32_t i = 0; i < vm->nvcpus; i++)
		pthread_cond_signal(&vm->vcpus[i].wake);
	lock_drop(&vm->lock);
}

void
vm_hold(struct vm *vm, uint32_t cpu)
{
	struct vcpu *vcpu = &vm->vcpus[cpu];

	lock_take(&vm->lock);
	if (vcpu->holds++ == 0 && vcpu->running)
		vcpu_kick(vcpu);
	lock_drop(&vm->lock);
}

void
vm_release(struct vm *vm, uint32_t cpu)
{
	struct vcpu *vcpu = &vm->vcpus[cpu];

	lock_take(&vm->lock);
	XCVM_ASSERT(vcpu->holds > 0);
	if (--vcpu->holds == 0)
		pthread_cond_signal(&vcpu->wake);
	lock_drop(&vm->lock);
}

void
vm_stop(struct vm *vm)
{
	lock_take(&vm->lock);
	vm->stopping = true;
	for (uint32_t i = 0; i < vm->nvcpus; i++) {
		if (vm->vcpus[i].running)
			vcpu_kick(&vm->vcpus[i]);
		pthread_cond_signal(&vm->vcpus[i].wake);
	}
	lock_drop(&vm->lock);
	for (uint32_t i = 0; i < vm->nvcpus; i++) {
		if (!vm->vcpus[i].has_thread)
			continue;
		pthread_join(vm->vcpus[i].thread, NULL);
		vm->vcpus[i].has_thread = false;
	}
	if (vm->stopped)
		return;
	agenda_close(vm->agenda);
	vm->apic->vm_release(vm);
	vm->stopped = true;
}

uint32_t
vm_cpus(const struct vm *vm)
{

	return (vm->config.options->vcpus);
}

struct vcpu *
vm_vcpu(const struct vm *vm, uint32_t cpu)
{

	return (&vm->vcpus[image_is_model(vm->config.image) ? 0 : cpu]);
}

bool
vm_running(const struct vm *vm, uint32_t cpu)
{
	uint32_t running;

	if (!image_is_model(vm->config.image))
		return (true);
	return (
	    guestmem_read(&vm->mem,
		vm->config.layout->boot + offsetof(struct xcvm_boot, running),
		&running, sizeof(running)) == 0 &&
	    running == cpu);
}

uint32_t
vm_apic_id(const struct vm *vm, uint32_t cpu)
{
	return (options_apic_id(vm->config.options, cpu));
}

int
vm_start_cpus(struct vm *vm, uint32_t first, uint32_t count)
{
	uint32_t end = first + count;
	int result = 0;

	lock_take(&vm->lock);
	for (uint32_t i = first; i < end; i++)
		if (vm->vcpus[i].started)
			result = -1;
	for (uint32_t i = first; i < end && result == 0; i++) {
		vm->vcpus[i].started = true;
		pthread_cond_signal(&vm->vcpus[i].wake);
	}
	lock_drop(&vm->lock);
	return (result);
}

static void
wake_run(const struct vm *vm)
{
	const uint64_t one = 1;
	ssize_t n;

	/* An eventfd takes a 1 unless its count is near 2^64. */
	n = write(vm->config.wake_fd, &one, sizeof(one));
	(void)n;
}

void
vm_end(struct vm *vm, const struct ending *ending)
{
	lock_held(&vm->report_lock);
	if (vm->ending.kind != ENDING_NONE)
		return;
	vm->ending = *ending;
	wake_run(vm);
}

void
vm_stalled(struct vm *vm)
{
	lock_held(&vm->report_lock);
	if (vm->stalled_us != 0)
		return;
	vm->stalled_us = clock_us();
	wake_run(vm);
}

bool
vm_cut(struct vm *vm)
{
	bool cut;

	lock_take(&vm->report_lock);
	cut = vm->ending.kind == ENDING_NONE;
	if (cut)
		vm->ending.kind = ENDING_CUT;
	lock_drop(&vm->report_lock);
	return (cut);
}
