/* SPDX-License-Identifier: ISC */
/* What the VMM is told of the machine's side of the kernel. */
#include <sys/inspect.h>
#include <sys/intr.h>
#include <sys/xcall.h>
#include <machine/intr.h>

#define VECTOR(name_, source_)                   \
	INSPECT(VECTOR, vector, .name = (name_), \
	    .number = INTR_VECTOR(source_), .source = (source_))

VECTOR("timer", LIR_TIMER);
VECTOR("resched", LIR_RESCHED);
VECTOR("xcall", LIR_XCALL);
VECTOR("ipi", LIR_IPI);
VECTOR("test", LIR_TEST);

/* Levels as source_ipl[] of intr.c has them. */
#define SOURCE(name_, bit_, level_) \
	INSPECT(                    \
	    SOURCE, source, .name = (name_), .bit = (bit_), .level = (level_))

SOURCE("preempt", SIR_PREEMPT, IPL_PREEMPT);
SOURCE("softclock", SIR_CLOCK, IPL_SOFTCLOCK);
SOURCE("softbio", SIR_BIO, IPL_SOFTBIO);
SOURCE("softnet", SIR_NET, IPL_SOFTNET);
SOURCE("softserial", SIR_SERIAL, IPL_SOFTSERIAL);
SOURCE("timer", LIR_TIMER, IPL_SCHED);
SOURCE("resched", LIR_RESCHED, IPL_SCHED);
SOURCE("xcall", LIR_XCALL, IPL_HIGH);
SOURCE("ipi", LIR_IPI, IPL_HIGH);
SOURCE("test", LIR_TEST, IPL_HIGH);

#define LEVEL(ipl_) INSPECT_NUMBER(LEVEL, #ipl_, ipl_)

LEVEL(IPL_NONE);
LEVEL(IPL_PREEMPT);
LEVEL(IPL_SOFTCLOCK);
LEVEL(IPL_SOFTBIO);
LEVEL(IPL_SOFTNET);
LEVEL(IPL_SOFTSERIAL);
LEVEL(IPL_VM);
LEVEL(IPL_SCHED);
LEVEL(IPL_HIGH);

INSPECT_NUMBER(ENTRY, "intr_entry", 0);
INSPECT_NUMBER(ENTRY, "trap_entry", 0);

/* What cpu_switchto() leaves above the saved stack pointer. */
INSPECT_FIELD(THREAD_FRAME, {.offset = 5 * 8, .size = 8});

/* Without other CPUs, nothing is put off. */
#ifdef MULTIPROCESSOR
#define XCALL_SERVICE cpu_xcall_dispatch
#else
#define XCALL_SERVICE NULL
#endif
INSPECT(WAY, way, .mark = INSPECT_CPU(ci_md.md_xcall_pending),
    .thread = INSPECT_CPU(ci_softlwp[SOFTINT_CLOCK]), .service = XCALL_SERVICE,
    .vector = "xcall", .primitive = XCVM_TRACE_CPU_XCALL, .source = SIR_CLOCK);
