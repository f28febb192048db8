/* SPDX-License-Identifier: ISC */
/*
 * Counters of the cross-call stacks: one per CPU and kind, summed on read.
 * Contract section 5, decision 9.
 */
#ifndef SYS_XCSTAT_H
#define SYS_XCSTAT_H

#include <sys/cpu.h>

#define XCSTATS(X)                                                         \
	X(XCS_XCALL_REMOTE, "cpu_xcall calls to other CPUs")               \
	X(XCS_XCALL_SELF, "cpu_xcall calls to the own CPU")                \
	X(XCS_XCALL_SYNC, "cpu_xcall_sync calls")                          \
	X(XCS_XCALL_RUN, "cpu_xcall functions run from a slot")            \
	X(XCS_XCALL_IPI, "cpu_xcall IPIs sent")                            \
	X(XCS_XCALL_FULL, "cpu_xcall calls that found all slots taken")    \
	X(XCS_XCALL_SPIN, "cpu_xcall scans that found no free slot")       \
	X(XCS_RESCHED_IPI, "reschedule IPIs sent")                         \
	X(XCS_RESCHED_ELIDED, "reschedule IPIs left out: one was pending") \
	X(XCS_STALLS, "waits that passed the stall limit")

#define XCSTAT_ENUM(id, name) id,
enum xcstat { XCSTATS(XCSTAT_ENUM) XCS_COUNT };
#undef XCSTAT_ENUM

/* Count one on this CPU.  Any context, any IPL. */
#define xcstat_inc(id) cpu_count_inc(&curcpu()->ci_xcstat[id])

/* The sum over all attached CPUs; exact once the counted work is at rest. */
uint64_t xcstat_sum(enum xcstat);

/* The name, as reports show it. */
const char *xcstat_name(enum xcstat);

#endif /* SYS_XCSTAT_H */
