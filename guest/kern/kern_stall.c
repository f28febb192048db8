/* SPDX-License-Identifier: ISC */
/* The watch on the waits of the cross-call stacks. */
#include <sys/systm.h>
#include <sys/proc.h>
#include <sys/stall.h>
#include <sys/xcstat.h>
#include <machine/clock.h>
#include <machine/hypercall.h>
#include <kern/kern.h>

uint64_t stall_limit_ns = STALL_LIMIT_MS_DEFAULT * 1000000ULL;

void
stall_init(void)
{
	stall_limit_ns =
	    boot_param("stall_limit_ms", STALL_LIMIT_MS_DEFAULT) * 1000000;
}

static void
stall_link(struct stall_watch *sw, const char *primitive,
    struct cpu_info *target, struct cpu_info *(*blame)(const void *),
    const void *object, const void *func)
{
	struct lwp *l = curlwp;

	sw->sw_outer = l->l_stall;
	sw->sw_primitive = primitive;
	sw->sw_func = func;
	sw->sw_object = object;
	sw->sw_target = target;
	sw->sw_blame = blame;
	sw->sw_start = cpu_counter();
	sw->sw_reported = false;
	/*
	 * Linked when it is whole, for the VMM may look at any time.  An
	 * interrupt's wait, on top of ours, is gone when it returns.
	 */
	__insn_barrier();
	l->l_stall = sw;
}

void
stall_begin(struct stall_watch *sw, const char *primitive,
    struct cpu_info *target, const void *func, const void *object)
{
	stall_link(sw, primitive, target, NULL, object, func);
}

void
stall_begin_blame(struct stall_watch *sw, const char *primitive,
    struct cpu_info *(*blame)(const void *), const void *object,
    const void *func)
{
	stall_link(sw, primitive, NULL, blame, object, func);
}

/* Nanoseconds of the wait so far; 0 where the clock went backwards. */
static uint64_t
stall_elapsed(const struct stall_watch *sw)
{
	int64_t cycles = (int64_t)(cpu_counter() - sw->sw_start);

	return (cycles > 0 ? tsc_to_ns((uint64_t)cycles) : 0);
}

static void
stall_report(const struct stall_watch *sw, uint64_t elapsed, bool resolved)
{
	hypercall_stall(
	    sw->sw_primitive, sw->sw_target, sw->sw_func, elapsed, resolved);
}

void
stall_check(struct stall_watch *sw)
{
	uint64_t elapsed;

	if (sw->sw_reported || (elapsed = stall_elapsed(sw)) < stall_limit_ns)
		return;
	if (sw->sw_blame != NULL &&
	    (sw->sw_target = sw->sw_blame(sw->sw_object)) == NULL)
		return;
	sw->sw_reported = true;
	xcstat_inc(XCS_STALLS);
	stall_report(sw, elapsed, false);
}

void
stall_end(struct stall_watch *sw)
{
	curlwp->l_stall = sw->sw_outer;
	if (sw->sw_reported)
		stall_report(sw, stall_elapsed(sw), true);
}

uint64_t
stall_remaining(const struct stall_watch *sw)
{
	uint64_t elapsed = stall_elapsed(sw);

	/* A little more, so that the limit has passed when we look. */
	return (
	    1000 + (elapsed < stall_limit_ns ? stall_limit_ns - elapsed : 0));
}

void
stall_sleeper(void *sw)
{
	stall_check(sw);
}
