/* SPDX-License-Identifier: ISC */
/*
 * CPUs that wait for a window, on hosts that notice one late or never: they
 * are run one instruction at a time until it opens.
 */
#include "apic/probe.h"
#include "apic/user.h"
#include "vm/debug.h"
#include "vm/kvm.h"

/* Is there an interrupt that only the TPR keeps from the CPU? */
static bool
waits_for_tpr(const struct apic_user *apic)
{
	struct x2apic other = apic->model;

	other.tpr = 0;
	return (x2apic_deliverable(&apic->model) == -1 &&
		x2apic_deliverable(&other) != -1);
}

/*
 * Will KVM deliver an event first?  An event that KVM was given stays with KVM
 * when a kick comes before the guest is entered.
 */
static bool
delivers_first(struct apic_user *apic)
{
	struct kvm_vcpu_events events;
	bool now;

	if (!apic->given)
		return (false);
	if (KVM_IOCTL(apic->vcpu->fd, KVM_GET_VCPU_EVENTS, &events, NULL) == -1)
		return (true);
	now = events.interrupt.injected != 0 || events.nmi.injected != 0 ||
	      (events.nmi.pending != 0 && events.nmi.masked == 0);
	apic->given = now || events.nmi.pending != 0;
	return (now);
}

void
apic_user_step(struct apic_user *apic, bool nmi)
{
	struct vcpu *vcpu = apic->vcpu;
	const struct apic_host *host = vcpu->vm->config.apic_host;
	bool step = (host->late && vcpu->run->request_interrupt_window != 0) ||
		    (!host->cr8_exits && waits_for_tpr(apic));

	lock_held(&apic->lock);
	/*
	 * The delivery of an event would push RFLAGS as they are for stepping.
	 */
	apic->given |= nmi;
	debug_step(
	    vcpu, step && !delivers_first(apic) && !debug_next_is_hlt(vcpu));
}
