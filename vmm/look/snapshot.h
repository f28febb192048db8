/* SPDX-License-Identifier: ISC */
/*
 * A paused VM as it stands: of each vCPU, what KVM and the local APIC say; of
 * the guest kernel, what it keeps of itself; and its trace.  Read once, so
 * that all that is said of it agrees.
 */
#ifndef VMM_LOOK_SNAPSHOT_H
#define VMM_LOOK_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/kvm.h>

#include "base/failure.h"
#include "look/inspect.h"
#include "vm/apic.h"
#include "vm/trace.h"
#include "vm/vm.h"

enum snapshot_state {
	SNAPSHOT_UNKNOWN, /* KVM does not say, or says another */
	SNAPSHOT_NOT_STARTED,
	SNAPSHOT_RUNNING,
	SNAPSHOT_HALTED,
	SNAPSHOT_WAITS_SIPI, /* waits for a start-up IPI */
	SNAPSHOT_GOT_SIPI,
	SNAPSHOT_STOPPED /* it never runs again */
};

struct snapshot_cpu {
	enum snapshot_state state;
	bool started;
	bool ended; /* it never runs again */
	bool held;  /* the fault plan does not let it run now */
	bool has_regs;
	bool has_sregs;
	struct failure error; /* why it has no sregs */
	struct kvm_regs regs;
	struct kvm_sregs sregs;
	bool has_apic;
	struct apic_state apic;
	uint64_t tsc; /* the guest's; 0: not readable */
	struct trace trace;
};

struct snapshot {
	const struct vm *vm;
	struct snapshot_cpu *cpus; /* vm_cpus() of them */
	struct inspect in;
};

/*
 * Take a snapshot of a paused VM, which stays paused until snapshot_free().  A
 * CPU that a trap ended (`ending` may be NULL) is as it was at the trap.  0, or
 * -1 when memory runs out.
 */
int snapshot_take(
    struct snapshot *snapshot, struct vm *vm, const struct ending *ending);
void snapshot_free(struct snapshot *snapshot);

/* "running", "halted", "not started", ...: as events and reports say. */
const char *snapshot_state_name(enum snapshot_state state);

/* Is a maskable interrupt kept out by RFLAGS.IF? */
bool snapshot_if_off(const struct snapshot *snapshot, uint32_t cpu);

#endif /* VMM_LOOK_SNAPSHOT_H */
