/* SPDX-License-Identifier: ISC */
/*
 * The registers a report shows, by name and in one order for JSON and for a
 * person.
 */
#ifndef VMM_VM_REGISTERS_H
#define VMM_VM_REGISTERS_H

#include <stddef.h>
#include <stdint.h>

#include <linux/kvm.h>
#include <xcvm/abi.h>

#define REGISTERS_MAX 32

struct registers {
	size_t count;
	struct {
		const char *name;
		uint64_t value;
	} reg[REGISTERS_MAX];
};

/* The registers of a vCPU; `regs` and `sregs` may each be NULL. */
void registers_of_vcpu(struct registers *out, const struct kvm_regs *regs,
    const struct kvm_sregs *sregs);

/* The registers of a trap frame; none if `regs` is NULL. */
void registers_of_trap(struct registers *out, const struct xcvm_regs *regs);

/* A vCPU's registers as they were at a trap: `regs` is overwritten whole. */
void registers_at_trap(const struct xcvm_regs *trap, struct kvm_regs *regs);

#endif /* VMM_VM_REGISTERS_H */
