/* SPDX-License-Identifier: ISC */
/* xcall(9) before other CPUs run, on one CPU, and with some that never do. */
#include "xcall/xcall_case.h"

#define PARAM_UNSTARTED(n) \
	PARAM("unstarted", n, "CPUs, the last ones, that are not started")

static struct nx_view view;

/* A call before mp_online: here and now, in our own context. */
static void
check_inline(u_int flags, struct cpu_info *ci)
{
	const struct nx_seen *s = &view.v_cpu[cpu_number()];

	nx_view_clear(&view, &view);
	CHECK_EQ(nx_submit(flags, ci, nx_see, &view, &view), 0);
	CHECK_EQ(mark_read(&view.v_runs), 1);
	CHECK_EQ(s->s_runs, 1);
	CHECK_EQ(s->s_lwp, curlwp);
	CHECK(s->s_args);
	CHECK(!s->s_intr);
	CHECK_EQ(s->s_ipl, flags & XC_HIGHPRI ? IPL_SOFTSERIAL : IPL_NONE);
	CHECK_EQ(curcpu()->ci_ilevel, IPL_NONE);
	CHECK_EQ(curlwp->l_nopreempt, 0);
}

CASE(n25_before_other_cpus_run, .api = XCVM_API_XCALL, .contract = "N25,D13",
    .decision = 13,
    .doc = "Before other CPUs run a call runs once, inline, HIGH ones at "
	   "IPL_SOFTSERIAL, and returns ticket 0, which is done then and "
	   "later.",
    PARAMS(PARAM_KERNEL, PARAM_EARLY))
{
	static const u_int flags[] = {
	    0, 0x0300, XC_HIGHPRI, 0x0101, 0x0201, 0x0301};
	uint64_t ticket;

	CHECK(!mp_online);
	for (u_int i = 0; i < nitems(flags); i++) {
		check_inline(flags[i], NULL);
		check_inline(flags[i], curcpu());
	}
	xc_wait(0);
	xc_wait(NX_HIGH_BIT);
	xc_barrier(0);
	xc_barrier(XC_HIGHPRI);

	cpu_boot_others();
	CHECK(mp_online);
	xc_wait(0);
	xc_wait(NX_HIGH_BIT);
	for (u_int k = 0; k < NX_CLASSES; k++) {
		nx_view_clear(&view, NULL);
		ticket = xc_broadcast(nx_class_flags[k], nx_see, &view, NULL);
		CHECK_NE(ticket & ~NX_HIGH_BIT, 0);
		xc_wait(ticket);
		CHECK_EQ(mark_read(&view.v_runs), ncpu);
	}
}

CASE(n40_one_cpu, .api = XCVM_API_XCALL, .contract = "N40", .max_vcpus = 1,
    .doc = "On a machine with one CPU, up and running, calls are calls: by "
	   "thread and by soft interrupt, with tickets that count by one.")
{
	uint64_t ticket[NX_CLASSES][2];
	struct mark runs = {0};

	CHECK(mp_online);
	for (u_int k = 0; k < NX_CLASSES; k++) {
		ticket[k][0] =
		    xc_broadcast(nx_class_flags[k], call_count_2, &runs, NULL);
		ticket[k][1] = xc_unicast(
		    nx_class_flags[k], call_count_2, &runs, NULL, curcpu());
		CHECK_EQ(ticket[k][1], ticket[k][0] + 1);
	}
	for (u_int k = 0; k < NX_CLASSES; k++)
		xc_wait(ticket[k][1]);
	CHECK_EQ(mark_read(&runs), 4);
	nx_call(0, NULL, nx_see, &view, NULL);
	nx_check_low(&view, curcpu(), 1);
	nx_call(XC_HIGHPRI, NULL, nx_see, &view, NULL);
	nx_check_high(&view, curcpu(), 2, IPL_SOFTSERIAL);
	xc_barrier(0);
	xc_barrier(XC_HIGHPRI);
}

#ifdef MULTIPROCESSOR

CASE(n26_early_low_unicast, .api = XCVM_API_XCALL, .kind = XCVM_KIND_MISUSE,
    .contract = "N26,D6", .decision = 6, .min_vcpus = 2,
    .panic = "xc_unicast: cpu1 is not running",
    .doc = "Before other CPUs run, a LOW unicast to one of them panics.",
    PARAMS(PARAM_KERNEL, PARAM_EARLY))
{
	struct mark runs = {0};

	xc_unicast(0, call_count_2, &runs, NULL, cpu_lookup(1));
}

CASE(n26_early_high_unicast, .api = XCVM_API_XCALL, .kind = XCVM_KIND_MISUSE,
    .contract = "N26,D6", .decision = 6, .min_vcpus = 2,
    .panic = "xc_unicast: cpu1 is not running",
    .doc = "Before other CPUs run, a HIGH unicast to one of them panics.",
    PARAMS(PARAM_KERNEL, PARAM_EARLY))
{
	struct mark runs = {0};

	xc_unicast(XC_HIGHPRI, call_count_2, &runs, NULL, cpu_lookup(1));
}

CASE(d6_xc_unicast_to_unstarted_cpu, .api = XCVM_API_XCALL,
    .kind = XCVM_KIND_MISUSE, .contract = "D6", .decision = 6, .min_vcpus = 2,
    .panic = "xc_unicast: cpu",
    .doc = "A unicast to a CPU that was not started panics at once.",
    PARAMS(PARAM_KERNEL, PARAM_UNSTARTED(1)))
{
	struct mark runs = {0};

	xc_unicast(0, call_count_2, &runs, NULL, cpu_lookup(ncpu - 1));
}

CASE(d6_xc_broadcast_without_unstarted_cpu, .api = XCVM_API_XCALL,
    .contract = "D6", .decision = 6, .min_vcpus = 2,
    .doc = "Broadcasts of both classes leave out a CPU that was not started, "
	   "and complete.",
    PARAMS(PARAM_KERNEL, PARAM_UNSTARTED(1)))
{
	struct mark runs[NX_CLASSES] = {{0}};
	uint64_t first, second;

	CHECK_EQ(nx_running(), ncpu - 1);
	for (u_int k = 0; k < NX_CLASSES; k++) {
		first = xc_broadcast(
		    nx_class_flags[k], call_count_2, &runs[k], NULL);
		second = xc_broadcast(
		    nx_class_flags[k], call_count_2, &runs[k], NULL);
		CHECK_EQ(second - first, ncpu - 1);
		xc_wait(second);
		CHECK_EQ(mark_read(&runs[k]), 2 * (ncpu - 1));
	}
}

#endif /* MULTIPROCESSOR */
