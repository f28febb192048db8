/* SPDX-License-Identifier: ISC */
/*
 * The x2APICs of a VM whose KVM has none: set-up, exits, and what a CPU is
 * given on its way into the guest.
 */
#include <stdlib.h>
#include <string.h>

#include "apic/probe.h"
#include "apic/user.h"
#include "vm/kvm.h"

/* --- set-up --- */

static int
user_vm_setup(struct vm *vm, struct failure *why)
{
	vm->tsc_deadline = vm->config.apic_host->deadline_exits;
	return (apic_msrs_exit(vm->fd, why));
}

static void
user_vm_release(struct vm *vm)
{
	(void)vm;
}

static int
user_vcpu_setup(struct vcpu *vcpu, struct failure *why)
{
	struct apic_user *apic = calloc(1, sizeof(*apic));

	if (apic == NULL)
		return (fail(why, VERDICT_CRASH, "out of memory"));
	vcpu->apic = apic;
	apic->vcpu = vcpu;
	lock_init(&apic->lock);
	pthread_cond_init(&apic->changed, NULL);
	x2apic_reset(&apic->model, vcpu->apic_id, vcpu->index == 0);
	return (apic_user_time_setup(apic, why));
}

static void
user_vcpu_release(struct vcpu *vcpu)
{
	struct apic_user *apic = apic_user_of(vcpu);

	if (apic == NULL)
		return;
	pthread_cond_destroy(&apic->changed);
	lock_destroy(&apic->lock);
	free(apic);
}

/* --- into the guest --- */

/* Is the CPU in an NMI handler, where the next NMI has to wait? */
static bool
nmi_masked(const struct vcpu *vcpu)
{
	struct kvm_vcpu_events events;

	return (KVM_IOCTL(vcpu->fd, KVM_GET_VCPU_EVENTS, &events, NULL) == 0 &&
		events.nmi.masked != 0);
}

static bool
interrupts_on(const struct vcpu *vcpu)
{
	return (vcpu->run->if_flag != 0);
}

/*
 * In HLT: sleep until there is an interrupt to take; false: `attention` is set.
 */
static bool
halt(struct apic_user *apic, bool nmi)
{
	struct vcpu *vcpu = apic->vcpu;

	lock_held(&apic->lock);
	if (nmi && !nmi_masked(vcpu))
		apic->halted = false;
	while (apic->halted) {
		x2apic_advance(&apic->model, apic_user_now(apic));
		if (interrupts_on(vcpu) &&
		    x2apic_deliverable(&apic->model) != -1)
			apic->halted = false;
		else if (atomic_load(&vcpu->attention))
			return (false);
		else {
			apic_user_timer_update(apic);
			lock_wait(&apic->lock, &apic->changed);
		}
	}
	return (true);
}

/* Give the CPU its next interrupt, or make it exit when it can take one. */
static void
inject(struct apic_user *apic)
{
	struct kvm_run *run = apic->vcpu->run;
	int vector = x2apic_deliverable(&apic->model);
	struct kvm_interrupt interrupt = {.irq = (uint32_t)vector};

	run->request_interrupt_window = 0;
	if (vector == -1)
		return;
	if (apic->fault || run->ready_for_interrupt_injection == 0 ||
	    !interrupts_on(apic->vcpu)) {
		run->request_interrupt_window = 1;
		return;
	}
	x2apic_take(&apic->model, vector);
	apic->given = true;
	/* KVM_INTERRUPT has no error to tell: the vector is legal. */
	KVM_IOCTL(apic->vcpu->fd, KVM_INTERRUPT, &interrupt, NULL);
}

static bool
user_before_run(struct vcpu *vcpu, bool nmi)
{
	struct apic_user *apic = apic_user_of(vcpu);
	bool enter;

	lock_take(&apic->lock);
	x2apic_advance(&apic->model, apic_user_now(apic));
	enter = halt(apic, nmi);
	if (enter) {
		inject(apic);
		apic_user_step(apic, nmi);
		apic->cr8 = x2apic_cr8(&apic->model);
		vcpu->run->cr8 = apic->cr8;
		apic->in_guest = true;
		apic->kicked = false;
	}
	apic_user_timer_update(apic);
	lock_drop(&apic->lock);
	return (enter);
}

