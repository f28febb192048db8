/* SPDX-License-Identifier: ISC */
/* cpu_xcall(9): a wait that lasts is reported once, and goes on. */
#include <sys/stall.h>
#include <sys/xcstat.h>
#include "cpu_xcall/cpu_xcall_case.h"

CASE(d5_no_stall_when_the_clock_goes_back, .api = XCVM_API_CPU_XCALL,
    .contract = "D5", .decision = 5,
    .doc = "A wait that began in the future, by this CPU's clock, is not "
	   "reported.")
{
	struct stall_watch sw;

	stall_begin(&sw, "case", curcpu(), call_count, NULL, NULL);
	sw.sw_start += ns_to_tsc(1000000000);
	stall_check(&sw);
	CHECK(!sw.sw_reported);
	CHECK_EQ(xcstat_sum(XCS_STALLS), 0);
	stall_end(&sw);
}

CASE(d5_nothing_to_send_again, .api = XCVM_API_CPU_XCALL, .contract = "D5",
    .decision = 5,
    .doc = "A wait that sent no interrupt is reported, and sends none.",
    PARAMS(PARAM_ICR_FENCE(1), PARAM_STALL_LIMIT(2000), PARAM_TRACE(1),
	PARAM_RESEND(1)))
{
	struct stall_watch sw;

	stall_begin(&sw, "case", curcpu(), call_count, NULL, NULL);
	sw.sw_start -= ns_to_tsc(10 * stall_limit_ns);
	stall_check(&sw);
	CHECK(sw.sw_reported);
	CHECK_EQ(xcstat_sum(XCS_STALLS), 1);
	CHECK_EQ(xcstat_sum(XCS_RESENT), 0);
	stall_end(&sw);
}

static struct cpu_info *
no_cpu(const void *object __unused, u_int *index __unused)
{
	return (NULL);
}

static void
send_to_nobody(struct cpu_info *ci __unused, const void *func __unused)
{
}

CASE(d5_nobody_to_send_to, .api = XCVM_API_CPU_XCALL, .contract = "D5",
    .decision = 5,
    .doc = "A wait that no CPU holds up is reported past twice the limit, not "
	   "before, and nothing is sent again.",
    PARAMS(PARAM_ICR_FENCE(1), PARAM_TRACE(1), PARAM_STALL_LIMIT(60000),
	PARAM_RESEND(1)))
{
	uint64_t limit = ns_to_tsc(stall_limit_ns);
	struct stall_watch sw;

	stall_begin_set(&sw, "case", no_cpu, call_count, NULL, send_to_nobody);
	sw.sw_start = cpu_counter() - limit - limit / 4;
	stall_check(&sw);
	CHECK(!sw.sw_reported);
	sw.sw_start -= limit;
	stall_check(&sw);
	CHECK(sw.sw_reported);
	CHECK_EQ(xcstat_sum(XCS_STALLS), 1);
	CHECK_EQ(xcstat_sum(XCS_RESENT), 0);
	stall_end(&sw);
}

static void
check_begun(const struct stall_watch *sw)
{
	CHECK_EQ(sw->sw_func, call_count);
	CHECK_EQ(sw->sw_object, NULL);
	CHECK_EQ(sw->sw_resend, NULL);
	CHECK_EQ(sw->sw_looks, 0);
	CHECK(!sw->sw_reported);
	CHECK_LE(cpu_counter() - sw->sw_start, ns_to_tsc(60000000000));
}

CASE(d5_wait_inside_a_wait, .api = XCVM_API_CPU_XCALL, .contract = "D5",
    .decision = 5,
    .doc = "A wait that begins inside another is the thread's innermost until "
	   "it ends, and then the other one is.")
{
	struct stall_watch outer, inner;

	/* Both on a stack that has been used. */
	memset(&outer, 0xff, sizeof(outer));
	memset(&inner, 0xff, sizeof(inner));
	stall_begin(&outer, "case", curcpu(), call_count, NULL, NULL);
	CHECK_EQ(outer.sw_outer, NULL);
	check_begun(&outer);
	stall_begin_set(&inner, "case", no_cpu, call_count, NULL, NULL);
	CHECK_EQ(curlwp->l_stall, &inner);
	CHECK_EQ(inner.sw_outer, &outer);
	check_begun(&inner);
	stall_end(&inner);
	CHECK_EQ(curlwp->l_stall, &outer);
	stall_end(&outer);
	CHECK_EQ(curlwp->l_stall, NULL);
}

