/* SPDX-License-Identifier: ISC */
/*
 * A vCPU in its thread: into the guest, and what to do about each exit.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <xcvm/abi.h>

#include "vm/exit.h"
#include "vm/kvm.h"
#include "vm/vcpu.h"
#include "vm/vcpu_run.h"
#include "vm/vm.h"

static void VCPU_ASIDE
vcpu_crash(struct vcpu *vcpu, const char *what)
{
	struct vm *vm = vcpu->vm;
	struct ending ending;
	struct failure failure;
	struct kvm_regs regs;
	struct kvm_sregs sregs;
	struct symbol at;

	memset(&ending, 0, sizeof(ending));
	ending.kind = ENDING_CRASH;
	ending.cpu = vcpu->index;
	if (vcpu_registers(vcpu, &regs, &sregs, &failure) == -1) {
		snprintf(ending.text, sizeof(ending.text), "cpu %u: %s; %.200s",
		    vcpu->index, what, failure.text);
	} else {
		symbol_lookup(vm->config.symbols, regs.rip, false, &at);
		snprintf(ending.text, sizeof(ending.text),
		    "cpu %u: %s; rip 0x%llx%s%s%s", vcpu->index, what, regs.rip,
		    at.function != NULL ? " (" : "",
		    at.function != NULL ? at.function : "",
		    at.function != NULL ? ")" : "");
	}
	lock_take(&vm->report_lock);
	vm_end(vm, &ending);
	lock_drop(&vm->report_lock);
}

static bool
is_hypercall(const struct kvm_run *run)
{
	return (run->io.port == XCVM_PORT &&
		run->io.direction == KVM_EXIT_IO_OUT &&
		run->io.size == sizeof(uint32_t) && run->io.count == 1);
}

/*
 * Deal with an exit at a breakpoint, or after one; false if it is another exit.
 */
static bool
vcpu_debug_exit(struct vcpu *vcpu)
{
	uint64_t address;

	switch (debug_exit(vcpu, &address)) {
	case DEBUG_EXIT_BREAKPOINT:
		vcpu->vm->config.hooks->entered(vcpu, address);
		return (true);
	case DEBUG_EXIT_WALKED:
		vcpu->vm->config.hooks->walked(vcpu);
		return (true);
	case DEBUG_EXIT_PASSED:
		return (true);
	case DEBUG_EXIT_STEP: /* the APIC has asked for it */
	case DEBUG_EXIT_OTHER:
		break;
	}
	return (false);
}

/* Deal with one exit; true if the vCPU is to go on. */
static bool VCPU_ASIDE
vcpu_exit(struct vcpu *vcpu)
{
	const struct kvm_run *run = vcpu->run;
	struct failure why;
	char what[512];
	uint32_t gpa;

	if (vcpu_debug_exit(vcpu))
		return (true);
	switch (run->exit_reason) {
	case KVM_EXIT_INTR:
		return (true);
	case KVM_EXIT_IO:
		if (!is_hypercall(run))
			break;
		memcpy(
		    &gpa, (const char *)run + run->io.data_offset, sizeof(gpa));
		return (vcpu->vm->config.hooks->request(vcpu, gpa));
	default:
		switch (vcpu->vm->apic->handle_exit(vcpu, &why)) {
		case APIC_EXIT_HANDLED:
			return (true);
		case APIC_EXIT_CRASH:
			vcpu_crash(vcpu, why.text);
			return (false);
		case APIC_EXIT_OTHER:
			break;
		}
		break;
	}
	exit_describe(run, what, sizeof(what));
	vcpu_crash(vcpu, what);
	return (false);
}

/*
 * Give KVM an NMI; false if KVM has not got it.  An NMI that comes before the
 * guest has an IDT would be a triple fault: it is dropped, as nobody can have
 * meant it.
 */
static bool
vcpu_take_nmi(struct vcpu *vcpu)
{
	struct kvm_sregs sregs;

	return (KVM_IOCTL(vcpu->fd, KVM_GET_SREGS, &sregs, NULL) == 0 &&
		sregs.idt.limit != 0 &&
		KVM_IOCTL_VALUE(vcpu->fd, KVM_NMI, 0, NULL) == 0);
}

/*
 * Give the vCPU the NMI and the interrupt that it is to get; false: do not
 * enter the guest now.
 */
static bool
vcpu_before_run(struct vcpu *vcpu)
{
	bool nmi;

	/* The instruction at a breakpoint comes first, before any event. */
	if (debug_passing(vcpu))
		return (true);
	nmi = atomic_exchange(&vcpu->nmi, false) && vcpu_take_nmi(vcpu);
	return (vcpu->vm->apic->before_run(vcpu, nmi));
}

static void VCPU_ASIDE
vcpu_refused(struct vcpu *vcpu, const char *request, int error)
{
	char what[128];

	snprintf(what, sizeof(what), "%s: %s", request, strerror(error));
	vcpu_crash(vcpu, what);
}

bool
vcpu_run(struct vcpu *vcpu)
{
	int error;

	lock_not_held(&vcpu->vm->lock);
	for (;;) {
		/*
		 * First immediate_exit, then `attention`: vcpu_kick() writes
		 * them in the other order.
		 */
		__atomic_store_n(
		    &vcpu->run->immediate_exit, 0, __ATOMIC_SEQ_CST);
		if (atomic_load(&vcpu->attention))
			return (true);
		if (!vcpu_before_run(vcpu))
			continue;
		if (debug_before_run(vcpu) == -1) {
			vcpu_refused(vcpu, "KVM_SET_GUEST_DEBUG", errno);
			return (false);
		}
		error = KVM_IOCTL_VALUE(vcpu->fd, KVM_RUN, 0, NULL) == 0
			    ? 0
			    : errno;
		atomic_fetch_add(&vcpu->exits, 1);
		vcpu->vm->apic->after_run(vcpu, error == 0);
		if (error == 0) {
			if (!vcpu_exit(vcpu))
				return (false);
		} else if (error != EINTR && error != EAGAIN) {
			vcpu_refused(vcpu, "KVM_RUN", error);
			return (false);
		}
	}
}
