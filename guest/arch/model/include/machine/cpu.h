/* SPDX-License-Identifier: ISC */
/* The model machine: this CPU, its machine-dependent state, the spin hint. */
#ifndef MACHINE_CPU_H
#define MACHINE_CPU_H

#include <sys/types.h>
#include <xcvm/abi.h>
#include <machine/segments.h>

struct cpu_md {
	uint64_t md_timer_deadline;	/* model time of the timer, or 0 */
	volatile bool md_xcall_pending; /* an xcall IPI came; pass not begun */
	volatile uint32_t md_spurious;	/* interrupts nobody asked for */
	volatile uint64_t md_arrived[16]; /* interrupts taken, by source */
	struct xcvm_req md_req;		  /* this CPU's hypercall request */
};

/*
 * Whose turn it is.  Constant for whoever reads it: a CPU that does not run
 * reads nothing.
 */
static inline struct cpu_info *
curcpu(void)
{
	struct cpu_info *ci;

	__asm("movq model_self(%%rip), %0" : "=r"(ci));
	return (ci);
}

/* One instruction each, so no point lies between load and store. */
static inline void
cpu_count_inc(volatile uint64_t *count)
{
	__asm volatile("incq %0" : "+m"(*count));
}

static inline uint64_t
cpu_count_fetch_inc(volatile uint64_t *count)
{
	uint64_t old = 1;

	__asm volatile("xaddq %0, %1" : "+r"(old), "+m"(*count));
	return (old);
}

/* Model time: it goes on with each point, and leaps where nobody can run. */
uint64_t cpu_counter(void);

/* The interrupt flag is data; intr_disable() returns it for intr_restore(). */
uint64_t intr_disable(void);
void intr_off(void);
void intr_enable(void);
void intr_restore(uint64_t);

/* Spin hint: somebody else's turn. */
void model_pause(void);
#define CPU_BUSY_CYCLE() model_pause()

/*
 * Orders are explored from here on: what a case did before is done once.  The
 * first call in a run counts.  Thread context, CPU 0, IPL_NONE, the others idle.
 */
void cpu_explore_begin(void);

/* Note that an order came out so; for cases whose outcomes are counted. */
void cpu_explore_outcome(u_int number); /* below 64 */

#endif /* MACHINE_CPU_H */
