/* SPDX-License-Identifier: ISC */
/*
 * The fault plan of a run at work on its VM.
 */
#include <stdlib.h>

#include "event/event.h"
#include "inject/inject_private.h"
#include "vm/debug.h"
#include "vm/vcpu.h"

bool
fault_over(const struct vm *vm)
{
	return (vm->ending.kind != ENDING_NONE);
}

void
fault_tell(struct vm *vm, const struct fault_hit *hit)
{
	const struct image_vector *vector =
	    image_vector(vm->config.image, hit->vector);
	const char *name = vector != NULL ? vector->name : NULL;

	vm->fault->last = *hit;
	event_fault(vm->config.sink, hit,
	    hit->vector == FAULT_VECTOR_NMI ? "nmi" : name);
}

void
fault_post(struct vm *vm, const struct fault_ipi *ipi)
{
	struct vcpu *vcpu = &vm->vcpus[ipi->dst];

	if (ipi->vector == FAULT_VECTOR_NMI)
		vcpu_nmi(vcpu);
	else
		vm->apic->post(vcpu, ipi->vector);
}

static void
later_run(struct agenda_item *item)
{
	struct later *later = (struct later *)item; /* its first member */
	struct vm *vm = later->vm;
	struct fault_ipi ipi;
	bool release, deliver;

	pthread_mutex_lock(&vm->report_lock);
	ipi = later->ipi;
	release = later->release;
	deliver = !release && !fault_over(vm) &&
		  (later->ticket == 0 ||
		      fault_release(vm->fault->fault, later->ticket, &ipi));
	later->used = false;
	pthread_mutex_unlock(&vm->report_lock);
	if (deliver)
		fault_post(vm, &ipi);
	if (release)
		vm_release(vm, ipi.dst);
}

static struct later *
later_get(struct vm *vm)
{
	struct later *later;

	for (later = vm->fault->laters; later != NULL; later = later->next)
		if (!later->used)
			return (later);
	later = calloc(1, sizeof(*later));
	if (later == NULL)
		return (NULL);
	later->item.run = later_run;
	later->vm = vm;
	later->next = vm->fault->laters;
	vm->fault->laters = later;
	return (later);
}

bool
fault_later(struct vm *vm, uint64_t at_ns, bool release,
    const struct fault_ipi *ipi, uint64_t ticket)
{
	struct later *later = later_get(vm);

	if (later == NULL)
		return (false);
	later->used = true;
	later->release = release;
	later->ipi = *ipi;
	later->ticket = ticket;
	agenda_set(vm->agenda, &later->item, at_ns);
	return (true);
}

void
fault_hold(struct vm *vm, uint32_t cpu, uint64_t until_ns)
{
	const struct fault_ipi ipi = {.dst = cpu};
	bool later;

	vm_hold(vm, cpu);
	pthread_mutex_lock(&vm->report_lock);
	later = fault_later(vm, until_ns, true, &ipi, 0);
	pthread_mutex_unlock(&vm->report_lock);
	if (!later)
		vm_release(vm, cpu);
}

size_t
fault_vm_delivery(struct vm *vm, const struct fault_ipi *sent,
    struct fault_ipi now[FAULT_ARRIVALS_MAX])
{
	struct fault_arrival arrivals[FAULT_ARRIVALS_MAX];
	struct fault_hit hit;
	size_t n, count = 0;
	bool injected;

	now[0] = *sent;
	if (vm->fault == NULL)
		return (1);
	pthread_mutex_lock(&vm->report_lock);
	if (fault_over(vm)) {
		pthread_mutex_unlock(&vm->report_lock);
		return (1);
	}
	n = fault_delivery(vm->fault->fault, event_run_us(vm->config.sink),
	    sent, arrivals, &hit, &injected);
	if (injected)
		fault_tell(vm, &hit);
	for (size_t i = 0; i < n; i++) {
		const struct fault_arrival *a = &arrivals[i];

		if (a->delay_us == 0 ||
		    !fault_later(vm, agenda_now() + a->delay_us * NS_PER_US,
			false, &a->ipi, a->ticket))
			now[count++] = a->ipi;
	}
	pthread_mutex_unlock(&vm->report_lock);
	return (count);
}

void
fault_vm_entered(struct vm *vm, uint32_t cpu, uint64_t address)
{
	struct fault_vm *f = vm->fault;
	struct fault_hit hit;
	bool injected = false;
	size_t i = 0;

	while (i < f->plan->count && f->functions[i] != address)
		i++;
	pthread_mutex_lock(&vm->report_lock);
	if (i < f->plan->count && !fault_over(vm))
		injected =
		    fault_entered(f->fault, event_run_us(vm->config.sink),
			f->plan->specs[i].function, cpu, &hit);
	if (injected)
		fault_tell(vm, &hit);
	pthread_mutex_unlock(&vm->report_lock);
	if (injected)
		fault_hold(
		    vm, cpu, agenda_now() + hit.spec->for_us * NS_PER_US);
}

