/* SPDX-License-Identifier: ISC */
/*
 * The guest debugging of a vCPU: breakpoints and single steps.
 */
#include <string.h>

#include "vm/debug_private.h"
#include "vm/kvm.h"
#include "vm/vcpu.h"
#include "vm/vm.h"

#define DR6_BREAKPOINT(n) (1ULL << (n))

/* OUT of AL to the port in DX, and a push of one of the first eight registers:
   one byte each. */
#define OUT		  0xee
#define PUSH		  0x50
#define PUSH_MASK	  0xf8

#define FLAGS_HARD	  (KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_HW_BP)
#define FLAGS_STEP	  (KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP)
/*
 * Interrupts are blocked: one that came first would push RFLAGS with TF set,
 * and the guest would step after the return from it.
 */
#define FLAGS_PASSING	  (FLAGS_STEP | KVM_GUESTDBG_BLOCKIRQ)

/*
 * Put an OUT at the breakpoint, unless another vCPU's has put one there.  0 or
 * -1.
 */
static int
soften(struct vcpu *vcpu, struct debug_breakpoint *b, struct failure *why)
{
	const struct vm *vm = vcpu->vm;
	const uint8_t out = OUT;
	struct symbol at;
	uint8_t opcode;

	for (uint32_t i = 0; i < vm->nvcpus; i++) {
		const struct debug *other = &vm->vcpus[i].debug;

		for (size_t n = 0; n < other->nbreakpoints; n++)
			if (other->breakpoints[n].address == b->address) {
				b->push = other->breakpoints[n].push;
				return (0);
			}
	}
	symbol_function(vm->config.symbols, b->address, false, &at);
	if (at.offset != 0)
		return (fail(why, VERDICT_NOKVM,
		    "this KVM does not stop at breakpoints, so preempt cannot "
		    "be injected inside %s: say its name alone",
		    at.function != NULL ? at.function : "a function"));
	if (guestmem_read(&vm->mem, b->address, &opcode, 1) == 0 &&
	    (opcode & PUSH_MASK) == PUSH) {
		b->push = opcode;
		return (guestmem_write(&vm->mem, b->address, &out, 1));
	}
	return (fail(why, VERDICT_NOKVM,
	    "this KVM does not stop at breakpoints, and function %s does not "
	    "begin with a push, where preempt could do without: say another "
	    "function",
	    at.function != NULL ? at.function : "?"));
}

int
debug_breakpoint(
    struct vcpu *vcpu, uint64_t address, bool stops, struct failure *why)
{
	const uint32_t needed = stops ? FLAGS_HARD | FLAGS_PASSING : 0;
	struct debug *debug = &vcpu->debug;
	struct debug_breakpoint b = {.address = address};

	if ((vcpu->vm->config.kvm->guest_debug & needed) != needed)
		return (fail(why, VERDICT_NOKVM,
		    "this KVM lacks KVM_GUESTDBG_BLOCKIRQ, without which "
		    "preempt cannot be injected: Linux 5.15 has it"));
	for (size_t i = 0; i < debug->nbreakpoints; i++)
		if (debug->breakpoints[i].address == address)
			return (0);
	if (debug->nbreakpoints == X86_BREAKPOINTS)
		return (fail(why, VERDICT_CRASH, "no breakpoint is left"));
	if (!stops && soften(vcpu, &b, why) == -1)
		return (-1);
	debug->breakpoints[debug->nbreakpoints++] = b;
	return (0);
}

void
debug_step(struct vcpu *vcpu, bool on)
{
	vcpu->debug.stepping = on;
}

bool
debug_passing(const struct vcpu *vcpu)
{
	return (vcpu->debug.passing != 0);
}

/* The flags that KVM is to be given. */
static uint32_t
flags(const struct debug *debug)
{
	uint32_t flags = 0;

	if (debug->passing != 0)
		return (FLAGS_PASSING);
	for (size_t i = 0; i < debug->nbreakpoints; i++)
		if (debug->breakpoints[i].push == 0)
			flags |= FLAGS_HARD;
	return (debug->stepping ? flags | FLAGS_STEP : flags);
}

