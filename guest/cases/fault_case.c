/* SPDX-License-Identifier: ISC */
/* What the fault cases share. */
#include "fault_case.h"

#ifdef MULTIPROCESSOR

void
fault_settle(struct cpu_info *ci)
{
	calls_drain(ci);
	ipi_settle(ci);
	xc_barrier(XC_HIGHPRI);
	xc_barrier(0);
}

#endif /* MULTIPROCESSOR */
