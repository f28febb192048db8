/* SPDX-License-Identifier: ISC */
/*
 * The diagnosis of a hang.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "diagnose/diagnose.h"

/* The age below which a wait is young at the end of this run. */
static uint64_t
young_limit_us(const struct vm *vm)
{
	uint64_t us = (clock_us() - vm->created_us) / 4;
	uint64_t after_stall_us = vm_after_stall_ms(vm) * 1000ULL;

	if (after_stall_us != 0 && us > after_stall_us / 2)
		us = after_stall_us / 2;
	return (us < DIAGNOSE_YOUNG_MIN_US   ? DIAGNOSE_YOUNG_MIN_US
		: us > DIAGNOSE_YOUNG_MAX_US ? DIAGNOSE_YOUNG_MAX_US
					     : us);
}

/*
 * Fill in how long a wait has lasted; a guessed one, from the last record in
 * the trace of its CPU.
 */
static void
elapsed(
    const struct snapshot *snapshot, uint64_t young_us, struct diagnose_wait *w)
{
	const struct inspect_wait *wait = w->subject.wait;
	const struct snapshot_cpu *c =
	    &snapshot->cpus[wait->cpu != INSPECT_NONE ? wait->cpu : 0];
	uint64_t since = wait->start, cycles;

	if (wait->guessed && c->trace.count > 0)
		since = c->trace.records[c->trace.count - 1].tsc;
	/* A call that is in nobody's ring may have been made just now. */
	w->young = wait->orphan && wait->thread == INSPECT_NONE;
	if (since == 0 || c->tsc == 0 || snapshot->vm->tsc_khz == 0)
		return;
	/* A TSC that went backwards counts as no time. */
	cycles = c->tsc > since ? c->tsc - since : 0;
	w->elapsed_ns = (uint64_t)((unsigned __int128)cycles * 1000000 /
				   snapshot->vm->tsc_khz);
	w->has_elapsed = !wait->guessed;
	w->young = w->elapsed_ns / 1000 < young_us;
}

/*
 * If the call has ended, and its waiter is to go on, decide by the reschedule
 * IPI for the waiter.
 */
static void
follow_waiter(const struct snapshot *snapshot, struct diagnose_wait *w)
{
	const struct inspect_wait *wait = w->subject.wait;
	enum inspect_state state;

	if (w->rule != RULE_NOT_WOKEN || wait->orphan)
		return;
	/* A waiter that runs may be held with its CPU, or be interrupted. */
	state = snapshot->in.threads[wait->thread].state;
	if (state != INSPECT_RUNNABLE && state != INSPECT_RUNNING)
		return;
	w->resched = wait->thread;
	evidence_resched(snapshot, wait->thread, &w->evidence);
	w->rule = diagnosis_rule(&w->evidence);
}

/* The thread that the target is to switch to for a call, or INSPECT_NONE. */
static uint32_t
resched_of(const struct snapshot *snapshot, const struct subject *subject,
    uint32_t target)
{
	const struct inspect *in = &snapshot->in;
	uint32_t thread = subject_thread(subject, target);

	if (thread != INSPECT_NONE &&
	    in->threads[thread].state == INSPECT_RUNNABLE)
		return (thread);
	return (INSPECT_NONE);
}

static void
examine(const struct snapshot *snapshot, const struct inspect_wait *wait,
    uint64_t young_us, uint32_t *cpus, struct diagnose_wait *w)
{
	struct evidence evidence;
	enum diagnosis_rule rule;

	memset(w, 0, sizeof(*w));
	w->target = INSPECT_NONE;
	w->resched = INSPECT_NONE;
	subject_of(snapshot, wait, &w->subject);
	elapsed(snapshot, young_us, w);
	if (wait->orphan && wait->thread != INSPECT_NONE) {
		w->target = wait->target;
		w->targets = 1;
		w->resched = wait->thread;
		evidence_resched(snapshot, wait->thread, &w->evidence);
		w->rule = diagnosis_rule(&w->evidence);
		return;
	}
	w->targets = subject_targets(&w->subject, cpus);
	if (w->targets == 0) {
		evidence_gather(&w->subject, INSPECT_NONE, &w->evidence);
		w->rule = diagnosis_rule(&w->evidence);
	}
	for (size_t i = 0; i < w->targets; i++) {
		evidence_gather(&w->subject, cpus[i], &evidence);
		rule = diagnosis_rule(&evidence);
		if (w->target != INSPECT_NONE &&
		    diagnosis_rank(rule) >= diagnosis_rank(w->rule))
			continue;
		w->rule = rule;
		w->evidence = evidence;
		w->target = cpus[i];
		w->resched = evidence.work == WORK_QUEUED
				 ? resched_of(snapshot, &w->subject, cpus[i])
				 : INSPECT_NONE;
	}
	follow_waiter(snapshot, w);
}

