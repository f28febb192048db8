/* SPDX-License-Identifier: ISC */
/* CR8, the class of the task priority. */
#ifndef X2APIC_CR8_H
#define X2APIC_CR8_H

#include <sys/types.h>

static inline uint64_t
cr8(void)
{
	uint64_t class;

	__asm volatile("movq %%cr8, %0" : "=r"(class) : : "memory");
	return (class);
}

static inline void
set_cr8(uint64_t class)
{
	__asm volatile("movq %0, %%cr8" : : "r"(class) : "memory");
}

#endif /* X2APIC_CR8_H */
