/* SPDX-License-Identifier: ISC */
/*
 * The time of the user-modelled APICs: the guest's TSC, and timers.
 */
#include <stddef.h>
#include <string.h>

#include "apic/user.h"
#include "base/clock.h"
#include "base/x86.h"
#include "vm/kvm.h"

#define TSC_READINGS	  4

/*
 * A guest can arm a periodic timer that fires faster than any host could
 * deliver it; KVM's own has the same limit.
 */
#define TIMER_SHORTEST_NS 200000ULL
#define TIMER_LONGEST_NS  (1ULL << 60)

static uint64_t
host_tsc(void)
{
	return (__builtin_ia32_rdtsc());
}

uint64_t
apic_user_now(const struct apic_user *apic)
{
	return (host_tsc() - apic->tsc_behind);
}

static uint64_t
tsc_to_ns(const struct vm *vm, uint64_t ticks)
{
	unsigned __int128 ns = (unsigned __int128)ticks * 1000000 / vm->tsc_khz;

	return (ns > TIMER_LONGEST_NS ? TIMER_LONGEST_NS : (uint64_t)ns);
}

/* Nanoseconds until the timer is to be looked at. */
static uint64_t
timer_wait(const struct apic_user *apic)
{
	const struct vm *vm = apic->vcpu->vm;
	uint64_t now = apic_user_now(apic), due = x2apic_due(&apic->model);
	uint64_t period = x2apic_period(&apic->model);
	uint64_t ns = due > now ? tsc_to_ns(vm, due - now) : 0;

	if (period != 0 && tsc_to_ns(vm, period) < TIMER_SHORTEST_NS)
		ns = TIMER_SHORTEST_NS;
	return (ns);
}

void
apic_user_timer_update(struct apic_user *apic)
{
	struct agenda *agenda = apic->vcpu->vm->agenda;
	uint64_t due = x2apic_due(&apic->model);

	lock_held(&apic->lock);
	if (due == apic->timer_due)
		return;
	apic->timer_due = due;
	if (due == X2APIC_NEVER)
		agenda_cancel(agenda, &apic->timer);
	else
		agenda_set(agenda, &apic->timer, clock_ns() + timer_wait(apic));
}

static void
timer_run(struct agenda_item *item)
{
	struct apic_user *apic =
	    (struct apic_user *)((char *)item -
				 offsetof(struct apic_user, timer));

	lock_take(&apic->lock);
	x2apic_advance(&apic->model, apic_user_now(apic));
	apic_user_notify(apic);
	/*
	 * Where the clocks differ, the timer may not be due yet: it stays on
	 * the agenda.
	 */
	apic->timer_due = X2APIC_NEVER;
	apic_user_timer_update(apic);
	lock_drop(&apic->lock);
}

int
apic_user_time_setup(struct apic_user *apic, struct failure *why)
{
	union {
		struct kvm_msrs list;
		char room[sizeof(struct kvm_msrs) +
			  sizeof(struct kvm_msr_entry)];
	} msrs;
	uint64_t shortest = UINT64_MAX;

	apic->timer.run = timer_run;
	apic->timer_due = X2APIC_NEVER;
	for (int i = 0; i < TSC_READINGS; i++) {
		uint64_t before, after;

		memset(&msrs, 0, sizeof(msrs));
		msrs.list.nmsrs = 1;
		msrs.list.entries[0].index = X86_MSR_TSC;
		before = host_tsc();
		if (KVM_IOCTL(apic->vcpu->fd, KVM_GET_MSRS, &msrs.list, why) ==
		    -1)
			return (-1);
		after = host_tsc();
		if (after - before >= shortest)
			continue;
		/*
		 * The timer may be late by the time of a reading, but not
		 * early.
		 */
		shortest = after - before;
		apic->tsc_behind = after - msrs.list.entries[0].data;
	}
	return (0);
}
