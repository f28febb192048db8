/* SPDX-License-Identifier: ISC */
/*
 * The registers a report shows.
 */
#include "vm/registers.h"

static void
add(struct registers *out, const char *name, uint64_t value)
{

	if (out->count == REGISTERS_MAX)
		return;
	out->reg[out->count].name = name;
	out->reg[out->count].value = value;
	out->count++;
}

#define GENERAL(out, r)                          \
	do {                                     \
		add(out, "rip", (r)->rip);       \
		add(out, "rflags", (r)->rflags); \
		add(out, "rax", (r)->rax);       \
		add(out, "rbx", (r)->rbx);       \
		add(out, "rcx", (r)->rcx);       \
		add(out, "rdx", (r)->rdx);       \
		add(out, "rsi", (r)->rsi);       \
		add(out, "rdi", (r)->rdi);       \
		add(out, "rbp", (r)->rbp);       \
		add(out, "rsp", (r)->rsp);       \
		add(out, "r8", (r)->r8);         \
		add(out, "r9", (r)->r9);         \
		add(out, "r10", (r)->r10);       \
		add(out, "r11", (r)->r11);       \
		add(out, "r12", (r)->r12);       \
		add(out, "r13", (r)->r13);       \
		add(out, "r14", (r)->r14);       \
		add(out, "r15", (r)->r15);       \
	} while (0)

void
registers_of_vcpu(struct registers *out, const struct kvm_regs *regs,
    const struct kvm_sregs *sregs)
{

	out->count = 0;
	if (regs != NULL)
		GENERAL(out, regs);
	if (sregs == NULL)
		return;
	add(out, "cr0", sregs->cr0);
	add(out, "cr2", sregs->cr2);
	add(out, "cr3", sregs->cr3);
	add(out, "cr4", sregs->cr4);
	add(out, "cr8", sregs->cr8);
	add(out, "efer", sregs->efer);
	add(out, "cs", sregs->cs.selector);
	add(out, "ss", sregs->ss.selector);
	add(out, "fsbase", sregs->fs.base);
	add(out, "gsbase", sregs->gs.base);
	add(out, "tr", sregs->tr.selector);
	add(out, "gdtr", sregs->gdt.base);
	add(out, "idtr", sregs->idt.base);
	add(out, "apic", sregs->apic_base);
}

void
registers_of_trap(struct registers *out, const struct xcvm_regs *regs)
{

	out->count = 0;
	if (regs == NULL)
		return;
	add(out, "vector", regs->vector);
	add(out, "error", regs->error);
	GENERAL(out, regs);
	add(out, "cs", regs->cs);
	add(out, "ss", regs->ss);
}

void
registers_at_trap(const struct xcvm_regs *trap, struct kvm_regs *regs)
{
	regs->rax = trap->rax;
	regs->rbx = trap->rbx;
	regs->rcx = trap->rcx;
	regs->rdx = trap->rdx;
	regs->rsi = trap->rsi;
	regs->rdi = trap->rdi;
	regs->rsp = trap->rsp;
	regs->rbp = trap->rbp;
	regs->r8 = trap->r8;
	regs->r9 = trap->r9;
	regs->r10 = trap->r10;
	regs->r11 = trap->r11;
	regs->r12 = trap->r12;
	regs->r13 = trap->r13;
	regs->r14 = trap->r14;
	regs->r15 = trap->r15;
	regs->rip = trap->rip;
	regs->rflags = trap->rflags;
}
