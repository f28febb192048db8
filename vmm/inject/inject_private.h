/* SPDX-License-Identifier: ISC */
/*
 * What inject.c and ticks.c share.
 */
#ifndef VMM_INJECT_INJECT_PRIVATE_H
#define VMM_INJECT_INJECT_PRIVATE_H

#include "base/clock.h"
#include "inject/inject.h"
#include "vm/agenda.h"

/* The ticks of an entry. */
struct tick {
	struct agenda_item item;
	struct inject *inject;
	size_t entry;
	uint64_t due_ns;
};

/* Something that the plan puts off: a delivery, or the end of a hold. */
struct later {
	struct agenda_item item;
	struct inject *inject;
	struct later *next; /* of all there are */
	bool used;
	bool release; /* let CPU ipi.dst run; else deliver `ipi` */
	struct ipi ipi;
	uint64_t ticket; /* of the delivery, or 0 */
};

/* What changes is under vm->report_lock. */
struct inject {
	struct vm *vm;
	struct event_sink *sink;
	const struct fault_plan *plan;
	struct fault *fault;
	uint64_t *functions; /* by entry: its address, or 0 */
	struct tick *ticks;  /* by entry */
	struct later *laters;
	struct fault_hit last; /* injected, if any was */
};

/* With vm->report_lock held: has the guest's part of the run ended? */
bool inject_over(const struct inject *inject)
    LOCK_NEEDS(inject->vm->report_lock);

/* With vm->report_lock held: tell that it was injected. */
void inject_tell(struct inject *inject, const struct fault_hit *hit)
    LOCK_NEEDS(inject->vm->report_lock);

/* Without it: put the interrupt into the APIC, past the plan. */
void inject_post(struct inject *inject, const struct ipi *ipi)
    LOCK_AVOIDS(inject->vm->report_lock);

/* Without it: keep the CPU from running until then. */
void inject_hold(struct inject *inject, uint32_t cpu, uint64_t until_ns)
    LOCK_AVOIDS(inject->vm->report_lock);

/* A tick is due. */
void inject_tick(struct agenda_item *item);

#endif /* VMM_INJECT_INJECT_PRIVATE_H */