bool
fault_vm_pending(struct vm *vm)
{
	struct fault_vm *f = vm->fault;
	bool pending = false;

	if (f == NULL)
		return (false);
	pthread_mutex_lock(&vm->report_lock);
	for (struct later *l = f->laters; l != NULL; l = l->next)
		pending |= l->used;
	for (size_t i = 0; i < f->plan->count; i++) {
		const struct fault_spec *spec = &f->plan->specs[i];

		pending |=
		    fault_spec_trigger(spec) == FAULT_AT_TICK &&
		    (spec->kind == FAULT_SPURIOUS || spec->kind == FAULT_NMI) &&
		    !fault_spent(f->fault, i);
	}
	pthread_mutex_unlock(&vm->report_lock);
	return (pending);
}

uint64_t
fault_vm_last(struct vm *vm, struct fault_hit *hit)
{
	struct fault_vm *f = vm->fault;
	uint64_t injected = 0;

	if (f == NULL)
		return (0);
	pthread_mutex_lock(&vm->report_lock);
	for (size_t i = 0; i < f->plan->count; i++)
		injected += fault_count(f->fault, i).injected;
	*hit = f->last;
	pthread_mutex_unlock(&vm->report_lock);
	return (injected);
}

struct fault_count
fault_vm_count(struct vm *vm, size_t entry)
{
	struct fault_count count;

	pthread_mutex_lock(&vm->report_lock);
	count = fault_count(vm->fault->fault, entry);
	pthread_mutex_unlock(&vm->report_lock);
	return (count);
}

/*
 * An entry with a function: stop the CPUs that it is for there, or all if the
 * processor's breakpoints do not.
 */
static int
set_breakpoints(struct vm *vm, size_t entry, bool stops, struct failure *why)
{
	const struct fault_spec *spec = &vm->fault->plan->specs[entry];
	uint64_t *address = &vm->fault->functions[entry];

	if (symbol_find(vm->config.symbols, spec->function, address) == 0)
		return (fail(why, VERDICT_CRASH,
		    "%s: the image's symbols cannot be read", spec->where));
	for (uint32_t cpu = 0; cpu < vm->nvcpus; cpu++) {
		if (stops && spec->dst != FAULT_CPU_NONE && spec->dst != cpu)
			continue;
		if (debug_breakpoint(&vm->vcpus[cpu], *address, stops, why) ==
		    -1)
			return (-1);
	}
	return (0);
}

static int
set_all_breakpoints(struct vm *vm, struct failure *why)
{
	const struct fault_plan *plan = vm->fault->plan;
	bool probed = false, stops = false;

	for (size_t i = 0; i < plan->count; i++) {
		if (fault_spec_trigger(&plan->specs[i]) != FAULT_AT_ENTRY)
			continue;
		if (!probed && debug_probe(vm->config.kvm, &stops, why) == -1)
			return (-1);
		probed = true;
		if (set_breakpoints(vm, i, stops, why) == -1)
			return (-1);
	}
	return (0);
}

int
fault_vm_open(struct vm *vm, struct failure *why)
{
	const struct vm_config *config = &vm->config;
	const struct fault_plan *plan = config->faults;
	struct fault_vm *f;

	if (plan->count == 0)
		return (0);
	f = calloc(1, sizeof(*f));
	if (f == NULL)
		return (fail(why, VERDICT_CRASH, "out of memory"));
	vm->fault = f;
	f->plan = plan;
	f->fault = fault_open(
	    plan->specs, plan->count, vm->nvcpus, config->options->seed);
	f->functions = calloc(plan->count, sizeof(*f->functions));
	f->ticks = calloc(plan->count, sizeof(*f->ticks));
	if (f->fault == NULL || f->functions == NULL || f->ticks == NULL) {
		fault_vm_close(vm);
		return (fail(why, VERDICT_CRASH, "out of memory"));
	}
	if (set_all_breakpoints(vm, why) == 0)
		return (0);
	fault_vm_close(vm);
	return (-1);
}

void
fault_vm_close(struct vm *vm)
{
	struct fault_vm *f = vm->fault;
	struct later *later;

	if (f == NULL)
		return;
	while ((later = f->laters) != NULL) {
		f->laters = later->next;
		free(later);
	}
	fault_close(f->fault);
	free(f->functions);
	free(f->ticks);
	free(f);
	vm->fault = NULL;
}

void
fault_vm_start(struct vm *vm)
{
	struct fault_vm *f = vm->fault;
	uint64_t now = agenda_now(), run_ns;

	if (f == NULL)
		return;
	run_ns = event_run_us(vm->config.sink) * NS_PER_US;
	for (size_t i = 0; i < f->plan->count; i++) {
		const struct fault_spec *spec = &f->plan->specs[i];
		struct tick *tick = &f->ticks[i];
		uint64_t after = spec->after_us * NS_PER_US;

		if (fault_spec_trigger(spec) != FAULT_AT_TICK)
			continue;
		tick->item.run = fault_clock_run;
		tick->vm = vm;
		tick->entry = i;
		tick->due_ns = now + (after > run_ns ? after - run_ns : 0);
		agenda_set(vm->agenda, &tick->item, tick->due_ns);
	}
}
