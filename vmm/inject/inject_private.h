/* SPDX-License-Identifier: ISC */
/*
 * What fault_vm.c and fault_clock.c share.
 */
#ifndef VMM_INJECT_INJECT_PRIVATE_H
#define VMM_INJECT_INJECT_PRIVATE_H

#include "fault/plan.h"
#include "inject/inject.h"
#include "vm/agenda.h"
#include "vm/vm.h"

#define NS_PER_US 1000ULL

/* The ticks of an entry. */
struct tick {
	struct agenda_item item;
	struct vm *vm;
	size_t entry;
	uint64_t due_ns;
};

/* Something that the plan puts off: a delivery, or the end of a hold. */
struct later {
	struct agenda_item item;
	struct vm *vm;
	struct later *next; /* of all there are */
	bool used;
	bool release; /* let CPU ipi.dst run; else deliver `ipi` */
	struct fault_ipi ipi;
	uint64_t ticket; /* of the delivery, or 0 */
};

/* All of it under vm->report_lock. */
struct fault_vm {
	const struct fault_plan *plan;
	struct fault *fault;
	uint64_t *functions; /* by entry: its address, or 0 */
	struct tick *ticks;  /* by entry */
	struct later *laters;
	struct fault_hit last; /* injected, if any was */
};

/* With vm->report_lock held: has the guest's part of the run ended? */
bool fault_over(const struct vm *vm);

/* With vm->report_lock held: tell that it was injected. */
void fault_tell(struct vm *vm, const struct fault_hit *hit);

/*
 * With vm->report_lock held: deliver the interrupt, or with `release` let the
 * CPU run again, at that time.  False if memory ran out.
 */
bool fault_later(struct vm *vm, uint64_t at_ns, bool release,
    const struct fault_ipi *ipi, uint64_t ticket);

/* Without it: put the interrupt into the APIC, past the plan. */
void fault_post(struct vm *vm, const struct fault_ipi *ipi);

/* Without it: keep the CPU from running until then. */
void fault_hold(struct vm *vm, uint32_t cpu, uint64_t until_ns);

/* A tick is due. */
void fault_clock_run(struct agenda_item *item);

#endif /* VMM_INJECT_INJECT_PRIVATE_H */