#ifdef MULTIPROCESSOR

/* A CPU that holds itself at IPL_SOFTCLOCK until it has seen enough. */
struct holder {
	struct mark h_entering;
	uint64_t h_limit_us;
	uint64_t h_started, h_reported; /* nsecuptime() */
};

/* Until a stall was reported, and long enough for a second report. */
static void
until_stall(void *arg)
{
	struct holder *h = arg;

	SPIN_UNTIL(xcstat_sum(XCS_STALLS) != 0);
	h->h_reported = nsecuptime();
	delay((u_int)h->h_limit_us);
}

/* Until a caller waits, and a little longer. */
static void
until_entered(void *arg)
{
	struct holder *h = arg;

	mark_wait(&h->h_entering, 1);
	delay(2000);
}

/* One call more than CPU 1 has slots, while it holds itself. */
static void
wait_for_a_slot(void (*until)(void *), struct holder *h)
{
	struct hold hold;
	struct xcall xc[XCALL_CPU_SLOTS], last;
	struct mark runs = {0};

	cpu_xcall_set(&last, call_count, &runs);
	hold_cpu_until(&hold, cpu_lookup(1), IPL_SOFTCLOCK, until, h);
	call_n(cpu_lookup(1), xc, nitems(xc), call_count, &runs);
	mark_add(&h->h_entering);
	h->h_started = nsecuptime();
	cpu_xcall(cpu_lookup(1), &last);
	hold_join(&hold);
	mark_wait(&runs, nitems(xc) + 1);
}

/* A sync call to CPU 1, while it holds itself. */
static void
wait_for_a_sync(void (*until)(void *), struct holder *h)
{
	struct mark runs = {0};
	struct hold hold;

	hold_cpu_until(&hold, cpu_lookup(1), IPL_SOFTCLOCK, until, h);
	mark_add(&h->h_entering);
	h->h_started = nsecuptime();
	cpu_xcall_sync(cpu_lookup(1), call_count, &runs, "case");
	CHECK_EQ(mark_read(&runs), 1);
	hold_join(&hold);
}

static void
check_stall(void (*wait)(void (*)(void *), struct holder *))
{
	uint64_t limit_us = case_param("stall_limit_ms") * 1000;
	struct holder h = {.h_limit_us = limit_us};

	CHECK_EQ(stall_limit_ns, limit_us * 1000);
	wait(until_stall, &h);
	CHECK_EQ(xcstat_sum(XCS_STALLS), 1);
	/* Less a little: two CPUs' clocks are compared. */
	CHECK_GE(h.h_reported - h.h_started + 100000, limit_us * 1000);
}

CASE(d5_stall_of_a_full_cpu, .api = XCVM_API_CPU_XCALL, .contract = "D5",
    .decision = 5, .min_vcpus = 2,
    .doc = "A caller that waits for a slot past the limit reports it once, "
	   "goes on waiting, and completes.",
    PARAMS(PARAM_ICR_FENCE(1), PARAM_STALL_LIMIT(10)))
{
	check_stall(wait_for_a_slot);
}

CASE(d5_stall_of_a_sync_call, .api = XCVM_API_CPU_XCALL, .contract = "D5",
    .decision = 5, .min_vcpus = 2,
    .doc = "A sync call that sleeps past the limit is reported once, goes on "
	   "sleeping, and completes.",
    PARAMS(PARAM_ICR_FENCE(1), PARAM_STALL_LIMIT(10)))
{
	check_stall(wait_for_a_sync);
}

/* The limit is longer than any run: every report is a wrong one. */
CASE(d5_no_stall_below_the_limit, .api = XCVM_API_CPU_XCALL, .contract = "D5",
    .decision = 5, .min_vcpus = 2,
    .doc = "Waits that end before the limit, and calls that do not wait, are "
	   "not reported.",
    PARAMS(PARAM_ICR_FENCE(1), PARAM_STALL_LIMIT(3600000)))
{
	struct holder slot = {0}, sync = {0};

	calls_drain(cpu_lookup(1));
	wait_for_a_slot(until_entered, &slot);
	wait_for_a_sync(until_entered, &sync);
	CHECK_EQ(xcstat_sum(XCS_STALLS), 0);
}

#endif /* MULTIPROCESSOR */