static void
user_after_run(struct vcpu *vcpu, bool exited)
{
	struct apic_user *apic = apic_user_of(vcpu);

	lock_take(&apic->lock);
	apic->in_guest = false;
	if (exited)
		apic->fault = false;
	/* CR8 and the TPR are one; where the guest wrote CR8, CR8 is newer. */
	if ((uint8_t)vcpu->run->cr8 != apic->cr8) {
		apic->cr8 = (uint8_t)vcpu->run->cr8;
		x2apic_set_cr8(&apic->model, apic->cr8);
	}
	lock_drop(&apic->lock);
}

static void
user_wake(struct vcpu *vcpu)
{
	struct apic_user *apic = apic_user_of(vcpu);

	lock_take(&apic->lock);
	pthread_cond_signal(&apic->changed);
	lock_drop(&apic->lock);
}

/* --- exits --- */

static void
rdmsr(struct apic_user *apic)
{
	struct kvm_run *run = apic->vcpu->run;
	uint64_t value = 0;
	bool good = false;

	if (x2apic_owns(run->msr.index)) {
		lock_take(&apic->lock);
		good = x2apic_read(
		    &apic->model, run->msr.index, apic_user_now(apic), &value);
		lock_drop(&apic->lock);
	}
	run->msr.data = value;
	run->msr.error = !good;
	apic->fault = !good;
}

static enum apic_exit
wrmsr(struct apic_user *apic, struct failure *why)
{
	struct kvm_run *run = apic->vcpu->run;
	struct x2apic_effect effect = {.sent = false};
	bool good = false;

	if (x2apic_owns(run->msr.index)) {
		lock_take(&apic->lock);
		good = x2apic_write(&apic->model, run->msr.index, run->msr.data,
		    apic_user_now(apic), &effect);
		lock_drop(&apic->lock);
	}
	if (effect.refused != NULL) {
		fail(why, VERDICT_CRASH,
		    "WRMSR of 0x%llx to 0x%x, which --apic user does not do: "
		    "%s",
		    (unsigned long long)run->msr.data, run->msr.index,
		    effect.refused);
		return (APIC_EXIT_CRASH);
	}
	run->msr.error = !good;
	apic->fault = !good;
	if (effect.sent)
		apic_user_send(apic->vcpu, &effect.ipi);
	return (APIC_EXIT_HANDLED);
}

static enum apic_exit
user_handle_exit(struct vcpu *vcpu, struct failure *why)
{
	struct apic_user *apic = apic_user_of(vcpu);

	switch (vcpu->run->exit_reason) {
	case KVM_EXIT_X86_RDMSR:
		rdmsr(apic);
		return (APIC_EXIT_HANDLED);
	case KVM_EXIT_X86_WRMSR:
		return (wrmsr(apic, why));
	case KVM_EXIT_HLT:
		lock_take(&apic->lock);
		apic->halted = true;
		lock_drop(&apic->lock);
		return (APIC_EXIT_HANDLED);
	case KVM_EXIT_DEBUG: /* a step */
	case KVM_EXIT_IRQ_WINDOW_OPEN:
	case KVM_EXIT_SET_TPR:
		return (APIC_EXIT_HANDLED);
	default:
		return (APIC_EXIT_OTHER);
	}
}

static void
user_post(struct vcpu *vcpu, uint32_t vector)
{
	apic_user_arrive(vcpu, (uint8_t)vector);
}

static int
user_inspect(
    const struct vcpu *vcpu, struct apic_state *state, struct failure *why)
{
	struct apic_user *apic = apic_user_of(vcpu);
	struct kvm_vcpu_events events;

	memset(state, 0, sizeof(*state));
	if (KVM_IOCTL(vcpu->fd, KVM_GET_VCPU_EVENTS, &events, why) == -1)
		return (-1);
	lock_take(&apic->lock);
	memcpy(state->irr, apic->model.irr.word, sizeof(state->irr));
	memcpy(state->isr, apic->model.isr.word, sizeof(state->isr));
	state->tpr = apic->model.tpr;
	state->timer_armed = x2apic_armed(&apic->model);
	state->halted = apic->halted;
	lock_drop(&apic->lock);
	state->injected =
	    events.interrupt.injected != 0 ? events.interrupt.nr : -1;
	state->nmi_pending = events.nmi.pending != 0 ||
			     events.nmi.injected != 0 ||
			     atomic_load(&vcpu->nmi);
	return (0);
}

const struct apic_ops apic_user = {
    .vm_setup = user_vm_setup,
    .vm_release = user_vm_release,
    .vcpu_setup = user_vcpu_setup,
    .vcpu_release = user_vcpu_release,
    .before_run = user_before_run,
    .after_run = user_after_run,
    .wake = user_wake,
    .handle_exit = user_handle_exit,
    .post = user_post,
    .inspect = user_inspect,
};
