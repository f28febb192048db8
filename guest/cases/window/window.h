/* SPDX-License-Identifier: ISC */
/*
 * Windows: what else is done while a CPU or a thread stands between two
 * instructions of an operation, one after the other.
 *
 * The plan of such a case walks from window_begin() on (docs/faults.md): each
 * time that an operation is done, something happens at its next instruction.
 * CPU 1 is taken away while CPU 0 goes on, or this CPU is interrupted.
 */
#ifndef CASES_WINDOW_WINDOW_H
#define CASES_WINDOW_WINDOW_H

#include "call.h"
#include "ground.h"

struct window {
	/* Does the operation of that number, behind window_begin(). */
	void (*w_do)(u_int operation);
	/* What is done meanwhile, by that CPU; `time` counts from 0. */
	void (*w_meanwhile)(u_int cpu, u_int time);
	u_int w_operations;
	void (*w_end)(void); /* window_cpus(): CPU 1, at last; or NULL */
};

/* The walk begins here, each time that it is called. */
void window_begin(void);

/* Likewise, if the operation is that one. */
static inline void
window_begin_if(bool this)
{
	if (this)
		window_begin();
}

/* CPU 1 does them, and is taken away; CPU 0 does w_meanwhile. */
void window_cpus(const struct window *);

/* This CPU does them, and an interrupt at IPL_HIGH does w_meanwhile. */
void window_interrupt(const struct window *);

/* Likewise, in a thread of this CPU that is better, as soon as it may run. */
void window_thread(const struct window *);

/*
 * What a case declares for these: `places` is how many instructions of each
 * operation are stopped at.
 */
#define WINDOW(plan, places, fewest)                                    \
	.kind = XCVM_KIND_FAULT, .min_vcpus = (fewest), .max_vcpus = 8, \
	.fault = plan ",function=window_begin,walk=" #places,           \
	PARAMS(PARAM_KERNEL, PARAM_BUDGET(10000),                       \
	    PARAM("places", places,                                     \
		"instructions of each operation, as many "              \
		"as the plan's walk"))
#define WINDOW_CPUS(places) WINDOW(TAKEN_AWAY(300), places, 2)
#define WINDOW_HERE(places) WINDOW(INTERRUPTED, places, 1)
/* For so many microseconds: as long as CPU 0 needs on an emulated host. */
#define TAKEN_AWAY(us)	    "kind=preempt,dst=1,for_us=" #us
#define INTERRUPTED	    "kind=spurious,vector=test,dst=0"

#endif /* CASES_WINDOW_WINDOW_H */