int
debug_before_run(struct vcpu *vcpu)
{
	struct debug *debug = &vcpu->debug;
	struct kvm_guest_debug arg;

	/* KVM would exit for the interrupt window before the instruction. */
	if (debug->passing != 0)
		vcpu->run->request_interrupt_window = 0;
	/* An instruction of a walk may have cleared TF: set it again. */
	if (flags(debug) == debug->set && !debug->walking)
		return (0);
	memset(&arg, 0, sizeof(arg));
	arg.control = flags(debug);
	for (size_t i = 0; i < debug->nbreakpoints; i++) {
		if (debug->breakpoints[i].push != 0)
			continue;
		arg.arch.debugreg[i] = debug->breakpoints[i].address;
		arg.arch.debugreg[7] |= X86_DR7_ENABLE(i);
	}
	if (KVM_IOCTL(vcpu->fd, KVM_SET_GUEST_DEBUG, &arg, NULL) == -1)
		return (-1);
	debug->set = flags(debug);
	return (0);
}

/* Carry out the PUSH that an OUT replaces. */
static void
push(struct vcpu *vcpu, struct kvm_regs *regs, uint8_t opcode)
{
	/* In the order of the register numbers in instructions. */
	const uint64_t values[] = {regs->rax, regs->rcx, regs->rdx, regs->rbx,
	    regs->rsp, regs->rbp, regs->rsi, regs->rdi};
	const uint64_t *value = &values[opcode & ~PUSH_MASK];

	regs->rsp -= sizeof(*value);
	/* Where there is no stack, the next push is a double fault. */
	guestmem_write(&vcpu->vm->mem, regs->rsp, value, sizeof(*value));
	KVM_IOCTL(vcpu->fd, KVM_SET_REGS, regs, NULL);
}

/* Is an output of one byte the exit at a breakpoint? */
static bool
is_soft(struct vcpu *vcpu, uint64_t *address)
{
	const struct debug *debug = &vcpu->debug;
	struct kvm_regs regs;

	if (debug->nbreakpoints == 0 || debug->breakpoints[0].push == 0)
		return (false);
	/* KVM may leave it to the next KVM_RUN to advance RIP. */
	__atomic_store_n(&vcpu->run->immediate_exit, 1, __ATOMIC_SEQ_CST);
	KVM_IOCTL_VALUE(vcpu->fd, KVM_RUN, 0, NULL);
	if (KVM_IOCTL(vcpu->fd, KVM_GET_REGS, &regs, NULL) == -1)
		return (false);
	for (size_t i = 0; i < debug->nbreakpoints; i++) {
		*address = debug->breakpoints[i].address;
		if (regs.rip != *address + 1)
			continue;
		push(vcpu, &regs, debug->breakpoints[i].push);
		return (true);
	}
	return (false);
}

/* Is a KVM_EXIT_DEBUG the exit at a breakpoint in a debug register? */
static bool
is_hard(struct vcpu *vcpu, uint64_t *address)
{
	const struct kvm_debug_exit_arch *arch = &vcpu->run->debug.arch;
	const struct debug *debug = &vcpu->debug;

	*address = arch->pc;
	for (size_t i = 0; i < debug->nbreakpoints; i++)
		if (arch->pc == debug->breakpoints[i].address &&
		    (arch->dr6 & DR6_BREAKPOINT(i)) != 0)
			return (true);
	return (false);
}

enum debug_exit
debug_exit(struct vcpu *vcpu, uint64_t *address)
{
	const struct kvm_run *run = vcpu->run;
	struct debug *debug = &vcpu->debug;

	if (run->exit_reason == KVM_EXIT_IO &&
	    run->io.direction == KVM_EXIT_IO_OUT && run->io.size == 1)
		return (is_soft(vcpu, address) ? DEBUG_EXIT_BREAKPOINT
					       : DEBUG_EXIT_OTHER);
	if (run->exit_reason != KVM_EXIT_DEBUG)
		return (DEBUG_EXIT_OTHER);
	if (debug->passing != 0)
		return (debug_passed(vcpu));
	if (!is_hard(vcpu, address))
		return (DEBUG_EXIT_STEP);
	debug->passing = 1;
	return (DEBUG_EXIT_BREAKPOINT);
}
