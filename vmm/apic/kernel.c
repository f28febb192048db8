/* SPDX-License-Identifier: ISC */
/*
 * The local APIC inside KVM (split irqchip).
 */
#include <string.h>

#include "vm/apic.h"
#include "vm/kvm.h"
#include "vm/vcpu.h"
#include "vm/vm.h"
#include "x2apic/x2apic.h"

#define IOAPIC_PINS    24

/* Registers in struct kvm_lapic_state: SDM volume 3, table 11-1. */
#define LAPIC_TPR      0x080
#define LAPIC_ISR      0x100
#define LAPIC_IRR      0x200
#define LAPIC_TMCCT    0x390 /* current count of the timer */
#define LAPIC_STRIDE   0x10

/*
 * MSI: the low 8 bits of the destination are in the low address, the others in
 * the high one; the vector is the data.
 */
#define MSI_ADDRESS    0xfee00000U
#define MSI_DEST_SHIFT 12
#define MSI_DEST_MASK  0xffU

static int
kernel_vm_setup(struct vm *vm, struct failure *why)
{
	uint32_t boot_id = vm_apic_id(vm, 0);

	if (vm_enable(vm, KVM_CAP_SPLIT_IRQCHIP, IOAPIC_PINS,
		"KVM_CAP_SPLIT_IRQCHIP", why) == -1)
		return (-1);
	if (vm_enable(vm, KVM_CAP_X2APIC_API,
		KVM_X2APIC_API_USE_32BIT_IDS |
		    KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK,
		"KVM_CAP_X2APIC_API", why) == -1)
		return (-1);
	if (boot_id == 0)
		return (0);
	if (!vm->config.kvm->boot_cpu_id)
		return (fail(why, VERDICT_NOKVM,
		    "this KVM lacks KVM_CAP_SET_BOOT_CPU_ID: give CPU 0 the "
		    "id 0 in --apic-ids"));
	return (KVM_IOCTL_VALUE(vm->fd, KVM_SET_BOOT_CPU_ID, boot_id, why));
}

static void
kernel_vm_release(struct vm *vm)
{
	(void)vm;
}

static int
kernel_vcpu_setup(struct vcpu *vcpu, struct failure *why)
{
	(void)vcpu;
	(void)why;
	return (0);
}

static void
kernel_vcpu_release(struct vcpu *vcpu)
{
	(void)vcpu;
}

static bool
kernel_before_run(struct vcpu *vcpu, bool nmi)
{
	(void)vcpu;
	(void)nmi;
	return (true);
}

static void
kernel_after_run(struct vcpu *vcpu, bool exited)
{
	(void)vcpu;
	(void)exited;
}

static void
kernel_wake(struct vcpu *vcpu)
{
	(void)vcpu;
}

static enum apic_exit
kernel_handle_exit(struct vcpu *vcpu, struct failure *why)
{
	(void)vcpu;
	(void)why;
	return (APIC_EXIT_OTHER);
}

static void
kernel_post(struct vcpu *vcpu, uint32_t vector)
{
	struct kvm_msi msi;

	memset(&msi, 0, sizeof(msi));
	msi.address_lo = MSI_ADDRESS | (vcpu->apic_id & MSI_DEST_MASK)
					   << MSI_DEST_SHIFT;
	msi.address_hi = vcpu->apic_id & ~MSI_DEST_MASK;
	msi.data = vector;
	/* No error to tell: the destination exists, the vector is legal. */
	KVM_IOCTL(vcpu->vm->fd, KVM_SIGNAL_MSI, &msi, NULL);
}

static uint32_t
lapic_word(const struct kvm_lapic_state *lapic, uint32_t offset)
{
	uint32_t word;

	memcpy(&word, lapic->regs + offset, sizeof(word));
	return (word);
}

static int
kernel_inspect(
    const struct vcpu *vcpu, struct apic_state *state, struct failure *why)
{
	union {
		struct kvm_msrs list;
		char room[sizeof(struct kvm_msrs) +
			  sizeof(struct kvm_msr_entry)];
	} msrs;
	struct kvm_lapic_state lapic;
	struct kvm_vcpu_events events;
	struct kvm_mp_state mp;

	memset(state, 0, sizeof(*state));
	memset(&msrs, 0, sizeof(msrs));
	msrs.list.nmsrs = 1;
	msrs.list.entries[0].index = X2APIC_MSR_DEADLINE;
	if (KVM_IOCTL(vcpu->fd, KVM_GET_LAPIC, &lapic, why) == -1 ||
	    KVM_IOCTL(vcpu->fd, KVM_GET_MSRS, &msrs.list, why) == -1 ||
	    KVM_IOCTL(vcpu->fd, KVM_GET_VCPU_EVENTS, &events, why) == -1 ||
	    KVM_IOCTL(vcpu->fd, KVM_GET_MP_STATE, &mp, why) == -1)
		return (-1);
	for (uint32_t i = 0; i < APIC_VECTORS / 32; i++) {
		state->irr[i] =
		    lapic_word(&lapic, LAPIC_IRR + i * LAPIC_STRIDE);
		state->isr[i] =
		    lapic_word(&lapic, LAPIC_ISR + i * LAPIC_STRIDE);
	}
	state->tpr = lapic_word(&lapic, LAPIC_TPR);
	state->injected =
	    events.interrupt.injected != 0 ? events.interrupt.nr : -1;
	state->nmi_pending =
	    events.nmi.pending != 0 || events.nmi.injected != 0;
	state->timer_armed = msrs.list.entries[0].data != 0 ||
			     lapic_word(&lapic, LAPIC_TMCCT) != 0;
	state->halted = mp.mp_state == KVM_MP_STATE_HALTED;
	return (0);
}

const struct apic_ops apic_kernel = {
    .vm_setup = kernel_vm_setup,
    .vm_release = kernel_vm_release,
    .vcpu_setup = kernel_vcpu_setup,
    .vcpu_release = kernel_vcpu_release,
    .before_run = kernel_before_run,
    .after_run = kernel_after_run,
    .wake = kernel_wake,
    .handle_exit = kernel_handle_exit,
    .post = kernel_post,
    .inspect = kernel_inspect,
};
