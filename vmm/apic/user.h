/* SPDX-License-Identifier: ISC */
/*
 * The x2APICs of a VM whose KVM has none: what the parts of apic_user share.
 *
 * Locks.  Each APIC has a lock of its own, for the members so marked below.
 * Nobody holds two of these locks, and nothing but the agenda's lock is taken
 * under one.  vm->lock may be held when one is taken.
 *
 * How a CPU learns of an interrupt.  Whoever makes an interrupt pending holds
 * the APIC's lock, and sees what the CPU's thread is doing:
 * - asleep in HLT: the thread is woken;
 * - on its way into KVM_RUN or in it (`in_guest`): the thread is kicked.  The
 *   flag is set under the lock, after immediate_exit has been cleared, so that
 *   the kick cannot be lost between the thread's last look and KVM_RUN;
 * - anything else: the thread will look before it enters the guest.
 */
#ifndef VMM_APIC_USER_H
#define VMM_APIC_USER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/lock.h"
#include "vm/agenda.h"
#include "vm/apic.h"
#include "vm/vcpu.h"
#include "vm/vm.h"
#include "x2apic/x2apic.h"

struct apic_user {
	struct lock lock;
	pthread_cond_t changed; /* wakes the thread out of HLT */
	struct vcpu *vcpu;

	/* Under the lock. */
	struct x2apic model;
	bool in_guest;	    /* the thread is in KVM_RUN, or will be at once */
	bool kicked;	    /* since in_guest was set */
	bool halted;	    /* the guest has executed HLT */
	uint64_t timer_due; /* when the agenda item is due, TSC */
	struct agenda_item timer;

	/* The thread's own. */
	uint64_t tsc_behind; /* host's TSC less the guest's */
	uint8_t cr8;	     /* the CR8 last given to KVM, or taken */
	bool fault;	     /* #GP is to come before any interrupt */
	bool given; /* KVM may have an event that it has not delivered yet */
};

static inline struct apic_user *
apic_user_of(const struct vcpu *vcpu)
{
	return (vcpu->apic);
}

/* --- hosts that take interrupts late (user_step.c) --- */

/*
 * With the lock held, before KVM_RUN: single-step the CPU if it waits for a
 * window that would pass unseen otherwise.  `nmi`: the CPU is about to take an
 * NMI.
 */
void apic_user_step(struct apic_user *apic, bool nmi) LOCK_NEEDS(apic->lock);

/* --- messages (user_route.c) --- */

/* Deliver a message that a CPU of the guest has sent. */
void apic_user_send(struct vcpu *sender, const struct x2apic_ipi *ipi);

/* A fixed interrupt reaches the CPU's APIC; no fault can befall it now. */
void apic_user_arrive(struct vcpu *vcpu, uint8_t vector);

/* With the lock held: wake or kick the CPU if it has an interrupt to take. */
void apic_user_notify(struct apic_user *apic) LOCK_NEEDS(apic->lock);

/* --- time (user_time.c) --- */

/* Find out how far the guest's TSC is behind, and have no timer.  0 or -1. */
int apic_user_time_setup(struct apic_user *apic, struct failure *why);

/* What the guest's TSC is now. */
uint64_t apic_user_now(const struct apic_user *apic);

/*
 * With the lock held, after any change of the model: put its timer on the
 * agenda, or take it off.
 */
void apic_user_timer_update(struct apic_user *apic) LOCK_NEEDS(apic->lock);

#endif /* VMM_APIC_USER_H */
