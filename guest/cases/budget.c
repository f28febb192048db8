/* SPDX-License-Identifier: ISC */
/*
 * How long a stress goes on: bounded by time and by operations.
 */
#include "case.h"

#define NS_PER_MS 1000000

/* Over all budgets of the case. */
static volatile u_int operations;

static volatile enum ended {
	NOT_YET,
	ENDED_BY_TIME, /* and there were enough operations by then */
	ENDED_BY_OPERATIONS,
	ENDED_BY_CAP
} ended;

struct budget
budget_of(uint64_t ms, uint64_t ops, uint64_t cap_ms)
{
	uint64_t now = nsecuptime();

	return ((struct budget){
	    .b_end = now + ms * NS_PER_MS,
	    .b_cap = now + cap_ms * NS_PER_MS,
	    .b_enough = operations + (u_int)ops,
	});
}

struct budget
budget_start(void)
{
	return (budget_of(
	    case_param("budget_ms"), case_param("ops"), case_param("cap_ms")));
}

bool
budget_left(struct budget *b)
{
	bool enough = (int)(atomic_inc_uint_nv(&operations) - b->b_enough) >= 0;
	uint64_t now = nsecuptime();

	if (now < b->b_end)
		return (true);
	if (!enough && now < b->b_cap) {
		b->b_late = true;
		return (true);
	}
	ended = !enough	    ? ENDED_BY_CAP
		: b->b_late ? ENDED_BY_OPERATIONS
			    : ENDED_BY_TIME;
	return (false);
}

void
budget_report(void)
{
	static const char *const name[] = {
	    [ENDED_BY_TIME] = "operations, ended by budget_ms",
	    [ENDED_BY_OPERATIONS] = "operations, ended by ops",
	    [ENDED_BY_CAP] = "operations, ended by cap_ms",
	};

	if (ended != NOT_YET)
		case_metric(name[ended], "", operations);
}
