/* SPDX-License-Identifier: ISC */
/*
 * What the VMM is told of the kernel's interfaces, whoever implements them.
 * What else is told stands in the file that it is about.
 */
#include <sys/cpu.h>
#include <sys/inspect.h>
#include <sys/ipi.h>
#include <sys/mutex.h>
#include <machine/intr.h>

/* Functions that wait for a call. */
#define WAITS(function_, primitive_) \
	INSPECT_NUMBER(PRIMITIVE, function_, XCVM_TRACE_##primitive_)

WAITS("cpu_xcall", CPU_XCALL);
WAITS("cpu_xcall_sync", CPU_XCALL);
WAITS("xc_broadcast", XCALL_HIGH);
WAITS("xc_unicast", XCALL_HIGH);
WAITS("xc_wait", XCALL_HIGH);
/* The names that our own waits have, which know their class. */
WAITS("xc_broadcast (LOW)", XCALL_LOW);
WAITS("xc_broadcast (HIGH)", XCALL_HIGH);
WAITS("xc_unicast (LOW)", XCALL_LOW);
WAITS("xc_unicast (HIGH)", XCALL_HIGH);
WAITS("xc_wait (LOW)", XCALL_LOW);
WAITS("xc_wait (HIGH)", XCALL_HIGH);
WAITS("ipi_unicast", IPI_MESSAGE);
WAITS("ipi_multicast", IPI_MESSAGE);
WAITS("ipi_broadcast", IPI_MESSAGE);
WAITS("ipi_wait", IPI_MESSAGE);

/* How their calls reach a CPU; cpu_xcall(9)'s way is the machine's. */
INSPECT(WAY, way, .service = ipi_cpu_handler, .vector = "ipi",
    .primitive = XCVM_TRACE_IPI_MESSAGE, .source = XCVM_NO_SOURCE);
INSPECT(WAY, way, .service = ipi_cpu_handler, .vector = "ipi",
    .primitive = XCVM_TRACE_IPI_NUMBER, .source = XCVM_NO_SOURCE);

INSPECT(SLOTS, slots, .name = "cpu_xcall slot",
    .at = INSPECT_CPU(ci_xcall.xci_xcalls[0]), .count = XCALL_CPU_SLOTS,
    .function = offsetof(struct xcall, xc_func),
    .argument = offsetof(struct xcall, xc_arg),
    .primitive = XCVM_TRACE_CPU_XCALL);

INSPECT_FIELD(CPU_SELF, INSPECT_CPU(ci_self));
INSPECT_FIELD(CPU_LEVEL, INSPECT_CPU(ci_ilevel));
INSPECT_FIELD(CPU_PENDING, INSPECT_CPU(ci_ipending));
INSPECT_FIELD(CPU_DEPTH, INSPECT_CPU(ci_idepth));
INSPECT_FIELD(CPU_THREAD, INSPECT_CPU(ci_curlwp));
INSPECT_FIELD(CPU_RESCHED, INSPECT_CPU(ci_schedstate.spc_want_resched));
INSPECT_FIELDS(CPU_SOFTINTS, SOFTINT_LEVELS, INSPECT_CPU(ci_softlwp[0]));

INSPECT_FIELD(MUTEX_OWNER, INSPECT_MEMBER(struct kmutex, mtx_owner));
