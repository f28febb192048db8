/* SPDX-License-Identifier: ISC */
/* An ICR write with the TSC from just before it: for measuring. */
#include <machine/cpufunc.h>
#include <machine/lapic.h>

uint64_t
lapic_icr_clocked(uint64_t command)
{
	uint32_t lo, hi;

	if (lapic_icr_fence)
		icr_fence();
	__asm volatile("rdtsc; movl %%eax, %0; movl %%edx, %1;"
		       "movl %3, %%eax; movl %4, %%edx; wrmsr"
		       : "=&r"(lo), "=&r"(hi)
		       : "c"(MSR_X2APIC_ICR), "r"((uint32_t)command),
		       "r"((uint32_t)(command >> 32))
		       : "eax", "edx", "memory");
	return ((uint64_t)hi << 32 | lo);
}
