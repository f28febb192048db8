/* SPDX-License-Identifier: ISC */
/*
 * The x2APICs of a VM whose KVM has none: what the parts of apic_user share.
 *
 * Locks.  Each APIC has one of its own, for its model and for what is said
 * below.  Nobody holds two of them, and nothing but the agenda's lock is
 * taken under one.  vm->lock may be held when one is taken.
 *
 * How a CPU learns of an interrupt.  Whoever makes one pending does so under
 * the lock, and there sees what the CPU's thread is doing:
 * - asleep in HLT: it is woken;
 * - on its way into KVM_RUN or in it (`in_guest`): it is kicked.  The flag is
 *   set under the lock, after immediate_exit has been cleared, so that the
 *   kick cannot be lost between the thread's last look and KVM_RUN;
 * - anything else: it will look, before it enters the guest.
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
	pthread_cond_t changed; /* for a thread that is in HLT */
	struct vcpu *vcpu;

	/* Under the lock. */
	struct x2apic model;
	bool in_guest;	    /* the thread is in KVM_RUN, or will be at once */
	bool kicked;	    /* since in_guest was set */
	bool halted;	    /* the guest has executed HLT */
	uint64_t timer_due; /* what the agenda has been told, TSC */
	struct agenda_item timer;

	/* The thread's own. */
	uint64_t tsc_behind; /* host's TSC less the guest's */
	uint8_t cr8;	     /* as KVM was given it, or gave it, last */
	bool fault;	     /* #GP is to come before any interrupt */
	bool given; /* KVM may have an event that it has not delivered yet */
};

static inline struct apic_user *
apic_user_of(const struct vcpu *vcpu)
{
	return (vcpu->apic);
}

/* --- hosts that take interrupts late (apic_user_step.c) --- */

/*
 * With the lock held, last thing before KVM_RUN: is the CPU to be stepped, so
 * that no window for what it waits for passes unseen?  `nmi`: it is about to
 * take one.
 */
void apic_user_step(struct apic_user *apic, bool nmi) LOCK_NEEDS(apic->lock);

/* --- messages (apic_user_route.c) --- */

/* A guest's CPU has sent it. */
void apic_user_send(struct vcpu *sender, const struct x2apic_ipi *ipi);

/* A fixed interrupt reaches that CPU's APIC; no fault can befall it now. */
void apic_user_arrive(struct vcpu *vcpu, uint8_t vector);

/* With the lock held: there may be something new to take. */
void apic_user_notify(struct apic_user *apic) LOCK_NEEDS(apic->lock);

/* --- time (apic_user_time.c) --- */

/* Find out about the TSC, and have no timer.  0 or -1. */
int apic_user_time_setup(struct apic_user *apic, struct failure *why);

/* The guest's TSC. */
uint64_t apic_user_now(const struct apic_user *apic);

/* With the lock held, after any change: put the timer on the agenda. */
void apic_user_timer_update(struct apic_user *apic) LOCK_NEEDS(apic->lock);

#endif /* VMM_APIC_USER_H */