/*
 * Did the run hang on `a` before it hung on `b`?  Of two orphans, one that is
 * hopeless is named before one that may only be late.
 */
static bool
older(const struct diagnose_wait *a, const struct diagnose_wait *b)
{
	if (a->subject.wait->orphan != b->subject.wait->orphan)
		return (b->subject.wait->orphan);
	if (a->subject.wait->orphan &&
	    diagnosis_rank(a->rule) != diagnosis_rank(b->rule))
		return (diagnosis_rank(a->rule) < diagnosis_rank(b->rule));
	if (a->has_elapsed != b->has_elapsed)
		return (a->has_elapsed);
	return (a->elapsed_ns > b->elapsed_ns);
}

static size_t
oldest(const struct diagnose *d, bool dead)
{
	size_t found = DIAGNOSE_NO_WAIT;

	for (size_t i = 0; i < d->nwaits; i++)
		if ((dead || !d->waits[i].young) &&
		    (found == DIAGNOSE_NO_WAIT ||
			older(&d->waits[i], &d->waits[found])))
			found = i;
	return (found);
}

/*
 * The last wait of the chain that begins with `wait`; where the chain runs into
 * a loop, the first wait in that.
 */
static size_t
end_of_chain(const struct diagnose *d, size_t wait)
{
	for (size_t n = 0; wait != DIAGNOSE_NO_WAIT && n < d->nwaits &&
			   !d->waits[wait].mutual &&
			   d->waits[wait].waits_for != DIAGNOSE_NO_WAIT;
	     n++)
		wait = d->waits[wait].waits_for;
	return (wait);
}

/*
 * The wait to name as the cause.  What `cause` hangs on may only be late, as a
 * function that still runs is.  A thread whose CPU sleeps on is a surer cause,
 * and may be what that function waits for in a way of its own.
 */
static size_t
surest(const struct diagnose *d, size_t cause)
{
	const struct diagnose_wait *w;

	if (cause == DIAGNOSE_NO_WAIT || d->waits[cause].mutual ||
	    diagnosis_rank(d->waits[cause].rule) < diagnosis_rank(RULE_RUNS))
		return (cause);
	for (size_t i = 0; i < d->nwaits; i++) {
		w = &d->waits[i];
		if (w->subject.wait->orphan &&
		    w->subject.wait->thread != INSPECT_NONE &&
		    w->rule == RULE_LOST)
			return (i);
	}
	return (cause);
}

int
diagnose(struct diagnose *d, struct snapshot *snapshot, struct inject *inject,
    bool dead)
{
	uint64_t young_us = young_limit_us(snapshot->vm);
	struct inspect *in = &snapshot->in;
	uint32_t *cpus;

	memset(d, 0, sizeof(*d));
	if (diagnose_guess(snapshot) == -1 || diagnose_orphans(snapshot) == -1)
		return (-1);
	d->waits = calloc(in->nwaits + 1, sizeof(*d->waits));
	cpus = calloc(in->ncpus, sizeof(*cpus));
	if (d->waits == NULL || cpus == NULL) {
		free(cpus);
		free(d->waits);
		return (-1);
	}
	for (size_t i = 0; i < in->nwaits; i++)
		examine(snapshot, &in->waits[i], young_us, cpus,
		    &d->waits[d->nwaits++]);
	free(cpus);
	diagnose_chain(snapshot, d);
	d->cause = oldest(d, dead);
	d->faults = inject_last(inject, &d->last_fault);
	if (d->cause == DIAGNOSE_NO_WAIT)
		d->verdict = dead ? DIAGNOSIS_DEAD : DIAGNOSIS_NOBODY;
	d->cause = surest(d, end_of_chain(d, d->cause));
	if (d->cause != DIAGNOSE_NO_WAIT)
		d->verdict = d->waits[d->cause].verdict;
	for (size_t i = 0; i < d->nwaits; i++)
		diagnose_say_wait(snapshot, d, i);
	diagnose_say(snapshot, d, dead);
	return (0);
}

void
diagnose_free(struct diagnose *d)
{
	free(d->waits);
	memset(d, 0, sizeof(*d));
}
