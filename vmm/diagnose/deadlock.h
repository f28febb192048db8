/* SPDX-License-Identifier: ISC */
/*
 * A VM in which nothing can ever happen again: all its vCPUs are halted,
 * nothing is pending that could wake one, no timer is armed, and neither the
 * agenda nor the fault plan has anything for it.
 *
 * Found without the time limit, and never by mistake: when the vCPUs' threads
 * have used no CPU time for a while, the VM is paused and looked at.
 */
#ifndef VMM_DIAGNOSE_DEADLOCK_H
#define VMM_DIAGNOSE_DEADLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "vm/vm.h"

struct inject;

struct deadlock {
	struct vm *vm;
	struct inject *inject; /* NULL: no fault plan */
	uint64_t next_us;      /* of clock_us(): when to look again */
	uint64_t interval_us;  /* from one look to the next */
	uint64_t used_ns;      /* CPU time of all vCPUs, at the last look */
	bool still;	       /* and at the one before */
};

void deadlock_begin(
    struct deadlock *deadlock, struct vm *vm, struct inject *inject);

/*
 * Look, when next_us has come; sets that.  True: it is dead, and paused.
 * False: it runs as it did, but may have been paused for a moment.
 */
bool deadlock_look(struct deadlock *deadlock);

#endif /* VMM_DIAGNOSE_DEADLOCK_H */
