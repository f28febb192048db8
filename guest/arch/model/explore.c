/* SPDX-License-Identifier: ISC */
/*
 * Orders: a case again and again from one snapshot, each time under another
 * schedule, until one fails or the budget is spent.
 */
#include <machine/hypercall.h>
#include <sys/xctrace.h>
#include <machine/intr.h>
#include <kern/kern.h>
#include <kern/md.h>
#include "point.h"
#include "restore.h"
#include "strategy.h"

#define FIRST_LIMIT \
	20000000 /* steps of the first order; others: see limits() */

bool model_checkpoint(void (*)(uint64_t));
void model_on_stack(void *top, void (*)(void)) __dead;

static struct {
	bool begun;
	uint64_t orders_max, end; /* bounds; end in the real TSC */
	uint64_t start;
	uint64_t points, steps, longest;
	uint64_t shared;       /* granules */
	uint64_t outcomes[64]; /* orders that came out so */
} explore;

static struct xcvm_req req;
static char own_stack[32768] __aligned(16);

static uint64_t
real_tsc(void)
{
	uint32_t lo, hi;

	__asm volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return ((uint64_t)hi << 32 | lo);
}

void
explore_shared(void)
{
	explore.shared++;
	strategy.grew = true;
}

bool
explore_runs(void)
{
	return (explore.begun && explore.orders_max > 1);
}

void
cpu_explore_outcome(u_int number)
{
	explore.outcomes[number % 64]++;
}

/* How long an order may be, by what the others took. */
static void
limits(void)
{
	if (boot->nschedule != 0)
		model.limit_steps =
		    boot->schedule[boot->nschedule - 1].step + FIRST_LIMIT;
	if (!explore_runs())
		return;
	model.fair_from = explore.longest == 0 ? FIRST_LIMIT / 2
					       : 50000 + 20 * explore.longest;
	model.limit_steps = 2 * model.fair_from;
}

static void
begin_order(void)
{
	model.step = model.points = model.since = 0;
	model.alarm = 0;
	model.me->c_after = true;
	record_begin();
	limits();
}

void
cpu_explore_begin(void)
{
	if (explore.begun)
		return;
	/* Nothing is in a store buffer: there were no points so far. */
	explore.begun = true;
	explore.orders_max = boot_param("orders", 1);
	explore.start = real_tsc();
	explore.end = UINT64_MAX;
	if (boot_param("explore_ms", 0) != 0) {
		explore.end =
		    explore.start + boot_param("explore_ms", 0) * boot->tsc_khz;
		if (explore.orders_max == 1)
			explore.orders_max = UINT64_MAX;
	}
	/* What the rings keep is all in a schedule, and would be points. */
	if (explore.orders_max > 1)
		xctrace_on.ring = false;
	if (boot->schedule != NULL)
		explore.orders_max = 1;
	if (explore.orders_max > 1) {
		/* From here on once for each order. */
		if (!model_checkpoint(restore_snapshot)) {
			model.cow = true;
			(void)strategy_begin();
		}
	} else
		(void)strategy_begin();
	begin_order();
	model.off = false;
}

/* --- the end of an order --- */

static void
metric(const char *name, uint64_t value)
{
	req.op = XCVM_REQ_METRIC;
	req.status = model.cpu;
	req.u.metric.name = name;
	req.u.metric.unit = "";
	req.u.metric.value = value;
	model_port(&req);
}

static void
metrics(void)
{
	static char name[] = "orders of outcome 00";

	metric("orders", strategy.orders);
	metric("points chosen at", explore.points);
	metric("points passed", explore.steps);
	metric("points of the longest order", strategy.longest);
	metric("shared granules", explore.shared);
	metric("microseconds explored",
	    (real_tsc() - explore.start) * 1000 / boot->tsc_khz);
	if (strategy.kind == S_DELAY || strategy.kind == S_FREEZE) {
		metric("passes", strategy.passes);
		metric("orders of the last pass",
		    strategy.orders - strategy.pass_began);
		metric("exhausted", strategy.exhausted);
	}
	for (u_int i = 0; i < 64; i++)
		if (explore.outcomes[i] != 0) {
			name[sizeof(name) - 3] = (char)('0' + i / 10);
			name[sizeof(name) - 2] = (char)('0' + i % 10);
			metric(name, explore.outcomes[i]);
		}
}

static void __dead
next_order(void)
{
	model.off = true;
	restore_all();
	model.order++;
	restore_resume();
}

/* The order has passed: another one, if there is any. */
static bool
more_orders(void)
{
	if (strategy.orders >= explore.orders_max || real_tsc() >= explore.end)
		return (false);
	return (strategy_begin());
}

void
order_end(enum xcvm_verdict verdict, uintptr_t frame)
{
	uint64_t order = strategy.orders;

	if (!explore.begun)
		return;
	explore.points += model.points;
	explore.steps += model.step;
	if (model.step > explore.longest)
		explore.longest = model.step;
	strategy_end();
	if (verdict == XCVM_DONE_PASS && explore_runs() && model.outside == 0 &&
	    more_orders())
		model_on_stack(own_stack + sizeof(own_stack), next_order);
	record_stand(frame);
	model.off = true;
	model.outside++;
	if (explore_runs())
		metrics();
	if ((verdict != XCVM_DONE_PASS && verdict != XCVM_DONE_SKIP) ||
	    boot_param("record", 0) != 0)
		record_tell(order);
}

static void __dead
done(enum xcvm_verdict verdict, const char *why)
{
	req.op = XCVM_REQ_DONE;
	req.status = model.cpu;
	req.u.done.verdict = verdict;
	req.u.done.reason = why;
	req.u.done.insn_cycles = 0;
	model_port(&req);
	for (;;)
		continue;
}

void
explore_skip(const char *why)
{
	done(XCVM_DONE_SKIP, why);
}

void
explore_hang(const char *why, uintptr_t frame)
{
	order_end(XCVM_DONE_HANG, frame);
	done(XCVM_DONE_HANG, why);
}
