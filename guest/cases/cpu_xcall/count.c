/* SPDX-License-Identifier: ISC */
/* cpu_xcall(9): the counters match what was called, on the right CPU. */
#include <sys/xcstat.h>
#include "cpu_xcall/cpu_xcall_case.h"

/* What a CPU has counted, for differences. */
struct counts {
	struct cpu_info *ct_cpu;
	uint64_t ct_count[XCS_COUNT];
};

static struct counts
counts_of(struct cpu_info *ci)
{
	struct counts ct = {.ct_cpu = ci};

	for (enum xcstat id = 0; id < XCS_COUNT; id++)
		ct.ct_count[id] = ci->ci_xcstat[id];
	return (ct);
}

static uint64_t
counted(const struct counts *before, enum xcstat id)
{
	return (before->ct_cpu->ci_xcstat[id] - before->ct_count[id]);
}

CASE(d9_counters_of_self_calls, .api = XCVM_API_CPU_XCALL, .contract = "D9",
    .decision = 9,
    .doc = "Calls to the own CPU count as such: no IPI, no slot, nothing "
	   "remote.")
{
	struct counts ct = counts_of(curcpu());
	struct mark runs = {0};
	struct xcall xc = XCALL_INITIALIZER(call_count, &runs);

	for (u_int i = 0; i < 3; i++)
		cpu_xcall(curcpu(), &xc);
	for (u_int i = 0; i < 2; i++)
		cpu_xcall_sync(curcpu(), call_count, &runs, "case");
	CHECK_EQ(mark_read(&runs), 5);
	CHECK_EQ(counted(&ct, XCS_XCALL_SELF), 5);
	CHECK_EQ(counted(&ct, XCS_XCALL_SYNC), 2);
	CHECK_EQ(counted(&ct, XCS_XCALL_REMOTE), 0);
	CHECK_EQ(counted(&ct, XCS_XCALL_RUN), 0);
	CHECK_EQ(counted(&ct, XCS_XCALL_IPI), 0);
	CHECK_EQ(counted(&ct, XCS_XCALL_FULL), 0);
	CHECK_EQ(counted(&ct, XCS_XCALL_SPIN), 0);
}

CASE(d9_counters_have_64_bits, .api = XCVM_API_CPU_XCALL, .contract = "D9",
    .decision = 9,
    .doc = "The sum over the CPUs has all bits of each, and a counter the "
	   "name that it is told by.")
{
#define NAME(id, name) [id] = (name),
	static const char *const names[XCS_COUNT] = {XCSTATS(NAME)};
#undef NAME
	const uint64_t more = (1ULL << 32) + (1ULL << 62);
	volatile uint64_t *count = &cpu_lookup(ncpu - 1)->ci_xcstat[XCS_RESENT];
	uint64_t before = xcstat_sum(XCS_RESENT);

	*count += more;
	CHECK_EQ(xcstat_sum(XCS_RESENT), before + more);
	*count -= more;
	for (enum xcstat id = 0; id < XCS_COUNT; id++)
		CHECK(strcmp(xcstat_name(id), names[id]) == 0);
}

#ifdef MULTIPROCESSOR

CASE(d9_counters_of_remote_calls, .api = XCVM_API_CPU_XCALL, .contract = "D9",
    .decision = 9, .min_vcpus = 2,
    .doc = "Every remote call counts once as a call and as an IPI on the "
	   "caller, and once as run on the target.")
{
	struct cpu_info *ci = cpu_lookup(1);
	struct counts here = counts_of(curcpu()), there = counts_of(ci);
	struct mark runs = {0};
	struct xcall xc = XCALL_INITIALIZER(call_count, &runs);

	/* One after the other, so that none finds the slots taken. */
	for (u_int i = 1; i <= 5; i++) {
		cpu_xcall(ci, &xc);
		mark_wait(&runs, i);
	}
	for (u_int i = 0; i < 2; i++)
		cpu_xcall_sync(ci, call_count, &runs, "case");
	CHECK_EQ(mark_read(&runs), 7);
	CHECK_EQ(counted(&here, XCS_XCALL_REMOTE), 7);
	CHECK_EQ(counted(&here, XCS_XCALL_IPI), 7);
	CHECK_EQ(counted(&here, XCS_XCALL_SYNC), 2);
	CHECK_EQ(counted(&here, XCS_XCALL_SELF), 0);
	CHECK_EQ(counted(&here, XCS_XCALL_RUN), 0);
	CHECK_EQ(counted(&here, XCS_XCALL_FULL), 0);
	CHECK_EQ(counted(&here, XCS_XCALL_SPIN), 0);
	CHECK_EQ(counted(&there, XCS_XCALL_RUN), 7);
	CHECK_EQ(counted(&there, XCS_XCALL_REMOTE), 0);
	CHECK_EQ(xcstat_sum(XCS_XCALL_RUN), xcstat_sum(XCS_XCALL_REMOTE));
}

/* The caller has looked for a slot in vain. */
static void
until_full(void *caller)
{
	const struct cpu_info *ci = caller;

	SPIN_UNTIL(ci->ci_xcstat[XCS_XCALL_SPIN] >= 3);
}

CASE(d9_counters_of_a_full_cpu, .api = XCVM_API_CPU_XCALL, .contract = "D9",
    .decision = 9, .min_vcpus = 2,
    .doc = "A call that finds all slots taken counts once as such, and once "
	   "for every look it takes.")
{
	struct cpu_info *ci = cpu_lookup(1);
	struct counts here = counts_of(curcpu()), there = counts_of(ci);
	struct xcall xc[XCALL_CPU_SLOTS], last;
	struct mark runs = {0};
	struct hold hold;

	hold_cpu_until(&hold, ci, IPL_SOFTCLOCK, until_full, curcpu());
	call_n(ci, xc, nitems(xc), call_count, &runs);
	CHECK_EQ(counted(&here, XCS_XCALL_FULL), 0);
	CHECK_EQ(counted(&here, XCS_XCALL_SPIN), 0);
	call(ci, &last, call_count, &runs);
	mark_wait(&runs, 5);
	hold_join(&hold);
	CHECK_EQ(counted(&here, XCS_XCALL_FULL), 1);
	CHECK_GE(counted(&here, XCS_XCALL_SPIN), 3);
	CHECK_EQ(counted(&here, XCS_XCALL_REMOTE), 5);
	CHECK_EQ(counted(&here, XCS_XCALL_IPI), 5);
	CHECK_EQ(counted(&there, XCS_XCALL_RUN), 5);
}

#endif /* MULTIPROCESSOR */
