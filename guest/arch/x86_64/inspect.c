/* SPDX-License-Identifier: ISC */
/* What the VMM is told of the machine's side of the kernel. */
#include <sys/inspect.h>
#include <machine/intr.h>

#define VECTOR(name_, source_)                   \
	INSPECT(VECTOR, vector, .name = (name_), \
	    .number = INTR_VECTOR(source_), .source = (source_))

VECTOR("timer", LIR_TIMER);
VECTOR("resched", LIR_RESCHED);
VECTOR("xcall", LIR_XCALL);
VECTOR("ipi", LIR_IPI);
VECTOR("test", LIR_TEST);
