/* SPDX-License-Identifier: ISC */
/*
 * The guest debugging of a vCPU: breakpoints and single steps.
 */
#include <string.h>

#include "debug.h"
#include "kvm.h"
#include "vcpu.h"
#include "vm.h"

#define DR6_BREAKPOINT(n) (1ULL << (n))
#define DR7_ENABLE(n)	  (2ULL << 2 * (n)) /* global; on execution */

#define FLAGS_BREAKPOINTS (KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_HW_BP)
#define FLAGS_STEP	  (KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP)
/*
 * With interrupts, one that came first would push RFLAGS with TF set, and the
 * guest would step when it returns.
 */
#define FLAGS_PASSING	  (FLAGS_STEP | KVM_GUESTDBG_BLOCKIRQ)

int
debug_breakpoint(struct vcpu *vcpu, uint64_t address, struct failure *why)
{
	const uint32_t needed = FLAGS_BREAKPOINTS | FLAGS_PASSING;
	struct debug *debug = &vcpu->debug;

	if ((vcpu->vm->config.kvm->guest_debug & needed) != needed)
		return (fail(why, VERDICT_NOKVM,
		    "this KVM lacks KVM_GUESTDBG_BLOCKIRQ, without which "
		    "preempt cannot be injected: Linux 5.15 has it"));
	for (size_t i = 0; i < debug->nbreakpoints; i++)
		if (debug->breakpoints[i] == address)
			return (0);
	if (debug->nbreakpoints == DEBUG_BREAKPOINTS)
		return (fail(why, VERDICT_CRASH, "no breakpoint is left"));
	debug->breakpoints[debug->nbreakpoints++] = address;
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
	return (vcpu->debug.passing);
}

int
debug_before_run(struct vcpu *vcpu, struct failure *why)
{
	struct debug *debug = &vcpu->debug;
	struct kvm_guest_debug arg;
	uint32_t flags = 0;

	if (debug->passing) {
		flags = FLAGS_PASSING;
		/* KVM would exit for the window before the instruction. */
		vcpu->run->request_interrupt_window = 0;
	} else {
		if (debug->nbreakpoints > 0)
			flags |= FLAGS_BREAKPOINTS;
		if (debug->stepping)
			flags |= FLAGS_STEP;
	}
	if (flags == debug->set)
		return (0);
	memset(&arg, 0, sizeof(arg));
	arg.control = flags;
	for (size_t i = 0; i < debug->nbreakpoints; i++) {
		arg.arch.debugreg[i] = debug->breakpoints[i];
		arg.arch.debugreg[7] |= DR7_ENABLE(i);
	}
	if (KVM_IOCTL(vcpu->fd, KVM_SET_GUEST_DEBUG, &arg, why) == -1)
		return (-1);
	debug->set = flags;
	return (0);
}

enum debug_exit
debug_exit(struct vcpu *vcpu)
{
	const struct kvm_debug_exit_arch *arch = &vcpu->run->debug.arch;
	struct debug *debug = &vcpu->debug;

	if (debug->passing) {
		debug->passing = false;
		return (DEBUG_EXIT_PASSED);
	}
	for (size_t i = 0; i < debug->nbreakpoints; i++) {
		if ((arch->dr6 & DR6_BREAKPOINT(i)) == 0 ||
		    arch->pc != debug->breakpoints[i])
			continue;
		debug->passing = true;
		return (DEBUG_EXIT_BREAKPOINT);
	}
	return (DEBUG_EXIT_STEP);
}
