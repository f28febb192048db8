/* SPDX-License-Identifier: ISC */
/* The kernel at rest after a case. */
#include <sys/callout.h>
#include <sys/xcstat.h>
#include <machine/hypercall.h>
#include "call.h"
#include "ground.h"
#include "rest.h"

#define REST_NS 50000000ULL /* what a CPU gets to come to rest, */
#define TRIES	10	    /* so often */

static bool left_busy;

void
case_leaves_cpus_busy(void)
{
	left_busy = true;
}

static void
check_caller(void)
{
	const struct cpu_info *ci = curcpu();

	CHECK_EQ(ci->ci_ilevel, IPL_NONE);
	CHECK_EQ(ci->ci_mtx_count, 0);
	CHECK_EQ(ci->ci_idepth, 0);
	CHECK_EQ(curlwp->l_nopreempt, 0);
	CHECK(curlwp->l_stall == NULL);
	CHECK(interrupts_are_on());
}

/* Has it nothing to run, or, the caller's own, nothing but this? */
static bool
is_idle(const struct cpu_info *ci)
{
	const struct schedstate_percpu *spc = &ci->ci_schedstate;

	return ((ci == curcpu() || ci->ci_curlwp == ci->ci_idlelwp) &&
		atomic_load_acquire(&spc->spc_runq) == NULL);
}

/* Are the CPU's callouts its own, and in the order of their deadlines? */
static bool
callouts_are_right(const struct cpu_info *ci)
{
	uint64_t before = 0;

	for (const callout_t *c = ci->ci_callouts; c != NULL; c = c->c_next) {
		if (c->c_cpu != ci || c->c_deadline < before)
			return (false);
		before = c->c_deadline;
	}
	return (true);
}

/* What keeps an idle CPU from being at rest; NULL: nothing. */
static const char *
unrest(const struct cpu_info *ci)
{
	const struct schedstate_percpu *spc = &ci->ci_schedstate;

	if (ci->ci_ilevel != IPL_NONE || ci->ci_idepth != 0)
		return ("it is at IPL_NONE, in no interrupt");
	if (ci->ci_ipending != 0 || ci->ci_callout_due)
		return ("no interrupt is recorded");
	if (ci->ci_mtx_count != 0)
		return ("it holds no spin mutex");
	if (spc->spc_lock != 0 || ci->ci_callout_lock != 0)
		return ("nobody has its locks");
	if (spc->spc_want_resched || ci->ci_softwake_remote != 0)
		return ("it is to switch to nobody");
	for (u_int i = 0; i < SOFTINT_LEVELS; i++)
		if (ci->ci_softpend[i] != 0 || ci->ci_softactive[i] != 0)
			return ("no soft interrupt is pending, or runs");
	for (u_int i = 0; i < XCALL_CPU_SLOTS; i++)
		if (ci->ci_xcall.xci_xcalls[i] != NULL)
			return ("its slots are empty");
	/* Elsewhere one may be left behind by its owner: decision 4. */
	for (u_int i = 0; i < IPI_BITWORDS; i++)
		if (ci->ci_ipipend[i] != 0 && !case_foreign(XCVM_API_IPI))
			return ("no number is pending");
	if (ci->ci_ipi_number != 0 || ci->ci_data.cpu_xcall_pending)
		return ("it runs no handler, and no LOW call is pending");
	if (!callouts_are_right(ci))
		return ("its callouts are its own, and in order");
	return (NULL);
}

/* Wait for some time: is the CPU at rest?  If not, *what says why. */
static bool
comes_to_rest(const struct cpu_info *ci, const char **what)
{
	uint64_t start = nsecuptime();

	for (;;) {
		*what = unrest(ci);
		if (*what == NULL && is_idle(ci))
			return (true);
		if (nsecuptime() - start > REST_NS)
			return (false);
		if (ci == curcpu())
			yield();
		CPU_BUSY_CYCLE();
	}
}

/*
 * Wait until it is at rest; false: a case has left it busy.  However slow the
 * host is, or what its fault plan does to the vCPU, an interrupt is over at
 * some time: what is wrong is what is still so each time after the CPU has run
 * a thread from its beginning to its end.
 */
static bool
check_cpu(struct cpu_info *ci)
{
	const char *what = NULL;

	for (u_int i = 0; i < TRIES; i++) {
		if (comes_to_rest(ci, &what))
			return (true);
		if (!is_idle(ci))
			return (false);
		thread_join(thread_start(ci, call_nothing, NULL));
	}
	if (what != NULL)
		case_failed(__FILE__, __LINE__, what, "of cpu%u, at rest",
		    cpu_index(ci));
	return (what != NULL);
}

/* Does the case start the other CPUs itself? */
static bool
starts_cpus(void)
{
	for (u_int i = 0; i < boot->nparams; i++)
		if (strcmp(boot->params[i].name, "early") == 0)
			return (true);
	return (false);
}

/*
 * Each call has run once on each CPU that it was for, and no handler more often
 * than it was asked to.  Where other CPUs came up meanwhile, a broadcast was for
 * fewer; and a case about faults may have done the callers' work itself.
 */
static void
check_counts(u_int running)
{
	uint64_t low = xcstat_sum(XCS_XC_LOW_BROADCAST) * running +
		       xcstat_sum(XCS_XC_LOW_UNICAST);
	uint64_t high = xcstat_sum(XCS_XC_HIGH_BROADCAST) * running +
			xcstat_sum(XCS_XC_HIGH_UNICAST);

	if (boot->test->kind == XCVM_KIND_FAULT || starts_cpus())
		return;
	if (!case_foreign(XCVM_API_CPU_XCALL))
		CHECK_EQ(
		    xcstat_sum(XCS_XCALL_RUN), xcstat_sum(XCS_XCALL_REMOTE));
	if (!case_foreign(XCVM_API_XCALL)) {
		CHECK_EQ(xcstat_sum(XCS_XC_LOW_RUN), low);
		CHECK_EQ(xcstat_sum(XCS_XC_HIGH_RUN), high);
	}
	if (!case_foreign(XCVM_API_IPI)) {
		CHECK_EQ(xcstat_sum(XCS_IPI_MSG_RUN), xcstat_sum(XCS_IPI_MSG));
		CHECK_LE(xcstat_sum(XCS_IPI_RUN),
		    xcstat_sum(XCS_IPI_TRIGGER) + xcstat_sum(XCS_IPI_SELF));
	}
}

void
check_rest(void)
{
	u_int running = 0;
	bool all = true;

	check_caller();
	if (left_busy)
		return;
	for (u_int i = 0; i < ncpu; i++) {
		struct cpu_info *ci = cpu_lookup(i);

		if (!cpu_is_running(ci))
			continue;
		running++;
		all &= check_cpu(ci);
	}
	if (all)
		check_counts(running);
}
