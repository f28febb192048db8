/* SPDX-License-Identifier: ISC */
/*
 * The faults that come at points of time: spurious, nmi, stall, slow.
 */
#include "inject/inject_private.h"

/*
 * When the entry ticks next.  A stalled vCPU runs for a period before it can
 * be stalled again; ticks that this host was too slow for are not made up.
 */
static uint64_t
next_due(const struct tick *tick, const struct fault_spec *spec, bool injected)
{
	uint64_t period = spec->every_us * NS_PER_US;
	uint64_t due = tick->due_ns + period, now = clock_ns();

	if (injected && spec->kind == FAULT_STALL)
		return (now + spec->stall_us * NS_PER_US + period);
	return (due > now ? due : due + (now - due) / period * period + period);
}

static void
act(struct tick *tick, const struct fault_hit *hit)
{
	const struct fault_spec *spec = hit->spec;
	const struct ipi ipi = {hit->src, hit->dst, hit->vector};
	uint64_t for_us = spec->stall_us;

	switch (spec->kind) {
	case FAULT_SPURIOUS:
	case FAULT_NMI:
		inject_post(tick->inject, &ipi);
		break;
	case FAULT_SLOW:
		for_us = spec->every_us * (100 - spec->duty) / 100;
		/* FALLTHROUGH */
	case FAULT_STALL:
		inject_hold(tick->inject, hit->dst, for_us, false);
		break;
	case FAULT_LOST:
	case FAULT_DUP:
	case FAULT_DELAY:
	case FAULT_REORDER:
	case FAULT_MISROUTE:
	case FAULT_PREEMPT:
		break; /* not at points of time */
	}
}

void
inject_tick(struct agenda_item *item)
{
	struct tick *tick = (struct tick *)item; /* its first member */
	struct inject *inject = tick->inject;
	struct fault_hit hit;
	bool over, spent, injected;

	lock_take(&inject->vm->report_lock);
	over = inject_over(inject);
	injected = !over && fault_tick(inject->fault, tick->entry, &hit);
	if (injected)
		inject_tell(inject, &hit);
	spent = fault_spent(inject->fault, tick->entry);
	lock_drop(&inject->vm->report_lock);
	if (injected)
		act(tick, &hit);
	if (over || spent)
		return;
	tick->due_ns =
	    next_due(tick, &inject->plan->specs[tick->entry], injected);
	/* The item has just been taken off the agenda. */
	agenda_set(inject->vm->agenda, &tick->item, tick->due_ns);
}
