/* SPDX-License-Identifier: ISC */
/*
 * The fault plan of a run at work on its VM.
 */
#include <stdlib.h>

#include "event/fault.h"
#include "inject/inject_private.h"
#include "vm/debug.h"
#include "vm/vcpu.h"

_Static_assert(FAULT_ARRIVALS_MAX <= VM_ARRIVALS_MAX, "all fit the hook");

bool
inject_over(const struct inject *inject)
{
	lock_held(&inject->vm->report_lock);
	return (inject->vm->ending.kind != ENDING_NONE);
}

void
inject_tell(struct inject *inject, const struct fault_hit *hit)
{
	const struct image_vector *vector =
	    image_vector(inject->vm->config.image, hit->vector);
	const char *name = vector != NULL ? vector->name : NULL;

	lock_held(&inject->vm->report_lock);
	inject->last = *hit;
	event_fault(
	    inject->sink, hit, hit->vector == FAULT_VECTOR_NMI ? "nmi" : name);
}

void
inject_post(struct inject *inject, const struct ipi *ipi)
{
	struct vcpu *vcpu = &inject->vm->vcpus[ipi->dst];

	if (ipi->vector == IPI_NMI)
		vcpu_nmi(vcpu);
	else
		vcpu->vm->apic->post(vcpu, ipi->vector);
}

static void
later_run(struct agenda_item *item)
{
	struct later *later = (struct later *)item; /* its first member */
	struct inject *inject = later->inject;
	struct ipi ipi;
	bool release, deliver;

	if (later->release && !inject_hold_over(later))
		return;
	lock_take(&inject->vm->report_lock);
	ipi = later->ipi;
	release = later->release;
	deliver = !release && !inject_over(inject) &&
		  (later->ticket == 0 ||
		      fault_release(inject->fault, later->ticket, &ipi));
	later->used = false;
	lock_drop(&inject->vm->report_lock);
	if (deliver)
		inject_post(inject, &ipi);
	if (release)
		vm_release(inject->vm, ipi.dst);
}

static struct later *
later_get(struct inject *inject)
{
	struct later *later;

	for (later = inject->laters; later != NULL; later = later->next)
		if (!later->used)
			return (later);
	later = calloc(1, sizeof(*later));
	if (later == NULL)
		return (NULL);
	later->item.run = later_run;
	later->inject = inject;
	later->next = inject->laters;
	inject->laters = later;
	return (later);
}

/*
 * With vm->report_lock held: take an item that is put off, a delivery, or with
 * `release` the end of a hold.  NULL if memory ran out.
 */
static struct later *
put_off(
    struct inject *inject, bool release, const struct ipi *ipi, uint64_t ticket)
{
	struct later *later;

	lock_held(&inject->vm->report_lock);
	later = later_get(inject);
	if (later == NULL)
		return (NULL);
	later->used = true;
	later->release = release;
	later->ipi = *ipi;
	later->ticket = ticket;
	return (later);
}

/* Likewise, for `at_ns`; false if memory ran out. */
static bool
deliver_later(struct inject *inject, uint64_t at_ns, const struct ipi *ipi,
    uint64_t ticket)
{
	struct later *later = put_off(inject, false, ipi, ticket);

	if (later == NULL)
		return (false);
	agenda_set(inject->vm->agenda, &later->item, at_ns);
	return (true);
}

void
inject_hold(struct inject *inject, uint32_t cpu, uint64_t for_us, bool preempt)
{
	const struct ipi ipi = {.dst = cpu};
	struct later *later;

	vm_hold(inject->vm, cpu);
	lock_take(&inject->vm->report_lock);
	later = put_off(inject, true, &ipi, 0);
	lock_drop(&inject->vm->report_lock);
	if (later == NULL)
		vm_release(inject->vm, cpu);
	else
		inject_hold_begin(later, for_us, preempt);
}

