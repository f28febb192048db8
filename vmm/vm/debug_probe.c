/* SPDX-License-Identifier: ISC */
/*
 * Does this KVM stop at the processor's breakpoints?
 */
#include <string.h>

#include "vm/debug.h"
#include "vm/scratch.h"

static const uint8_t code[] = {
    0x90,	/* nop */
    0x90,	/* nop: the breakpoint */
    0xe6, 0x80, /* out */
};

int
debug_probe(const struct kvm *kvm, bool *stops, struct failure *why)
{
	struct kvm_guest_debug debug;
	struct scratch s;
	int exit = -1;

	memset(&debug, 0, sizeof(debug));
	debug.control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_HW_BP;
	debug.arch.debugreg[0] = SCRATCH_CODE + 1;
	debug.arch.debugreg[7] = X86_DR7_ENABLE(0);
	if (scratch_create(&s, kvm, why) == 0 &&
	    scratch_load(&s, code, sizeof(code), why) == 0 &&
	    KVM_IOCTL(s.vcpu, KVM_SET_GUEST_DEBUG, &debug, why) == 0)
		exit = scratch_run(&s, why);
	*stops = exit == KVM_EXIT_DEBUG;
	scratch_destroy(&s);
	return (exit == -1 ? -1 : 0);
}
