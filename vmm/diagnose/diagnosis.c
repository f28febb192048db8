/* SPDX-License-Identifier: ISC */
/*
 * From evidence to a verdict.
 */
#include "diagnose/diagnosis.h"

static const char *const names[DIAGNOSIS_VERDICTS] = {
    [DIAGNOSIS_NEVER_SENT] = "never sent",
    [DIAGNOSIS_SENT] = "sent, not pending at the target",
    [DIAGNOSIS_IF] = "pending, masked by IF",
    [DIAGNOSIS_TPR] = "pending, masked by TPR",
    [DIAGNOSIS_IPL] = "pending, masked by IPL",
    [DIAGNOSIS_TAKEN] = "taken, no work seen",
    [DIAGNOSIS_RUNNING] = "handler running",
    [DIAGNOSIS_DONE] = "work done, acknowledgement missing",
    [DIAGNOSIS_MUTUAL] = "waiters wait for each other",
    [DIAGNOSIS_TARGET] = "target not running",
    [DIAGNOSIS_DEAD] = "no interrupt can ever arrive",
    [DIAGNOSIS_NOBODY] = "nobody waits",
};

/* Verdict of each rule, and how soon it is named among several. */
static const struct {
	enum diagnosis_verdict verdict;
	unsigned rank;
} rules[] = {
    [RULE_NOT_STARTED] = {DIAGNOSIS_TARGET, 5},
    [RULE_STOPPED] = {DIAGNOSIS_TARGET, 5},
    [RULE_HELD] = {DIAGNOSIS_TARGET, 6},
    [RULE_RUNS] = {DIAGNOSIS_RUNNING, 10},
    [RULE_NOT_WOKEN] = {DIAGNOSIS_DONE, 3},
    [RULE_NOT_TOLD] = {DIAGNOSIS_DONE, 4},
    [RULE_BEGUN] = {DIAGNOSIS_RUNNING, 11},
    [RULE_LOST_WORK] = {DIAGNOSIS_TAKEN, 2},
    [RULE_BUSY] = {DIAGNOSIS_RUNNING, 12},
    [RULE_IRR_IF] = {DIAGNOSIS_IF, 7},
    [RULE_IRR_TPR] = {DIAGNOSIS_TPR, 8},
    [RULE_IRR_FREE] = {DIAGNOSIS_TARGET, 13},
    [RULE_RECORDED_IPL] = {DIAGNOSIS_IPL, 9},
    [RULE_MARKED_IPL] = {DIAGNOSIS_IPL, 9},
    [RULE_MARKED_TURN] = {DIAGNOSIS_IPL, 9},
    [RULE_STUCK_IF] = {DIAGNOSIS_IF, 7},
    [RULE_UNSEEN] = {DIAGNOSIS_TAKEN, 2},
    [RULE_UNSENT] = {DIAGNOSIS_NEVER_SENT, 0},
    [RULE_LOST] = {DIAGNOSIS_SENT, 1},
};

/*
 * The rule for a call that is not queued any more, and not on a stack either.
 */
static enum diagnosis_rule
rule_gone(const struct evidence *e)
{
	if (e->ended)
		return (RULE_NOT_WOKEN);
	if (e->returned == ANSWER_YES)
		return (RULE_NOT_TOLD);
	if (e->begun == ANSWER_YES)
		return (RULE_BEGUN);
	/* Where the trace has forgotten, the call is likelier to have run. */
	return (e->begun == ANSWER_NO ? RULE_LOST_WORK : RULE_NOT_TOLD);
}

/* Has the interrupt of a queued call got to the CPU?  Fills `*rule`. */
static bool
rule_arrived(const struct evidence *e, enum diagnosis_rule *rule)
{
	if (e->pending)
		*rule = e->if_off   ? RULE_IRR_IF
			: e->masked ? RULE_IRR_TPR
				    : RULE_IRR_FREE;
	else if (e->recorded && e->recorded_blocked)
		*rule = RULE_RECORDED_IPL;
	else if (e->marked && e->marked_blocked)
		*rule = RULE_MARKED_IPL;
	else if (e->marked && e->marked_turn)
		*rule = RULE_MARKED_TURN;
	else if ((e->recorded || e->marked) && e->if_off)
		*rule = RULE_STUCK_IF;
	else
		return (false);
	return (true);
}

enum diagnosis_rule
diagnosis_rule(const struct evidence *e)
{
	enum diagnosis_rule rule;

	if (!e->started)
		return (RULE_NOT_STARTED);
	if (e->stopped)
		return (RULE_STOPPED);
	if (e->held)
		return (RULE_HELD);
	if (e->work == WORK_RUNNING)
		return (RULE_RUNS);
	if (e->work == WORK_GONE)
		return (rule_gone(e));
	if (e->busy)
		return (RULE_BUSY);
	if (rule_arrived(e, &rule))
		return (rule);
	if (e->recorded || e->marked || e->taken == ANSWER_YES)
		return (RULE_UNSEEN);
	return (e->sent == ANSWER_NO ? RULE_UNSENT : RULE_LOST);
}

enum diagnosis_verdict
diagnosis_of(enum diagnosis_rule rule)
{
	return (rules[rule].verdict);
}

unsigned
diagnosis_rank(enum diagnosis_rule rule)
{
	return (rules[rule].rank);
}

const char *
diagnosis_name(enum diagnosis_verdict verdict)
{
	return (names[verdict]);
}
