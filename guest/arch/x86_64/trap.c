/* SPDX-License-Identifier: ISC */
/* Exceptions: name them, and stop the run with the registers. */
#include <sys/systm.h>
#include <machine/hypercall.h>
#include <kern/kern.h>
#include <kern/md.h>
#include <machine/cpufunc.h>
#include <machine/vector.h>

static const char *const trap_name[32] = {
    [0] = "divide error",
    [1] = "debug exception",
    [2] = "non-maskable interrupt",
    [3] = "breakpoint",
    [4] = "overflow",
    [5] = "bound range exceeded",
    [6] = "invalid opcode",
    [7] = "no floating point",
    [8] = "double fault",
    [10] = "invalid TSS",
    [11] = "segment not present",
    [12] = "stack fault",
    [13] = "general protection fault",
    [14] = "page fault",
    [16] = "floating point error",
    [17] = "alignment check",
    [18] = "machine check",
    [19] = "SIMD floating point error",
};

/* Is the address in the guard page of a stack slot? */
static bool
in_stack_guard(uint64_t address)
{
	uint64_t offset = address - boot->stacks;

	return (offset < boot->nstacks * XCVM_STACK_SLOT &&
		offset % XCVM_STACK_SLOT < XCVM_STACK_GUARD);
}

void
trap(struct xcvm_regs *regs)
{
	const char *name = "reserved exception";
	uint64_t cr2 = rcr2();

	trap_begin();
	if (regs->vector == T_NMI) {
		intr_nmi();
		return;
	}
	if (regs->vector < nitems(trap_name) && trap_name[regs->vector] != NULL)
		name = trap_name[regs->vector];
	if ((regs->vector == T_DF || regs->vector == T_PF) &&
	    in_stack_guard(cr2))
		panic_trap(regs, "stack overflow: %s at %#lx", name, cr2);
	if (regs->vector == T_PF)
		panic_trap(regs, "%s: %s of address %#lx, error %#lx", name,
		    regs->error & 16  ? "execution"
		    : regs->error & 2 ? "write"
				      : "read",
		    cr2, regs->error);
	panic_trap(regs, "%s, error %#lx", name, regs->error);
}
