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
	uint64_t next_us;      /* clock_us() of the next look */
	uint64_t interval_us;  /* from one look to the next */
	uint64_t used_ns;      /* CPU time of all vCPUs, at the last look */
	bool still;	       /* used_ns was the same at the look before */
};

void deadlock_begin(
    struct deadlock *deadlock, struct vm *vm, struct inject *inject);

/*
 * Look at the VM, when next_us has come.  True: the VM is dead, and paused.
 * False: next_us is set anew, and the VM runs, though it may have been paused
 * for a moment.
 */
bool deadlock_look(struct deadlock *deadlock);

#endif /* VMM_DIAGNOSE_DEADLOCK_H */
