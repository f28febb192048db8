/* SPDX-License-Identifier: ISC */
/*
 * What the vCPUs of a paused VM are doing: registers and backtrace.
 */
#include <string.h>

#include "diag.h"
#include "event.h"
#include "registers.h"
#include "vcpu.h"

/* What a function's prologue leaves at its frame pointer. */
struct frame {
	uint64_t next;
	uint64_t return_address;
};

/*
 * Before the prologue, and after a jump to nowhere, the return address is
 * still on top of the stack and the frame pointer is the caller's.
 */
static size_t
caller_on_stack(const struct vm *vm, uint64_t rsp, const struct symbol *inner,
    struct symbol *frame)
{
	uint64_t address;

	if (inner->function != NULL && inner->offset != 0)
		return (0);
	if (guestmem_read(&vm->mem, rsp, &address, sizeof(address)) == -1)
		return (0);
	symbol_lookup(vm->config.symbols, address, true, frame);
	return (frame->function != NULL);
}

size_t
diag_backtrace(const struct vm *vm, const struct kvm_regs *regs,
    struct symbol frames[DIAG_FRAMES])
{
	struct symbols *symbols = vm->config.symbols;
	uint64_t at = regs->rbp;
	size_t n = 1;

	symbol_lookup(symbols, regs->rip, false, &frames[0]);
	n += caller_on_stack(vm, regs->rsp, &frames[0], &frames[1]);
	while (n < DIAG_FRAMES && at % sizeof(at) == 0) {
		struct frame frame;

		if (guestmem_read(&vm->mem, at, &frame, sizeof(frame)) == -1 ||
		    frame.return_address == 0)
			break;
		symbol_lookup(symbols, frame.return_address, true, &frames[n]);
		n++;
		/* Callers lie above, except across a change of stacks. */
		if (frame.next <= at &&
		    frame.next / XCVM_STACK_SLOT == at / XCVM_STACK_SLOT)
			break;
		at = frame.next;
	}
	return (n);
}

size_t
diag_panic(const struct vm *vm, const struct ending *ending,
    struct symbol frames[DIAG_FRAMES])
{
	struct kvm_regs regs;

	if (ending->has_regs)
		registers_at_trap(&ending->regs, &regs);
	else if (KVM_IOCTL(vm->vcpus[ending->cpu].fd, KVM_GET_REGS, &regs,
		     NULL) == -1)
		return (0);
	return (diag_backtrace(vm, &regs, frames));
}

static const char *
state_name(const struct vcpu *vcpu)
{
	struct kvm_mp_state state;

	if (!vcpu->started)
		return ("not started");
	if (vcpu->ended)
		return ("stopped");
	if (KVM_IOCTL(vcpu->fd, KVM_GET_MP_STATE, &state, NULL) == -1)
		return ("unknown");
	switch (state.mp_state) {
	case KVM_MP_STATE_RUNNABLE:
		return ("running");
	case KVM_MP_STATE_HALTED:
		return ("halted");
	case KVM_MP_STATE_UNINITIALIZED:
	case KVM_MP_STATE_INIT_RECEIVED:
		return ("waiting for SIPI");
	case KVM_MP_STATE_SIPI_RECEIVED:
		return ("got SIPI");
	default:
		return ("unknown");
	}
}

static void
diag_vcpu(const struct vm *vm, const struct vcpu *vcpu, const char *why,
    const struct xcvm_regs *trap)
{
	struct symbol frames[DIAG_FRAMES];
	struct event_vcpu event;
	struct failure failure;
	struct kvm_regs regs;
	struct kvm_sregs sregs;
	struct trace trace;

	memset(&event, 0, sizeof(event));
	event.cpu = vcpu->index;
	event.why = why;
	event.state = state_name(vcpu);
	if (vcpu_registers(vcpu, &regs, &sregs, &failure) == -1)
		event.error = failure.text;
	else
		event.sregs = &sregs;
	if (trap != NULL)
		registers_at_trap(trap, &regs);
	if (trap != NULL || event.error == NULL) {
		event.regs = &regs;
		event.frames = frames;
		event.nframes = diag_backtrace(vm, &regs, frames);
	}
	trace_read(&trace, &vm->mem,
	    vm->config.layout->trace + vcpu->index * sizeof(struct xcvm_trace),
	    vm->config.symbols);
	event.trace = &trace;
	event_vcpu(vm->config.sink, &event);
}

void
diag_all(const struct vm *vm, const char *why, const struct ending *ending)
{
	const struct xcvm_regs *trap = NULL;

	if (ending != NULL) {
		if (ending->has_regs)
			trap = &ending->regs;
		diag_vcpu(vm, &vm->vcpus[ending->cpu], why, trap);
	}
	for (uint32_t i = 0; i < vm->nvcpus; i++)
		if (ending == NULL || i != ending->cpu)
			diag_vcpu(vm, &vm->vcpus[i], why, NULL);
}
