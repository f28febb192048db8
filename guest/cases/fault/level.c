/* SPDX-License-Identifier: ISC */
/* A vCPU that is taken away in an interrupt, so that it can be looked at. */
#include "fault/fault_case.h"

#ifdef MULTIPROCESSOR

#define TRIES 8

#define AWAY_IN(function) \
	"kind=preempt,function=" function ",dst=1,times=8,for_us=30000"

static volatile bool over;
static volatile u_int nested; /* interrupts within the one looked at */

static void
note_nested(void *arg __unused)
{
	CHECK(cpu_intr_p());
	CHECK_EQ(cpu_ipl(), IPL_HIGH);
	if (curcpu()->ci_idepth == 2)
		nested++;
}

static void
take_timer(void *arg __unused)
{
	take_interrupts();
	CHECK(!cpu_intr_p());
	over = true;
}

static void
be_switched_to(void *arg __unused)
{
	CHECK(!cpu_intr_p());
	over = true;
}

/*
 * Is the CPU seen in one interrupt, of that source, long enough to say at what
 * level, and does another come in between?
 */
static bool
look(struct cpu_info *ci, u_int source)
{
	uint64_t which;
	u_int before = nested;
	int level;

	SPIN_UNTIL(ci->ci_idepth != 0 || over);
	which = intr_arrived(ci, source);
	delay(1000);
	level = ci->ci_ilevel;
	if (ci->ci_idepth != 1 || intr_arrived(ci, source) != which)
		return (false);
	CHECK_EQ(level, IPL_SCHED);
	test_interrupt(ci);
	SPIN_UNTIL(over);
	return (nested != before);
}

static void
look_often(void (*thread)(void *), u_int source)
{
	struct cpu_info *ci = cpu_lookup(1);
	bool seen = false;

	test_interrupt_establish(note_nested, NULL);
	for (u_int i = 0; i < TRIES && !seen; i++) {
		struct lwp *l;

		await_idle(ci);
		over = false;
		l = thread_start(ci, thread, NULL);
		seen = look(ci, source);
		thread_join(l);
	}
	take_interrupts_everywhere();
	CHECK_EQ(ci->ci_idepth, 0);
	if (!seen)
		case_skip("the CPU was never found within the handler");
}

CASE(ipl_of_the_timer, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_FAULT,
    .min_vcpus = 2, .fault = AWAY_IN("callout_intr"),
    .doc = "The timer's handler runs at IPL_SCHED, and an interrupt of a "
	   "higher level comes within it.")
{
	look_often(take_timer, LIR_TIMER);
}

CASE(ipl_of_a_reschedule, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_FAULT,
    .min_vcpus = 2, .fault = AWAY_IN("sched_ipi"),
    .doc = "The handler of a reschedule IPI runs at IPL_SCHED, and an "
	   "interrupt of a higher level comes within it.")
{
	look_often(be_switched_to, LIR_RESCHED);
}

#endif /* MULTIPROCESSOR */
