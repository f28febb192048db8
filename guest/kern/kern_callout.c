/* SPDX-License-Identifier: ISC */
/*
 * Timeouts: one list per CPU, ordered by deadline, run at IPL_SOFTCLOCK.
 *
 * Arming the timer costs a VM exit, so it is armed only for a deadline
 * earlier than the one it stands at; a callout that was stopped leaves it
 * armed, and the interrupt then finds nothing due and moves on.
 */
#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/lock.h>
#include <machine/clock.h>
#include <machine/intr.h>
#include <kern/kern.h>
#include <kern/md.h>

void
callout_init(callout_t *c, u_int flags __unused)
{
	c->c_cpu = NULL;
	c->c_func = NULL;
}

void
callout_reset_nsec(
    callout_t *c, uint64_t nsecs, void (*func)(void *), void *arg)
{
	struct cpu_info *ci;
	struct callout **cp;
	int s;

	KASSERT(func != NULL);
	s = splhigh();
	ci = curcpu();
	__cpu_simple_lock(&ci->ci_callout_lock);
	/* Others may reset it too: whoever finds it on no list goes on. */
	while (atomic_cas_ptr(&c->c_cpu, NULL, ci) != NULL) {
		__cpu_simple_unlock(&ci->ci_callout_lock);
		callout_stop(c);
		__cpu_simple_lock(&ci->ci_callout_lock);
	}
	c->c_deadline = cpu_counter() + ns_to_tsc(nsecs);
	c->c_func = func;
	c->c_arg = arg;
	cp = &ci->ci_callouts;
	while (*cp != NULL && (*cp)->c_deadline <= c->c_deadline)
		cp = &(*cp)->c_next;
	c->c_next = *cp;
	*cp = c;
	if (ci->ci_callouts == c)
		cpu_timer_arm(c->c_deadline);
	__cpu_simple_unlock(&ci->ci_callout_lock);
	splx(s);
}

void
callout_reset(callout_t *c, int ticks, void (*func)(void *), void *arg)
{
	callout_reset_nsec(
	    c, (uint64_t)ticks * (1000000000U / (u_int)hz), func, arg);
}

bool
callout_stop(callout_t *c)
{
	struct cpu_info *ci;
	struct callout **cp;
	bool pending = false;
	int s = splhigh();

	/* It may be taken out, or moved, until we hold its CPU's lock. */
	while (!pending && (ci = c->c_cpu) != NULL) {
		__cpu_simple_lock(&ci->ci_callout_lock);
		if (c->c_cpu == ci) {
			for (cp = &ci->ci_callouts; *cp != c;
			     cp = &(*cp)->c_next)
				continue;
			*cp = c->c_next;
			/* Release: it is off the list for who claims it. */
			atomic_store_release(&c->c_cpu, NULL);
			pending = true;
		}
		__cpu_simple_unlock(&ci->ci_callout_lock);
	}
	splx(s);
	return (pending);
}

bool
callout_pending(const callout_t *c)
{
	return (c->c_cpu != NULL);
}

void
callout_intr(void)
{
	curcpu()->ci_callout_due = true;
	softint_mark(0);
}

/* Take the first callout out if it is due; else arm the timer for it. */
static bool
callout_take(struct cpu_info *ci, void (**func)(void *), void **arg)
{
	struct callout *c;
	bool due = false;
	int s = splhigh();

	__cpu_simple_lock(&ci->ci_callout_lock);
	c = ci->ci_callouts;
	if (c != NULL && c->c_deadline <= cpu_counter()) {
		ci->ci_callouts = c->c_next;
		*func = c->c_func;
		*arg = c->c_arg;
		/* Release: all is read before somebody claims it. */
		atomic_store_release(&c->c_cpu, NULL);
		due = true;
	} else if (c != NULL)
		cpu_timer_arm(c->c_deadline);
	__cpu_simple_unlock(&ci->ci_callout_lock);
	splx(s);
	return (due);
}

void
callout_softclock(void)
{
	struct cpu_info *ci = curcpu();
	void (*func)(void *);
	void *arg;

	/* The function may free or reset its callout: it is not ours by then. */
	while (callout_take(ci, &func, &arg))
		func(arg);
}
