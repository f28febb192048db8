/* SPDX-License-Identifier: ISC */
/* cpu_xcall(9): four slots for each CPU, and a caller who waits for one. */
#include "cpu_xcall/cpu_xcall_case.h"

#ifdef MULTIPROCESSOR

CASE(o8_same_call_twice, .api = XCVM_API_CPU_XCALL, .contract = "O8",
    .min_vcpus = 2, .doc = "One object queued twice on a held CPU runs twice.")
{
	struct cpu_info *ci = cpu_lookup(1);
	struct mark runs = {0};
	struct xcall xc = XCALL_INITIALIZER(call_count, &runs);
	struct hold hold;

	hold_cpu(&hold, ci, IPL_SOFTCLOCK);
	cpu_xcall(ci, &xc);
	cpu_xcall(ci, &xc);
	hold_release(&hold);
	mark_wait(&runs, 2);
	calls_drain(ci);
	CHECK_EQ(mark_read(&runs), 2);
}

static void
four_calls(int ipl)
{
	struct cpu_info *ci = cpu_lookup(1);
	struct xcall xc[XCALL_CPU_SLOTS];
	struct mark runs = {0};
	struct hold hold;

	hold_cpu(&hold, ci, ipl);
	call_n(ci, xc, nitems(xc), call_count, &runs);
	if (ipl != HOLD_INTR_OFF)
		calls_recorded(ci, &runs);
	CHECK_EQ(mark_read(&runs), 0);
	hold_release(&hold);
	mark_wait(&runs, nitems(xc));
	calls_drain(ci);
	CHECK_EQ(mark_read(&runs), nitems(xc));
}

CASE(o9_four_calls_to_a_held_cpu, .api = XCVM_API_CPU_XCALL, .contract = "O9",
    .min_vcpus = 2,
    .doc = "A CPU held at IPL_SOFTCLOCK, above, or with interrupts off takes "
	   "four calls at once, runs none, and runs each once when it is let "
	   "go.")
{
	four_calls(IPL_SOFTCLOCK);
	four_calls(IPL_VM);
	four_calls(IPL_HIGH);
	four_calls(HOLD_INTR_OFF);
}

CASE(o9_four_calls_beside_a_running_one, .api = XCVM_API_CPU_XCALL,
    .contract = "O9", .min_vcpus = 2,
    .doc = "A function that runs has left its slot: four more calls are "
	   "taken, and wait for it to end.")
{
	struct cpu_info *ci = cpu_lookup(1);
	struct xcall first, xc[XCALL_CPU_SLOTS];
	struct gate gate = {0};
	struct mark runs = {0};

	call(ci, &first, call_gate, &gate);
	mark_wait(&gate.g_entered, 1);
	CHECK_EQ(slots_taken(ci), 0);
	call_n(ci, xc, nitems(xc), call_count, &runs);
	calls_recorded(ci, &runs);
	CHECK_EQ(mark_read(&runs), 0);
	mark_add(&gate.g_open);
	mark_wait(&runs, nitems(xc));
	calls_drain(ci);
	CHECK_EQ(mark_read(&runs), nitems(xc));
	CHECK_EQ(mark_read(&gate.g_left), 1);
}

/*
 * A CPU that holds itself at IPL_SOFTCLOCK until the caller of one call too
 * many is in, and a little longer.
 */
struct full {
	struct cpu_info *f_caller;
	struct xcall f_back; /* for the caller's CPU */
	struct mark f_entering, f_returned, f_runs, f_back_runs;
	bool f_call_back;
	/* What was true just before the release. */
	u_int f_early_returns, f_early_runs, f_early_back_runs;
};

static void
until_full(void *arg)
{
	struct full *f = arg;

	mark_wait(&f->f_entering, 1);
	if (f->f_call_back) {
		call(f->f_caller, &f->f_back, call_count, &f->f_back_runs);
		calls_recorded(f->f_caller, &f->f_back_runs);
	}
	/* Time for what must not happen. */
	delay(1000);
	f->f_early_returns = mark_read(&f->f_returned);
	f->f_early_runs = mark_read(&f->f_runs);
	f->f_early_back_runs = mark_read(&f->f_back_runs);
}

/* Make one call too many; the caller is at its level when it returns. */
static void
overfill(struct full *f, struct xcall *xc, u_int n)
{
	call_n(cpu_lookup(1), xc, n - 1, call_count, &f->f_runs);
	mark_add(&f->f_entering);
	call(cpu_lookup(1), &xc[n - 1], call_count, &f->f_runs);
	mark_add(&f->f_returned);
}

static void
check_overfilled(const struct full *f, u_int n)
{
	CHECK_EQ(f->f_early_runs, 0);
	CHECK_EQ(f->f_early_returns, 0);
	mark_wait(&f->f_runs, n);
	calls_drain(cpu_lookup(1));
	CHECK_EQ(mark_read(&f->f_runs), n);
}

CASE(o10_fifth_call_waits, .api = XCVM_API_CPU_XCALL, .contract = "O10",
    .min_vcpus = 2,
    .doc = "The fifth call to a held CPU returns only after the CPU is let "
	   "go; five run.")
{
	struct full f = {.f_caller = curcpu()};
	struct xcall xc[XCALL_CPU_SLOTS + 1];
	struct hold hold;

	hold_cpu_until(&hold, cpu_lookup(1), IPL_SOFTCLOCK, until_full, &f);
	overfill(&f, xc, nitems(xc));
	CHECK_EQ(curcpu()->ci_ilevel, IPL_NONE);
	hold_join(&hold);
	check_overfilled(&f, nitems(xc));
}

CASE(o10_waiting_call_serves_nobody, .api = XCVM_API_CPU_XCALL,
    .contract = "O10", .min_vcpus = 2,
    .doc = "A caller that waits for a slot at IPL_SOFTCLOCK stays at that "
	   "level: calls queued for its CPU do not run meanwhile.")
{
	struct full f = {.f_caller = curcpu(), .f_call_back = true};
	struct xcall xc[XCALL_CPU_SLOTS + 1];
	struct hold hold;
	int s;

	hold_cpu_until(&hold, cpu_lookup(1), IPL_SOFTCLOCK, until_full, &f);
	s = splsoftclock();
	overfill(&f, xc, nitems(xc));
	CHECK_EQ(curcpu()->ci_ilevel, IPL_SOFTCLOCK);
	CHECK_EQ(mark_read(&f.f_back_runs), 0);
	splx(s);
	mark_wait(&f.f_back_runs, 1);
	hold_join(&hold);
	check_overfilled(&f, nitems(xc));
	CHECK_EQ(f.f_early_back_runs, 0);
	CHECK_EQ(mark_read(&f.f_back_runs), 1);
}

#endif /* MULTIPROCESSOR */
