/* SPDX-License-Identifier: ISC */
/*
 * Walks: a vCPU runs some instructions from a breakpoint on, one at a time.
 */
#include "vm/debug_private.h"
#include "vm/kvm.h"
#include "vm/vcpu.h"
#include "vm/vm.h"

#define PUSHF	  0x9c
#define HLT	  0xf4
#define STI	  0xfb

#define RFLAGS_TF (1ULL << 8)

/* The next instruction's first two bytes; false: not known. */
static bool
next_bytes(struct vcpu *vcpu, uint8_t bytes[2], struct kvm_regs *regs)
{
	return (KVM_IOCTL(vcpu->fd, KVM_GET_REGS, regs, NULL) == 0 &&
		guestmem_read(&vcpu->vm->mem, regs->rip, bytes, 2) == 0);
}

bool
debug_next_is_hlt(struct vcpu *vcpu)
{
	struct kvm_regs regs;
	uint8_t bytes[2];

	return (!next_bytes(vcpu, bytes, &regs) || bytes[0] == HLT);
}

/* PUSHF has pushed the TF of the step; the guest would run with it one day. */
static void
clear_pushed(struct vcpu *vcpu, const struct kvm_regs *regs)
{
	uint64_t pushed;

	if (guestmem_read(&vcpu->vm->mem, regs->rsp, &pushed, sizeof(pushed)) ==
	    -1)
		return;
	pushed &= ~RFLAGS_TF;
	guestmem_write(&vcpu->vm->mem, regs->rsp, &pushed, sizeof(pushed));
}

/*
 * Can a walk go on with the next instruction?  Not with HLT; nor with an STI
 * before it, whose shadow KVM may not keep over a step.
 */
static bool
can_go_on(struct vcpu *vcpu)
{
	struct debug *debug = &vcpu->debug;
	struct kvm_regs regs;
	uint8_t bytes[2];

	if (!next_bytes(vcpu, bytes, &regs))
		return (false);
	if (debug->pushes)
		clear_pushed(vcpu, &regs);
	debug->pushes = bytes[0] == PUSHF;
	return (bytes[0] != HLT && (bytes[0] != STI || bytes[1] != HLT));
}

void
debug_walk(struct vcpu *vcpu, uint64_t count)
{
	struct debug *debug = &vcpu->debug;

	debug->passing = count;
	debug->walking = true;
	debug->pushes = false;
	if (!can_go_on(vcpu))
		debug->passing = 1;
}

enum debug_exit
debug_passed(struct vcpu *vcpu)
{
	struct debug *debug = &vcpu->debug;

	debug->passing--;
	if (!debug->walking)
		return (DEBUG_EXIT_PASSED);
	if (can_go_on(vcpu) && debug->passing != 0)
		return (DEBUG_EXIT_PASSED);
	debug->passing = 0;
	debug->walking = false;
	return (DEBUG_EXIT_WALKED);
}
