/* SPDX-License-Identifier: ISC */
/*
 * What the files of inject/ share.
 */
#ifndef VMM_INJECT_INJECT_PRIVATE_H
#define VMM_INJECT_INJECT_PRIVATE_H

#include "base/clock.h"
#include "inject/inject.h"
#include "vm/agenda.h"

/* An entry that acts at points of time. */
struct tick {
	struct agenda_item item;
	struct inject *inject;
	size_t entry;
	uint64_t due_ns;
};

/* CPUs beside a preempted one that are looked at: more tell no more. */
#define WATCHED_CPUS 8

/* Something that the plan puts off: a delivery, or the end of a hold. */
struct later {
	struct agenda_item item;
	struct inject *inject;
	struct later *next; /* in `laters` */
	bool used;
	bool release; /* let CPU ipi.dst run; else deliver `ipi` */
	struct ipi ipi;
	uint64_t ticket; /* the delivery's, or 0 */
	/*
	 * A preempted CPU: what the others are to have been run for, and how
	 * long the first of them had been when it was taken away.
	 */
	uint64_t others_ns; /* 0: not waited for */
	uint64_t began_ns[WATCHED_CPUS];
};

/* `fault`, `laters` and `last` are under vm->report_lock. */
struct inject {
	struct vm *vm;
	struct event_sink *sink;
	const struct fault_plan *plan;
	struct fault *fault;
	uint64_t *places;	 /* by entry: the address, or 0 */
	struct fault_hit *walks; /* by CPU: what is at the end of its walk */
	struct tick *ticks;	 /* by entry */
	struct later *laters;
	struct fault_hit last; /* the last fault injected, if there was one */
};

/* With vm->report_lock held: has the guest's part of the run ended? */
bool inject_over(const struct inject *inject)
    LOCK_NEEDS(inject->vm->report_lock);

/* With vm->report_lock held: tell that the fault was injected. */
void inject_tell(struct inject *inject, const struct fault_hit *hit)
    LOCK_NEEDS(inject->vm->report_lock);

/* Without vm->report_lock: put the interrupt into the APIC, past the plan. */
void inject_post(struct inject *inject, const struct ipi *ipi)
    LOCK_AVOIDS(inject->vm->report_lock);

/*
 * Without vm->report_lock: keep the CPU from running for so long.  `preempt`:
 * for as long as it takes this host to run the others that want it.
 */
void inject_hold(struct inject *inject, uint32_t cpu, uint64_t for_us,
    bool preempt) LOCK_AVOIDS(inject->vm->report_lock);

/*
 * The end of a hold has come, and with it its item: false if it is put off,
 * since others have not been run for long enough.
 */
bool inject_hold_over(struct later *later);
void inject_hold_begin(struct later *later, uint64_t for_us, bool preempt);

/* A tick is due. */
void inject_tick(struct agenda_item *item);

#endif /* VMM_INJECT_INJECT_PRIVATE_H */
