/* SPDX-License-Identifier: ISC */
/* x86-64: this CPU, its machine-dependent state, the spin hint. */
#ifndef MACHINE_CPU_H
#define MACHINE_CPU_H

#include <sys/types.h>
#include <xcvm/abi.h>
#include <machine/segments.h>

struct cpu_md {
	struct tss md_tss;
	uint64_t md_gdt[GDT_ENTRIES];
	uint64_t md_timer_deadline;	/* TSC the timer is armed for, or 0 */
	volatile bool md_xcall_pending; /* an xcall IPI came; pass not begun */
	volatile uint32_t md_spurious;	/* interrupts nobody asked for */
	volatile uint64_t md_arrived[16]; /* interrupts taken, by source */
	struct xcvm_req md_req;		  /* this CPU's hypercall request */
};

/* %gs points at the CPU's struct cpu_info, whose first word is its address. */
static inline struct cpu_info *
curcpu(void)
{
	struct cpu_info *ci;

	__asm("movq %%gs:0, %0" : "=r"(ci));
	return (ci);
}

/*
 * Add one to a counter of this CPU: a single instruction, so an interrupt
 * between its load and its store cannot lose a count.
 */
static inline void
cpu_count_inc(volatile uint64_t *count)
{
	__asm volatile("incq %0" : "+m"(*count));
}

/* cpu_count_inc(), with the value before: for a place in a row of this CPU's. */
static inline uint64_t
cpu_count_fetch_inc(volatile uint64_t *count)
{
	uint64_t old = 1;

	__asm volatile("xaddq %0, %1" : "+r"(old), "+m"(*count));
	return (old);
}

/* The TSC.  Not ordered with the loads and stores around it. */
static inline uint64_t
cpu_counter(void)
{
	uint32_t lo, hi;

	__asm volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return ((uint64_t)hi << 32 | lo);
}

/* Hardware interrupts off and on; returns the state for intr_restore(). */
static inline uint64_t
intr_disable(void)
{
	uint64_t flags;

	__asm volatile("pushfq; popq %0; cli" : "=r"(flags) : : "memory");
	return (flags);
}

static inline void
intr_off(void)
{
	__asm volatile("cli" : : : "memory");
}

static inline void
intr_enable(void)
{
	__asm volatile("sti" : : : "memory");
}

static inline void
intr_restore(uint64_t flags)
{
	if (flags & 0x200)
		intr_enable();
}

#define CPU_BUSY_CYCLE()	    __builtin_ia32_pause()

/* Only the model machine explores orders: guest/arch/model. */
#define cpu_explore_begin()	    ((void)0)
#define cpu_explore_outcome(number) ((void)(number))

#endif /* MACHINE_CPU_H */
