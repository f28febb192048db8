/* SPDX-License-Identifier: ISC */
/* The privileged instructions, one inline function each. */
#ifndef MACHINE_CPUFUNC_H
#define MACHINE_CPUFUNC_H

#include <sys/types.h>

struct region_descriptor {
	uint16_t rd_limit;
	uint64_t rd_base;
} __packed;

static inline void
wrmsr(uint32_t msr, uint64_t value)
{
	__asm volatile(
	    "wrmsr"
	    :
	    : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
	    : "memory");
}

static inline uint64_t
rdmsr(uint32_t msr)
{
	uint32_t lo, hi;

	__asm volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
	return ((uint64_t)hi << 32 | lo);
}

static inline uint32_t
cpuid_ecx(uint32_t leaf)
{
	uint32_t a = leaf, b, c = 0, d;

	__asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	return (c);
}

static inline void
outl(uint16_t port, uint32_t value)
{
	__asm volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void
lidt(const struct region_descriptor *rd)
{
	__asm volatile("lidt %0" : : "m"(*rd));
}

static inline void
lgdt(const struct region_descriptor *rd)
{
	__asm volatile("lgdt %0" : : "m"(*rd));
}

static inline void
ltr(uint16_t selector)
{
	__asm volatile("ltr %0" : : "r"(selector));
}

static inline uint64_t
rcr2(void)
{
	uint64_t value;

	__asm volatile("movq %%cr2, %0" : "=r"(value));
	return (value);
}

/*
 * WRMSR to an x2APIC register is not serialising: without the fence the
 * interrupt could overtake the stores it announces (SDM volume 3, 11.12.3).
 * MFENCE makes them visible, LFENCE keeps the WRMSR behind.
 */
static inline void
icr_fence(void)
{
	__asm volatile("mfence; lfence" : : : "memory");
}

/* An exception begins: nothing to do. */
static inline void
trap_begin(void)
{
}

/* Stop this CPU for good: only an NMI returns from it, and it goes on. */
static inline void __dead
cpu_halt_forever(void)
{
	for (;;)
		__asm volatile("cli; hlt");
}

#define MSR_GSBASE 0xc0000101

#endif /* MACHINE_CPUFUNC_H */
