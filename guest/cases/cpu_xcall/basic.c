/* SPDX-License-Identifier: ISC */
/* cpu_xcall(9): a call to another CPU runs there, once, at IPL_SOFTCLOCK. */
#include <sys/kmem.h>
#include "ground.h"
#include "cpu_xcall/cpu_xcall_case.h"

CASE(o1_initializer_and_set, .api = XCVM_API_CPU_XCALL, .contract = "O1",
    .doc = "XCALL_INITIALIZER() and cpu_xcall_set() prepare the same call.")
{
	static struct mark runs;
	static struct xcall xc = XCALL_INITIALIZER(call_count, &runs);
	struct xcall set;

	cpu_xcall_set(&set, call_count, &runs);
	CHECK_EQ(set.xc_func, xc.xc_func);
	CHECK_EQ(set.xc_arg, xc.xc_arg);
	cpu_xcall(cpu_lookup(ncpu - 1), &xc);
	mark_wait(&runs, 1);
	cpu_xcall(cpu_lookup(ncpu - 1), &set);
	mark_wait(&runs, 2);
}

#ifdef MULTIPROCESSOR

/* A call for each CPU, with what it saw there. */
struct row {
	struct xcall xc;
	struct seen seen;
	u_int sent;
};

/* With more CPUs than that, each calls so many others, evenly spread. */
#define PARTNERS 31

/* The k-th CPU that CPU self calls, or self when there are no more. */
static u_int
partner(u_int self, u_int k)
{
	u_int distance = 1 + k * howmany(ncpu - 1, PARTNERS);

	return (distance < ncpu ? (self + distance) % ncpu : self);
}

static void
call_others(void *arg)
{
	struct row *row = arg;
	u_int self = cpu_number(), i;

	for (u_int k = 0; (i = partner(self, k)) != self; k++) {
		row[i].sent++;
		cpu_xcall(cpu_lookup(i), &row[i].xc);
	}
	for (u_int k = 0; (i = partner(self, k)) != self; k++) {
		mark_wait(&row[i].seen.s_runs, row[i].sent);
		CHECK_EQ(row[i].seen.s_cpu, i);
	}
}

CASE(o1_remote_call_each_pair, .api = XCVM_API_CPU_XCALL, .contract = "O1",
    .min_vcpus = 2,
    .doc = "A call from each CPU to each other runs there once, with its "
	   "argument.")
{
	struct row *row = kmem_zalloc(ncpu * sizeof(*row), KM_SLEEP);

	for (u_int i = 0; i < ncpu; i++)
		cpu_xcall_set(&row[i].xc, call_see, &row[i].seen);
	for (u_int i = 0; i < ncpu; i++)
		thread_join(thread_start(cpu_lookup(i), call_others, row));
	calls_drain_others();
	for (u_int i = 0; i < ncpu; i++)
		CHECK_EQ(mark_read(&row[i].seen.s_runs), row[i].sent);
	if (ncpu <= PARTNERS + 1)
		CHECK_EQ(row[0].sent, ncpu - 1);
}

/* Call CPU 1 from here, wherever that is. */
static void
call_from_here(void *arg)
{
	struct row *row = arg;

	call(cpu_lookup(1), &row->xc, call_see, &row->seen);
}

/* One more call has run, on CPU 1, in its own context. */
static void
check_ran(struct row *row)
{
	mark_wait(&row->seen.s_runs, ++row->sent);
	CHECK_EQ(row->seen.s_cpu, 1);
	CHECK_EQ(row->seen.s_ipl, IPL_SOFTCLOCK);
}

CASE(o1_remote_call_from_every_context, .api = XCVM_API_CPU_XCALL,
    .contract = "O1", .min_vcpus = 2,
    .doc = "Threads at every level, soft and hard interrupts can call another "
	   "CPU.")
{
	struct row row = {0};
	void *si;
	int s;

	for (int ipl = IPL_NONE; ipl <= IPL_HIGH; ipl++) {
		s = splraise(ipl);
		call_from_here(&row);
		CHECK_EQ(curcpu()->ci_ilevel, ipl);
		splx(s);
		check_ran(&row);
	}
	for (u_int level = SOFTINT_CLOCK; level <= SOFTINT_SERIAL; level++) {
		si = softint_establish(level, call_from_here, &row);
		softint_schedule(si);
		check_ran(&row);
		softint_disestablish(si);
	}
	test_interrupt_establish(call_from_here, &row);
	test_interrupt(curcpu());
	check_ran(&row);
	calls_drain(cpu_lookup(1));
	CHECK_EQ(mark_read(&row.seen.s_runs), row.sent);
}

static void
check_context(const struct seen *seen)
{
	CHECK_EQ(seen->s_ipl, IPL_SOFTCLOCK);
	CHECK(seen->s_softintr);
	CHECK(!seen->s_intr);
}

CASE(o2_context_of_a_remote_call, .api = XCVM_API_CPU_XCALL, .contract = "O2",
    .min_vcpus = 2,
    .doc = "The function runs at IPL_SOFTCLOCK as a soft interrupt, on an "
	   "idle CPU, on a busy one, and on one that comes down from a higher "
	   "level.")
{
	struct cpu_info *ci = cpu_lookup(1);
	struct seen seen = {0}, late = {0};
	struct xcall xc;
	struct hold hold;

	call(ci, &xc, call_see, &seen);
	mark_wait(&seen.s_runs, 1);
	check_context(&seen);

	hold_cpu(&hold, ci, IPL_NONE);
	call(ci, &xc, call_see, &seen);
	mark_wait(&seen.s_runs, 2);
	check_context(&seen);
	CHECK_NE(seen.s_lwp, hold.h_thread);
	hold_release(&hold);

	hold_cpu(&hold, ci, IPL_HIGH);
	call(ci, &xc, call_see, &late);
	calls_recorded(ci, &late.s_runs);
	hold_release(&hold);
	mark_wait(&late.s_runs, 1);
	check_context(&late);
	CHECK_NE(late.s_lwp, hold.h_thread);
}

CASE(o7_same_call_on_all_cpus, .api = XCVM_API_CPU_XCALL, .contract = "O7",
    .min_vcpus = 2,
    .doc = "One object queued on all CPUs at once runs once on each.")
{
	struct mark *runs = cpu_marks();
	CPU_INFO_ITERATOR cii;
	struct cpu_info *ci;
	struct xcall xc;
	struct hold hold;

	cpu_xcall_set(&xc, call_count_here, runs);
	/* One at least has it queued while the others get it. */
	hold_cpu(&hold, cpu_lookup(1), IPL_SOFTCLOCK);
	for (CPU_INFO_FOREACH(cii, ci))
		cpu_xcall(ci, &xc);
	hold_release(&hold);
	for (u_int i = 0; i < ncpu; i++)
		mark_wait(&runs[i], 1);
	calls_drain_others();
	for (u_int i = 0; i < ncpu; i++)
		CHECK_EQ(mark_read(&runs[i]), 1);
}

#endif /* MULTIPROCESSOR */
