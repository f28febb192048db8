/* SPDX-License-Identifier: ISC */
/*
 * From one user-modelled APIC to another: who gets a message, and what of it.
 */
#include <pthread.h>
#include <signal.h>

#include "apic/user.h"

/* Is there an interrupt that the CPU will take, once it looks? */
static bool
has_work(const struct apic_user *apic)
{
	return (x2apic_deliverable(&apic->model) != -1);
}

void
apic_user_notify(struct apic_user *apic)
{
	struct vcpu *vcpu = apic->vcpu;

	lock_held(&apic->lock);
	if (!has_work(apic))
		return;
	if (apic->halted) {
		pthread_cond_signal(&apic->changed);
	} else if (apic->in_guest && !apic->kicked) {
		apic->kicked = true;
		__atomic_store_n(
		    &vcpu->run->immediate_exit, 1, __ATOMIC_SEQ_CST);
		pthread_kill(vcpu->thread, VCPU_KICK_SIGNAL);
	}
}

void
apic_user_arrive(struct vcpu *vcpu, uint8_t vector)
{
	struct apic_user *apic = apic_user_of(vcpu);

	lock_take(&apic->lock);
	if (x2apic_accept(&apic->model, vector, false) != X2APIC_DISABLED)
		apic_user_notify(apic);
	lock_drop(&apic->lock);
}

/*
 * Deliver what one CPU has sent to one CPU, as far as vm_hooks.sent() lets it.
 */
static void
deliver(struct vcpu *sender, struct vcpu *to, const struct x2apic_ipi *ipi)
{
	const struct ipi sent = {
	    .src = sender->index,
	    .dst = to->index,
	    .vector = ipi->mode == X2APIC_NMI ? IPI_NMI : ipi->vector,
	};
	struct ipi now[VM_ARRIVALS_MAX];
	size_t n = sender->vm->config.hooks->sent(sender->vm, &sent, now);

	for (size_t i = 0; i < n; i++) {
		struct vcpu *vcpu = &sender->vm->vcpus[now[i].dst];

		if (now[i].vector == IPI_NMI)
			vcpu_nmi(vcpu);
		else
			apic_user_arrive(vcpu, (uint8_t)now[i].vector);
	}
}

static uint32_t
bid_of(struct vcpu *vcpu)
{
	struct apic_user *apic = apic_user_of(vcpu);
	uint32_t bid;

	lock_take(&apic->lock);
	bid = x2apic_bid(&apic->model);
	lock_drop(&apic->lock);
	return (bid);
}

/*
 * The vCPU that gets a lowest-priority message, of those that it reaches; or
 * NULL.
 */
static struct vcpu *
arbitrate(const struct vcpu *sender, const struct x2apic_ipi *ipi)
{
	const struct vm *vm = sender->vm;
	uint32_t lowest = X2APIC_NO_BID;
	struct vcpu *winner = NULL;

	for (uint32_t i = 0; i < vm->nvcpus; i++) {
		struct vcpu *vcpu = &vm->vcpus[i];
		uint32_t bid;

		if (!x2apic_reaches(ipi, sender->apic_id, vcpu->apic_id))
			continue;
		bid = bid_of(vcpu);
		if (bid < lowest || (bid == lowest && winner != NULL &&
					vcpu->apic_id < winner->apic_id)) {
			lowest = bid;
			winner = vcpu;
		}
	}
	return (winner);
}

void
apic_user_send(struct vcpu *sender, const struct x2apic_ipi *ipi)
{
	const struct vm *vm = sender->vm;

	if (ipi->mode == X2APIC_LOWEST) {
		struct vcpu *winner = arbitrate(sender, ipi);

		if (winner != NULL)
			deliver(sender, winner, ipi);
		return;
	}
	for (uint32_t i = 0; i < vm->nvcpus; i++)
		if (x2apic_reaches(ipi, sender->apic_id, vm->vcpus[i].apic_id))
			deliver(sender, &vm->vcpus[i], ipi);
}
