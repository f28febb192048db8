/* SPDX-License-Identifier: ISC */
/* A timer that fires as it is armed, while callouts run. */
#include <sys/callout.h>
#include "fault/fault_case.h"

#define ROUNDS	 3
#define LATER_NS 10000000ULL

static void
count_fired(void *fired)
{
	++*(volatile u_int *)fired;
}

CASE(timer_due_as_it_is_armed, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_FAULT,
    .fault = "kind=preempt,function=cpu_timer_arm,dst=0,times=6,for_us=12000 "
	     "kind=lost,vector=ipi,probability=0",
    .doc = "A callout becomes due after the CPU has seen that it is not, and "
	   "before the timer is armed for it: it fires all the same.")
{
	volatile u_int fired = 0;
	callout_t first, next;

	callout_init(&first, CALLOUT_MPSAFE);
	callout_init(&next, CALLOUT_MPSAFE);
	for (u_int i = 1; i <= ROUNDS; i++) {
		int s = splsoftclock();

		callout_reset_nsec(
		    &first, 0, count_fired, (void *)(uintptr_t)&fired);
		/* Behind the first, so that the timer is not for it yet. */
		callout_reset_nsec(
		    &next, LATER_NS, count_fired, (void *)(uintptr_t)&fired);
		splx(s);
		SPIN_UNTIL(fired == 2 * i);
	}
}
