/* SPDX-License-Identifier: ISC */
/*
 * A paused VM as it stands.
 */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/x86.h"
#include "look/snapshot.h"
#include "vm/registers.h"
#include "vm/vcpu.h"

static const char *const state_names[] = {
    [SNAPSHOT_UNKNOWN] = "unknown",
    [SNAPSHOT_NOT_STARTED] = "not started",
    [SNAPSHOT_RUNNING] = "running",
    [SNAPSHOT_HALTED] = "halted",
    [SNAPSHOT_WAITS_SIPI] = "waiting for SIPI",
    [SNAPSHOT_GOT_SIPI] = "got SIPI",
    [SNAPSHOT_STOPPED] = "stopped",
};

const char *
snapshot_state_name(enum snapshot_state state)
{
	return (state_names[state]);
}

static enum snapshot_state
state_of(const struct vcpu *vcpu, const struct snapshot_cpu *c)
{
	struct kvm_mp_state state;

	if (!vcpu->started)
		return (SNAPSHOT_NOT_STARTED);
	if (vcpu->ended)
		return (SNAPSHOT_STOPPED);
	if (c->has_apic && c->apic.halted)
		return (SNAPSHOT_HALTED);
	if (KVM_IOCTL(vcpu->fd, KVM_GET_MP_STATE, &state, NULL) == -1)
		return (SNAPSHOT_UNKNOWN);
	switch (state.mp_state) {
	case KVM_MP_STATE_RUNNABLE:
		return (SNAPSHOT_RUNNING);
	case KVM_MP_STATE_HALTED:
		return (SNAPSHOT_HALTED);
	case KVM_MP_STATE_UNINITIALIZED:
	case KVM_MP_STATE_INIT_RECEIVED:
		return (SNAPSHOT_WAITS_SIPI);
	case KVM_MP_STATE_SIPI_RECEIVED:
		return (SNAPSHOT_GOT_SIPI);
	default:
		return (SNAPSHOT_UNKNOWN);
	}
}

static uint64_t
read_tsc(const struct vcpu *vcpu)
{
	union {
		struct kvm_msrs list;
		char room[sizeof(struct kvm_msrs) +
			  sizeof(struct kvm_msr_entry)];
	} msrs;

	memset(&msrs, 0, sizeof(msrs));
	msrs.list.nmsrs = 1;
	msrs.list.entries[0].index = X86_MSR_TSC;
	if (KVM_IOCTL(vcpu->fd, KVM_GET_MSRS, &msrs.list, NULL) != 1)
		return (0);
	return (msrs.list.entries[0].data);
}

static void
take_cpu(const struct vm *vm, uint32_t cpu, const struct xcvm_regs *trap,
    struct snapshot_cpu *c)
{
	const struct vcpu *vcpu = vm_vcpu(vm, cpu);

	trace_read(&c->trace, &vm->mem,
	    vm->config.layout->trace + cpu * sizeof(struct xcvm_trace),
	    vm->config.symbols);
	/* Of a model CPU whose turn it is not, the vCPU knows nothing. */
	if (!vm_running(vm, cpu)) {
		c->started = true;
		fail(&c->error, VERDICT_CRASH, "it is not its turn");
		return;
	}
	c->started = vcpu->started;
	c->ended = vcpu->ended;
	c->held = vcpu->holds > 0;
	c->has_sregs =
	    vcpu_registers(vcpu, &c->regs, &c->sregs, &c->error) == 0;
	c->has_regs = c->has_sregs;
	if (trap != NULL) {
		registers_at_trap(trap, &c->regs);
		c->has_regs = true;
	}
	c->has_apic = vm->apic->inspect(vcpu, &c->apic, NULL) == 0;
	c->state = state_of(vcpu, c);
	c->tsc = read_tsc(vcpu);
}

int
snapshot_take(
    struct snapshot *snapshot, struct vm *vm, const struct ending *ending)
{
	struct backtrace_start *starts;
	int result;

	XCVM_ASSERT(vm->paused && vm->nrunning == 0);
	memset(snapshot, 0, sizeof(*snapshot));
	snapshot->vm = vm;
	snapshot->cpus = calloc(vm_cpus(vm), sizeof(*snapshot->cpus));
	starts = calloc(vm_cpus(vm), sizeof(*starts));
	if (snapshot->cpus == NULL || starts == NULL) {
		free(snapshot->cpus);
		free(starts);
		return (-1);
	}
	for (uint32_t cpu = 0; cpu < vm_cpus(vm); cpu++) {
		struct snapshot_cpu *c = &snapshot->cpus[cpu];

		take_cpu(vm, cpu,
		    ending != NULL && ending->has_regs && ending->cpu == cpu
			? &ending->regs
			: NULL,
		    c);
		if (c->has_regs)
			starts[cpu] = (struct backtrace_start){
			    c->regs.rip, c->regs.rsp, c->regs.rbp};
	}
	result = inspect_open(&snapshot->in, vm->config.image, &vm->mem,
	    vm->config.symbols, vm_cpus(vm), starts);
	free(starts);
	if (result == -1)
		free(snapshot->cpus);
	return (result);
}

void
snapshot_free(struct snapshot *snapshot)
{
	inspect_close(&snapshot->in);
	free(snapshot->cpus);
	snapshot->cpus = NULL;
}

bool
snapshot_if_off(const struct snapshot *snapshot, uint32_t cpu)
{
	const struct snapshot_cpu *c = &snapshot->cpus[cpu];

	return (c->has_regs && (c->regs.rflags & X86_RFLAGS_IF) == 0);
}
