/* SPDX-License-Identifier: ISC */
/* What are privileged instructions elsewhere. */
#ifndef MACHINE_CPUFUNC_H
#define MACHINE_CPUFUNC_H

#include <sys/types.h>

/* The x2APIC's registers; any other MSR stops the run. */
void wrmsr(uint32_t msr, uint64_t value);
uint64_t rdmsr(uint32_t msr);

/* All CPUs are alike: x2APIC, TSC-deadline timer. */
static inline uint32_t
cpuid_ecx(uint32_t leaf)
{
	return (leaf == 1 ? 1U << 21 | 1U << 24 : 0);
}

/* A request to the VMM.  Port I/O empties the store buffer. */
void outl(uint16_t port, uint32_t value);

/* The fence before an ICR write empties the store buffer; the write does not. */
void icr_fence(void);

/* An exception begins, in the real CPU 0's ring 0: no points from here on. */
void trap_begin(void);

static inline uint64_t
rcr2(void)
{
	uint64_t value;

	__asm volatile("movq %%cr2, %0" : "=r"(value));
	return (value);
}

/* Stop this CPU for good. */
void cpu_halt_forever(void) __dead;

#endif /* MACHINE_CPUFUNC_H */