size_t
inject_sent(struct inject *inject, const struct ipi *sent,
    struct ipi now[VM_ARRIVALS_MAX])
{
	struct fault_arrival arrivals[FAULT_ARRIVALS_MAX];
	struct fault_hit hit;
	size_t n, count = 0;
	bool injected;

	now[0] = *sent;
	if (inject == NULL)
		return (1);
	lock_take(&inject->vm->report_lock);
	if (inject_over(inject)) {
		lock_drop(&inject->vm->report_lock);
		return (1);
	}
	n = fault_delivery(inject->fault, event_run_us(inject->sink), sent,
	    arrivals, &hit, &injected);
	if (injected)
		inject_tell(inject, &hit);
	for (size_t i = 0; i < n; i++) {
		const struct fault_arrival *a = &arrivals[i];

		if (a->delay_us == 0 ||
		    !deliver_later(inject, clock_ns() + a->delay_us * NS_PER_US,
			&a->ipi, a->ticket))
			now[count++] = a->ipi;
	}
	lock_drop(&inject->vm->report_lock);
	return (count);
}

/* The vCPU is where a fault in a function is to strike. */
static void
strike(struct inject *inject, const struct fault_hit *hit)
{
	const struct ipi ipi = {hit->src, hit->dst, hit->vector};

	if (hit->spec->kind == FAULT_SPURIOUS)
		inject_post(inject, &ipi);
	else
		inject_hold(inject, hit->dst, hit->spec->for_us, true);
}

void
inject_entered(struct inject *inject, struct vcpu *vcpu, uint64_t address)
{
	const struct fault_plan *plan = inject->plan;
	struct fault_hit hit;
	bool injected = false;
	size_t i = 0;

	while (i < plan->count && inject->places[i] != address)
		i++;
	lock_take(&inject->vm->report_lock);
	if (i < plan->count && !inject_over(inject))
		injected = fault_entered(inject->fault,
		    event_run_us(inject->sink), plan->specs[i].function,
		    plan->specs[i].offset, vcpu->index, &hit);
	if (injected)
		inject_tell(inject, &hit);
	lock_drop(&inject->vm->report_lock);
	if (!injected)
		return;
	if (hit.after == 0) {
		strike(inject, &hit);
	} else {
		inject->walks[vcpu->index] = hit;
		debug_walk(vcpu, hit.after);
	}
}

void
inject_walked(struct inject *inject, struct vcpu *vcpu)
{

	strike(inject, &inject->walks[vcpu->index]);
}

bool
inject_pending(struct inject *inject)
{
	bool pending = false;

	if (inject == NULL)
		return (false);
	lock_take(&inject->vm->report_lock);
	for (struct later *l = inject->laters; l != NULL; l = l->next)
		pending |= l->used;
	for (size_t i = 0; i < inject->plan->count; i++) {
		const struct fault_spec *spec = &inject->plan->specs[i];

		pending |=
		    fault_spec_trigger(spec) == FAULT_AT_TICK &&
		    (spec->kind == FAULT_SPURIOUS || spec->kind == FAULT_NMI) &&
		    !fault_spent(inject->fault, i);
	}
	lock_drop(&inject->vm->report_lock);
	return (pending);
}

uint64_t
inject_last(struct inject *inject, struct fault_hit *hit)
{
	uint64_t injected = 0;

	if (inject == NULL)
		return (0);
	lock_take(&inject->vm->report_lock);
	for (size_t i = 0; i < inject->plan->count; i++)
		injected += fault_count(inject->fault, i).injected;
	*hit = inject->last;
	lock_drop(&inject->vm->report_lock);
	return (injected);
}

struct fault_count
inject_count(struct inject *inject, size_t entry)
{
	struct fault_count count = {0, 0};

	if (inject == NULL)
		return (count);
	lock_take(&inject->vm->report_lock);
	count = fault_count(inject->fault, entry);
	lock_drop(&inject->vm->report_lock);
	return (count);
}
