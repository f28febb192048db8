/* SPDX-License-Identifier: ISC */
/*
 * The x2APIC model's timer: one-shot, periodic, TSC deadline.
 */
#include "x2apic/x2apic_private.h"

static uint32_t
timer_mode(const struct x2apic *apic)
{
	return (apic->lvt[X2APIC_LVT_TIMER] & LVT_MODE);
}

/*
 * Bits 0, 1 and 3 of the divide configuration register are the log2 of the
 * divisor, less one; all set: divide by one.
 */
static uint64_t
divisor(const struct x2apic *apic)
{
	uint32_t code = (apic->divide & 3) | (apic->divide & 8) >> 1;

	return (1ULL << ((code + 1) & 7));
}

static uint64_t
period(const struct x2apic *apic)
{
	return (apic->initial * divisor(apic));
}

void
x2apic_timer_mode(struct x2apic *apic, uint32_t lvt)
{
	if ((lvt & LVT_MODE) != timer_mode(apic))
		apic->due = X2APIC_NEVER;
	apic->lvt[X2APIC_LVT_TIMER] = lvt;
}

uint32_t
x2apic_timer_current(const struct x2apic *apic, uint64_t now)
{
	if (timer_mode(apic) == LVT_DEADLINE || apic->due == X2APIC_NEVER)
		return (0);
	/* What is left of a step has not been counted yet. */
	return (
	    (uint32_t)((apic->due - now + divisor(apic) - 1) / divisor(apic)));
}

void
x2apic_timer_set_initial(struct x2apic *apic, uint32_t initial, uint64_t now)
{
	if (timer_mode(apic) == LVT_DEADLINE)
		return;
	apic->initial = initial;
	apic->due = initial == 0 ? X2APIC_NEVER : now + period(apic);
}

/* The timer goes on from its current count, at the new pace. */
void
x2apic_timer_set_divide(struct x2apic *apic, uint32_t divide, uint64_t now)
{
	uint32_t current = x2apic_timer_current(apic, now);

	apic->divide = divide;
	if (current != 0)
		apic->due = now + current * divisor(apic);
}

uint64_t
x2apic_timer_deadline(const struct x2apic *apic)
{
	if (timer_mode(apic) != LVT_DEADLINE || apic->due == X2APIC_NEVER)
		return (0);
	return (apic->due);
}

void
x2apic_timer_set_deadline(struct x2apic *apic, uint64_t deadline, uint64_t now)
{
	if (timer_mode(apic) != LVT_DEADLINE)
		return;
	apic->due = deadline == 0 ? X2APIC_NEVER : deadline;
	x2apic_advance(apic, now);
}

uint64_t
x2apic_due(const struct x2apic *apic)
{
	return (apic->due);
}

bool
x2apic_armed(const struct x2apic *apic)
{
	return (apic->due != X2APIC_NEVER &&
		(apic->lvt[X2APIC_LVT_TIMER] & LVT_MASKED) == 0);
}

uint64_t
x2apic_period(const struct x2apic *apic)
{
	return (timer_mode(apic) == LVT_PERIODIC && apic->due != X2APIC_NEVER
		    ? period(apic)
		    : 0);
}

void
x2apic_advance(struct x2apic *apic, uint64_t now)
{
	if (apic->due > now || apic->due == X2APIC_NEVER)
		return;
	if (timer_mode(apic) == LVT_PERIODIC)
		apic->due +=
		    ((now - apic->due) / period(apic) + 1) * period(apic);
	else
		apic->due = X2APIC_NEVER;
	x2apic_lvt_fire(apic, X2APIC_LVT_TIMER);
}
