/* SPDX-License-Identifier: ISC */
/* The watch on the waits of the cross-call stacks. */
#include <sys/systm.h>
#include <sys/proc.h>
#include <sys/inspect.h>
#include <sys/stall.h>
#include <sys/xcstat.h>
#include <machine/clock.h>
#include <machine/hypercall.h>
#include <machine/intr.h>
#include <kern/kern.h>
#include <kern/md.h>

#define STALL_LOOKS 8 /* at a sleeper, a limit's time apart */

INSPECT_FIELD(WAIT_OUTER, INSPECT_MEMBER(struct stall_watch, sw_outer));
INSPECT_FIELD(WAIT_PRIMITIVE, INSPECT_MEMBER(struct stall_watch, sw_primitive));
INSPECT_FIELD(WAIT_FUNCTION, INSPECT_MEMBER(struct stall_watch, sw_func));
INSPECT_FIELD(WAIT_OBJECT, INSPECT_MEMBER(struct stall_watch, sw_object));
INSPECT_FIELD(WAIT_TARGET, INSPECT_MEMBER(struct stall_watch, sw_target));
INSPECT_FIELD(WAIT_START, INSPECT_MEMBER(struct stall_watch, sw_start));

uint64_t stall_limit_ns = STALL_LIMIT_MS_DEFAULT * 1000000ULL;
static bool stall_resends;

void
stall_init(void)
{
	stall_limit_ns =
	    boot_param("stall_limit_ms", STALL_LIMIT_MS_DEFAULT) * 1000000;
	stall_resends = boot_param("resend", 0) != 0;
}

static void
stall_link(struct stall_watch *sw, const char *primitive,
    struct cpu_info *target, stall_next_t next, const void *func,
    const void *object, stall_resend_t resend)
{
	struct lwp *l = curlwp;

	sw->sw_outer = l->l_stall;
	sw->sw_primitive = primitive;
	sw->sw_func = func;
	sw->sw_object = object;
	sw->sw_target = target;
	sw->sw_next = next;
	sw->sw_resend = resend;
	sw->sw_start = cpu_counter();
	sw->sw_looks = 0;
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
    struct cpu_info *target, const void *func, const void *object,
    stall_resend_t resend)
{
	stall_link(sw, primitive, target, NULL, func, object, resend);
}

void
stall_begin_set(struct stall_watch *sw, const char *primitive,
    stall_next_t next, const void *func, const void *object,
    stall_resend_t resend)
{
	stall_link(sw, primitive, NULL, next, func, object, resend);
}

/* Nanoseconds of the wait so far; 0 where the clock went backwards. */
static uint64_t
stall_elapsed(const struct stall_watch *sw)
{
	int64_t cycles = (int64_t)(cpu_counter() - sw->sw_start);

	return (cycles > 0 ? tsc_to_ns((uint64_t)cycles) : 0);
}

static void
stall_tell(const struct stall_watch *sw, uint64_t elapsed, bool resolved)
{
	hypercall_stall(
	    sw->sw_primitive, sw->sw_target, sw->sw_func, elapsed, resolved);
}

/*
 * Past the limit, report the wait for that CPU.  NULL: for nobody just now,
 * which is on its way to its end; past twice the limit it is not.  Returns
 * whether it did, which it does once.
 */
static bool
stall_report(struct stall_watch *sw, struct cpu_info *ci)
{
	uint64_t elapsed = stall_elapsed(sw);

	if (sw->sw_reported || elapsed < (ci != NULL ? 1 : 2) * stall_limit_ns)
		return (false);
	sw->sw_target = ci;
	sw->sw_reported = true;
	xcstat_inc(XCS_STALLS);
	stall_tell(sw, elapsed, false);
	return (true);
}

/* A CPU that the wait is for. */
static struct cpu_info *
stall_blame(const struct stall_watch *sw)
{
	u_int index = 0;

	return (sw->sw_next != NULL ? sw->sw_next(sw->sw_object, &index)
				    : sw->sw_target);
}

/* Send the interrupt again, to every CPU that the wait is for. */
static void
stall_resend(const struct stall_watch *sw)
{
	struct cpu_info *ci;
	u_int index = 0;

	xcstat_inc(XCS_RESENT);
	if (sw->sw_next == NULL) {
		sw->sw_resend(sw->sw_target, sw->sw_func);
		return;
	}
	while ((ci = sw->sw_next(sw->sw_object, &index)) != NULL)
		if (ci != curcpu())
			sw->sw_resend(ci, sw->sw_func);
}

void
stall_check(struct stall_watch *sw)
{
	struct cpu_info *ci;

	/* The clock first: this is the loop of a CPU that spins. */
	if (sw->sw_reported || stall_elapsed(sw) < stall_limit_ns)
		return;
	ci = stall_blame(sw);
	if (stall_report(sw, ci) && stall_resends && ci != NULL &&
	    sw->sw_resend != NULL)
		stall_resend(sw);
}

void
stall_end(struct stall_watch *sw)
{
	curlwp->l_stall = sw->sw_outer;
	if (sw->sw_reported)
		stall_tell(sw, stall_elapsed(sw), true);
}

/* A thread of this CPU has been woken, and does not run. */
static void
stall_woken(struct stall_watch *sw)
{
	int s;

	stall_report(sw, curcpu());
	if (!stall_resends)
		return;
	xcstat_inc(XCS_RESENT);
	s = splsched();
	sched_ipi();
	splx(s);
}

/* The time of a sleeper is up: the wait's watch, and the wake-up's. */
static void
stall_sleeper(void *arg)
{
	struct lwp *l = arg;

	if (l->l_stat != LSSLEEP) {
		stall_woken(l->l_stall);
		return;
	}
	stall_check(l->l_stall);
	/* Its wake-up may yet be lost, or nobody was to blame just now. */
	(void)stall_sleep_begin(l);
}

bool
stall_sleep_begin(struct lwp *l)
{
	struct stall_watch *sw = l->l_stall;
	uint64_t elapsed, nsecs;

	if (sw == NULL || (sw->sw_reported && !stall_resends) ||
	    sw->sw_looks >= STALL_LOOKS)
		return (false);
	sw->sw_looks++;
	elapsed = stall_elapsed(sw);
	/* A little more, so that the limit has passed when we look. */
	nsecs = elapsed < stall_limit_ns ? stall_limit_ns - elapsed + 1000
					 : MAX(stall_limit_ns, 1000000);
	callout_reset_nsec(&l->l_sleep_callout, nsecs, stall_sleeper, l);
	return (true);
}
