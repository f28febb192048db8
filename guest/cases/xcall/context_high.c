/* SPDX-License-Identifier: ISC */
/* xcall(9) HIGH: sections in which a thread must not sleep for a call. */
#include "xcall/xcall_case.h"

#ifdef MULTIPROCESSOR

/* Behind a call to a CPU that holds it off. */
static struct mark runs;
static uint64_t ticket;

static void
submit(void)
{
	xc_unicast(XC_HIGHPRI, call_count_2, &runs, NULL, curcpu());
}

static void
wait(void)
{
	xc_wait(ticket);
}

static void
at_raised_ipl(void (*func)(void))
{
	int s = splsoftclock();

	func();
	splx(s);
}

static void
unpreemptible(void (*func)(void))
{
	kpreempt_disable();
	func();
	kpreempt_enable();
}

static void
behind_high(void (*place)(void (*)(void)), void (*func)(void))
{
	struct cpu_info *ci = nx_last_cpu();
	struct hold hold;

	hold_cpu(&hold, ci, IPL_HIGH);
	ticket = xc_unicast(XC_HIGHPRI, call_count_2, &runs, NULL, ci);
	place(func);
	hold_release(&hold);
}

#define HIGH_CASE(func, what, place, text)                                    \
	CASE(n29_high_##func##_sleeps_##place, .api = XCVM_API_XCALL,         \
	    .kind = XCVM_KIND_MISUSE, .contract = "N29,D8", .decision = 8,    \
	    .min_vcpus = 2, .panic = "xc_" what ": called " text,             \
	    .doc = "xc_" what "() that must sleep for a HIGH call panics if " \
		   "called " text ".")                                        \
	{                                                                     \
		behind_high(place, func);                                     \
	}
#define HIGH_CASES(place, text)                   \
	HIGH_CASE(submit, "unicast", place, text) \
	HIGH_CASE(wait, "wait", place, text)

HIGH_CASES(at_raised_ipl, "at raised IPL")
HIGH_CASES(unpreemptible, "with preemption disabled")

#endif /* MULTIPROCESSOR */
