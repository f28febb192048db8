/* SPDX-License-Identifier: ISC */
/* cpu_xcall(9): places other than the first of the first CPU. */
#include "cpu_xcall/cpu_xcall_case.h"

#ifdef MULTIPROCESSOR

/* Calls that fill a CPU's slots; all run one function. */
struct filled {
	struct xcall f_xc[XCALL_CPU_SLOTS];
	struct mark f_runs;
	u_int f_left;	/* queued beside the one that stops, as it began, */
	u_int f_within; /* and run by the pass that it makes itself */
};

static void
fill(struct cpu_info *ci, struct filled *f, void (*func)(void *))
{
	call_n(ci, f->f_xc, nitems(f->f_xc), func, f);
}

/* --- a pass with empty slots before those that are taken --- */

/* The last but one makes a pass of its own. */
static void
call_and_dispatch(void *arg)
{
	struct filled *f = arg;

	mark_add(&f->f_runs);
	if (mark_read(&f->f_runs) != XCALL_CPU_SLOTS - 1)
		return;
	f->f_left = slots_taken(curcpu());
	cpu_xcall_dispatch(curcpu());
	f->f_within = mark_read(&f->f_runs) - (XCALL_CPU_SLOTS - 1);
}

CASE(o9_pass_over_empty_slots, .api = XCVM_API_CPU_XCALL, .contract = "O9",
    .min_vcpus = 2,
    .doc = "A pass that finds but one slot taken, whichever, runs the call "
	   "there: one made by the last but one of four functions.")
{
	struct cpu_info *ci = cpu_lookup(ncpu - 1);
	struct filled f = {.f_left = 0};
	struct hold hold;

	hold_cpu(&hold, ci, IPL_SOFTCLOCK);
	fill(ci, &f, call_and_dispatch);
	hold_release(&hold);
	mark_wait(&f.f_runs, XCALL_CPU_SLOTS);
	calls_drain(ci);
	CHECK_EQ(mark_read(&f.f_runs), XCALL_CPU_SLOTS);
	CHECK_EQ(f.f_left, 1);
	CHECK_EQ(f.f_within, 1);
}

/* --- a call behind others --- */

CASE(o9_each_call_interrupts, .api = XCVM_API_CPU_XCALL, .contract = "O9",
    .min_vcpus = 2,
    .doc = "Each of four calls to a CPU held at IPL_SOFTCLOCK interrupts it, "
	   "though one is on its way to run.")
{
	struct cpu_info *ci = cpu_lookup(1);
	struct mark runs = {0};
	struct xcall xc[XCALL_CPU_SLOTS];
	struct hold hold;
	uint64_t before;

	hold_cpu(&hold, ci, IPL_SOFTCLOCK);
	before = intr_arrived(ci, LIR_XCALL);
	for (u_int i = 0; i < nitems(xc); i++) {
		call(ci, &xc[i], call_count, &runs);
		/* By itself, or it would be merged with the one before. */
		SPIN_UNTIL(intr_arrived(ci, LIR_XCALL) > before + i);
	}
	CHECK_EQ(mark_read(&runs), 0);
	hold_release(&hold);
	mark_wait(&runs, nitems(xc));
}

/* --- misuse of a call, or a CPU, of which not the first slot tells --- */

#define MISUSE                                                              \
	.api = XCVM_API_CPU_XCALL, .kind = XCVM_KIND_MISUSE, .decision = 8, \
	.min_vcpus = 2

/* Queue calls on a CPU that is held, and change one of them. */
static void
change_queued(struct cpu_info *ci, u_int i)
{
	struct filled f = {.f_left = 0};
	struct hold hold;

	hold_cpu(&hold, ci, IPL_SOFTCLOCK);
	fill(ci, &f, call_nothing);
	cpu_xcall_set(&f.f_xc[i], call_nothing, NULL);
	hold_release(&hold);
}

CASE(o28_set_of_the_second_call, MISUSE, .contract = "O28,D8",
    .panic = "cpu_xcall_set: the xcall is queued",
    .doc = "Changing the second of four objects queued on a CPU panics.")
{
	change_queued(cpu_lookup(1), 1);
}

CASE(o28_set_of_the_last_call, MISUSE, .contract = "O28,D8",
    .panic = "cpu_xcall_set: the xcall is queued",
    .doc = "Changing the last of four objects queued on the last CPU panics.")
{
	change_queued(cpu_lookup(ncpu - 1), XCALL_CPU_SLOTS - 1);
}

static void
change_own(void *arg __unused)
{
	change_queued(cpu_lookup(0), 0);
}

CASE(o28_set_of_a_call_to_cpu_0, MISUSE, .contract = "O28,D8", .panic_cpu = 1,
    .panic = "cpu_xcall_set: the xcall is queued",
    .doc = "Changing an object queued on CPU 0 panics.")
{
	thread_join(thread_start(cpu_lookup(1), change_own, NULL));
}

struct own {
	struct xcall o_xc;
	struct cpu_info *o_cpu;
	struct mark o_raised, o_queued;
};

static void
queue_for(void *arg)
{
	struct own *o = arg;

	mark_wait(&o->o_raised, 1);
	cpu_xcall(o->o_cpu, &o->o_xc);
	mark_add(&o->o_queued);
}

CASE(o28_set_of_a_call_to_the_own_cpu, MISUSE, .contract = "O28,D8",
    .panic = "cpu_xcall_set: the xcall is queued",
    .doc = "Changing an object that another CPU has queued here panics.")
{
	struct own o = {.o_cpu = curcpu()};
	struct lwp *l = thread_start(cpu_lookup(1), queue_for, &o);
	int s;

	cpu_xcall_set(&o.o_xc, call_nothing, NULL);
	s = splsoftclock();
	mark_add(&o.o_raised);
	mark_wait(&o.o_queued, 1);
	cpu_xcall_set(&o.o_xc, call_nothing, NULL);
	splx(s);
	thread_join(l);
}

/* The last but one finds one call queued, which is not in the first slot. */
static void
call_and_establish(void *arg)
{
	struct filled *f = arg;

	mark_add(&f->f_runs);
	if (mark_read(&f->f_runs) == XCALL_CPU_SLOTS - 1)
		cpu_xcall_establish(curcpu());
}

CASE(o29_establish_with_the_last_call_queued, MISUSE, .contract = "O29,D8",
    .panic = "cpu_xcall_establish: cpu1 has calls queued", .panic_cpu = 1,
    .doc = "Establishing a CPU of whose slots but the last is taken panics.")
{
	struct cpu_info *ci = cpu_lookup(1);
	struct filled f = {.f_left = 0};
	struct hold hold;

	hold_cpu(&hold, ci, IPL_SOFTCLOCK);
	fill(ci, &f, call_and_establish);
	hold_release(&hold);
	mark_wait(&f.f_runs, XCALL_CPU_SLOTS);
}

#endif /* MULTIPROCESSOR */
