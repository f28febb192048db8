/* SPDX-License-Identifier: ISC */
/*
 * Counters of the cross-call stacks: one per CPU and kind, summed on read.
 * See docs/contract.md, D9.
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
	X(XCS_IPI_TRIGGER, "ipi_trigger targets")                          \
	X(XCS_IPI_SELF, "ipi services in the sender's context")            \
	X(XCS_IPI_MSG, "ipi message targets")                              \
	X(XCS_IPI_MSG_SELF, "ipi messages run in the sender's context")    \
	X(XCS_IPI_RUN, "ipi handlers run")                                 \
	X(XCS_IPI_MSG_RUN, "ipi messages run from a mailbox")              \
	X(XCS_IPI_SENT, "ipi interrupts sent")                             \
	X(XCS_IPI_ELIDED, "ipi interrupts left out: the bit was set")      \
	X(XCS_IPI_FULL, "ipi messages that found a full mailbox")          \
	X(XCS_IPI_SPIN, "ipi scans that found no free place")              \
	X(XCS_XC_LOW_UNICAST, "xc_unicast LOW calls")                      \
	X(XCS_XC_LOW_BROADCAST, "xc_broadcast LOW calls")                  \
	X(XCS_XC_LOW_RUN, "xcall LOW functions run")                       \
	X(XCS_XC_HIGH_UNICAST, "xc_unicast HIGH calls")                    \
	X(XCS_XC_HIGH_BROADCAST, "xc_broadcast HIGH calls")                \
	X(XCS_XC_HIGH_RUN, "xcall HIGH functions run")                     \
	X(XCS_RESCHED_IPI, "reschedule IPIs sent")                         \
	X(XCS_RESCHED_ELIDED, "reschedule IPIs left out: one was pending") \
	X(XCS_STALLS, "waits that passed the stall limit")                 \
	X(XCS_RESENT, "stalled waits that sent their interrupt again")

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
