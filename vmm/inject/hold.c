/* SPDX-License-Identifier: ISC */
/*
 * How long a vCPU is held: for a time, or until the others have been run for
 * it, which on a host that has other work takes longer.
 */
#include "inject/inject_private.h"
#include "vm/vcpu.h"

/* Longer ones are long on any host. */
#define PROLONGED_MAX_US 10000

/* The nth CPU that is watched while `cpu` is held, or NULL. */
static const struct vcpu *
watched(const struct later *later, uint32_t nth)
{
	const struct vm *vm = later->inject->vm;
	uint32_t cpu = nth < later->ipi.dst ? nth : nth + 1;

	return (cpu < vm->nvcpus ? &vm->vcpus[cpu] : NULL);
}

void
inject_hold_begin(struct later *later, uint64_t for_us, bool preempt)
{
	const struct vcpu *vcpu;

	preempt = preempt && for_us <= PROLONGED_MAX_US;
	later->others_ns = preempt ? for_us * NS_PER_US : 0;
	for (uint32_t i = 0; preempt && i < WATCHED_CPUS; i++)
		if ((vcpu = watched(later, i)) != NULL)
			later->began_ns[i] = vcpu_host_time(vcpu);
	agenda_set(later->inject->vm->agenda, &later->item,
	    clock_ns() + for_us * NS_PER_US);
}

bool
inject_hold_over(struct later *later)
{
	uint64_t missing = 0, time, spent;
	const struct vcpu *vcpu;

	for (uint32_t i = 0; later->others_ns != 0 && i < WATCHED_CPUS; i++) {
		if ((vcpu = watched(later, i)) == NULL)
			break;
		time = vcpu_host_time(vcpu);
		if (time == UINT64_MAX || later->began_ns[i] == UINT64_MAX)
			continue;
		spent = time - later->began_ns[i];
		if (spent < later->others_ns &&
		    later->others_ns - spent > missing && vcpu_wants_host(vcpu))
			missing = later->others_ns - spent;
	}
	if (missing == 0)
		return (true);
	agenda_set(
	    later->inject->vm->agenda, &later->item, clock_ns() + missing);
	return (false);
}
