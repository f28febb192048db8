/* SPDX-License-Identifier: ISC */
/*
 * The state in which a vCPU enters the image: CPUID, mode, registers.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/x86.h"
#include "vm/entry.h"
#include "vm/kvm.h"
#include "vm/vcpu.h"
#include "vm/vm.h"

#define CR4_PAE		     (1ULL << 5)
#define CR4_PGE		     (1ULL << 7)
#define APIC_BASE_BSP	     (1ULL << 8)
#define APIC_BASE_EXTD	     (1ULL << 10) /* x2APIC */
#define APIC_BASE_EN	     (1ULL << 11)

#define SELECTOR_CODE	     0x08
#define SELECTOR_DATA	     0x10
#define SELECTOR_TSS	     0x18

#define SEGMENT_CODE	     0xb /* execute, read, accessed */
#define SEGMENT_DATA	     0x3 /* read, write, accessed */
#define SEGMENT_TSS_BUSY     0xb

#define CPUID_1_ECX_X2APIC   (1U << 21)
#define CPUID_1_ECX_DEADLINE (1U << 24)
#define CPUID_1_ECX_HYPER    (1U << 31)
#define CPUID_1_EBX_ID_SHIFT 24
#define CPUID_1_EBX_ID_MASK  (0xffU << CPUID_1_EBX_ID_SHIFT)

#define CPUID_FEATURES	     0x1
#define CPUID_TOPOLOGY	     0xb
#define CPUID_TOPOLOGY_V2    0x1f
#define CPUID_HYPER_FIRST    0x40000000U
#define CPUID_HYPER_LAST     0x4fffffffU
#define CPUID_AMD_TOPOLOGY   0x8000001eU

static void
adapt_cpuid(struct kvm_cpuid_entry2 *e, const struct vcpu *vcpu)
{
	uint32_t apic_id = vcpu->apic_id;

	switch (e->function) {
	case CPUID_FEATURES:
		e->ecx |= CPUID_1_ECX_X2APIC | CPUID_1_ECX_HYPER;
		e->ecx &= ~CPUID_1_ECX_DEADLINE;
		if (vcpu->vm->tsc_deadline)
			e->ecx |= CPUID_1_ECX_DEADLINE;
		e->ebx &= ~CPUID_1_EBX_ID_MASK;
		e->ebx |= apic_id << CPUID_1_EBX_ID_SHIFT;
		break;
	case CPUID_TOPOLOGY:
	case CPUID_TOPOLOGY_V2:
		e->edx = apic_id;
		break;
	case CPUID_AMD_TOPOLOGY:
		e->eax = apic_id;
		break;
	default:
		break;
	}
}

/*
 * Set the CPUID that KVM supports, less its paravirtual leaves: the guest is to
 * need none.
 */
static int
set_cpuid(struct vcpu *vcpu, struct failure *why)
{
	const struct kvm_cpuid2 *offer = vcpu->vm->config.kvm->cpuid;
	struct kvm_cpuid2 *cpuid = calloc(
	    1, sizeof(*cpuid) + (offer->nent + 1) * sizeof(cpuid->entries[0]));
	bool topology = false;
	int result;

	if (cpuid == NULL)
		return (fail(why, VERDICT_CRASH, "out of memory"));
	for (uint32_t i = 0; i < offer->nent; i++) {
		struct kvm_cpuid_entry2 *e = &cpuid->entries[cpuid->nent];

		*e = offer->entries[i];
		if (e->function >= CPUID_HYPER_FIRST &&
		    e->function <= CPUID_HYPER_LAST)
			continue;
		topology |= e->function == CPUID_TOPOLOGY;
		adapt_cpuid(e, vcpu);
		cpuid->nent++;
	}
	if (!topology) { /* the leaf with the whole x2APIC id */
		struct kvm_cpuid_entry2 *e = &cpuid->entries[cpuid->nent++];

		memset(e, 0, sizeof(*e));
		e->function = CPUID_TOPOLOGY;
		e->flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX;
		adapt_cpuid(e, vcpu);
	}
	result = KVM_IOCTL(vcpu->fd, KVM_SET_CPUID2, cpuid, why);
	free(cpuid);
	return (result);
}

static void
set_segment(struct kvm_segment *s, uint16_t selector, uint8_t type)
{
	memset(s, 0, sizeof(*s));
	s->selector = selector;
	s->limit = 0xffffffff;
	s->type = type;
	s->present = 1;
	s->s = 1;
	s->g = 1;
	if (type == SEGMENT_CODE)
		s->l = 1;
	else
		s->db = 1;
}

/*
 * VM entry on Intel checks the whole of this state.  A TSS must be there and
 * busy, although the guest has none until it loads its own; an LDT need not be
 * there; a descriptor table of limit 0 is allowed.
 */
int
entry_mode(int vcpu_fd, uint64_t cr3, bool boot_cpu, struct failure *why)
{
	struct kvm_sregs sregs;

	if (KVM_IOCTL(vcpu_fd, KVM_GET_SREGS, &sregs, why) == -1)
		return (-1);
	set_segment(&sregs.cs, SELECTOR_CODE, SEGMENT_CODE);
	set_segment(&sregs.ss, SELECTOR_DATA, SEGMENT_DATA);
	sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss;
	memset(&sregs.tr, 0, sizeof(sregs.tr));
	sregs.tr.selector = SELECTOR_TSS;
	sregs.tr.limit = 0x67;
	sregs.tr.type = SEGMENT_TSS_BUSY;
	sregs.tr.present = 1;
	memset(&sregs.ldt, 0, sizeof(sregs.ldt));
	sregs.ldt.unusable = 1;
	memset(&sregs.gdt, 0, sizeof(sregs.gdt));
	memset(&sregs.idt, 0, sizeof(sregs.idt));
	sregs.cr0 = X86_CR0_PE | X86_CR0_MP | X86_CR0_ET | X86_CR0_NE |
		    X86_CR0_WP | X86_CR0_PG;
	sregs.cr2 = 0;
	sregs.cr3 = cr3;
	sregs.cr4 = CR4_PAE | CR4_PGE;
	sregs.cr8 = 0;
	sregs.efer = X86_EFER_LME | X86_EFER_LMA | X86_EFER_NXE;
	sregs.apic_base |= APIC_BASE_EN | APIC_BASE_EXTD;
	if (boot_cpu)
		sregs.apic_base |= APIC_BASE_BSP;
	else
		sregs.apic_base &= ~APIC_BASE_BSP;
	return (KVM_IOCTL(vcpu_fd, KVM_SET_SREGS, &sregs, why));
}

static int
set_registers(struct vcpu *vcpu, struct failure *why)
{
	const struct vm_config *c = &vcpu->vm->config;
	struct kvm_regs regs;

	memset(&regs, 0, sizeof(regs));
	regs.rip = c->image->entry;
	regs.rflags = X86_RFLAGS_ALWAYS;
	regs.rsp = boot_stack(c->layout, vcpu->index);
	regs.rdi = c->layout->boot;
	regs.rsi = vcpu->index;
	return (KVM_IOCTL(vcpu->fd, KVM_SET_REGS, &regs, why));
}

int
vcpu_prepare(struct vcpu *vcpu, uint64_t cr3, struct failure *why)
{
	struct kvm_mp_state state = {.mp_state = KVM_MP_STATE_RUNNABLE};

	if (set_cpuid(vcpu, why) == -1 ||
	    entry_mode(vcpu->fd, cr3, vcpu->index == 0, why) == -1 ||
	    set_registers(vcpu, why) == -1)
		return (-1);
	return (KVM_IOCTL(vcpu->fd, KVM_SET_MP_STATE, &state, why));
}
