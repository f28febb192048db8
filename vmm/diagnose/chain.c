/* SPDX-License-Identifier: ISC */
/*
 * Which wait waits for which: what holds a CPU back may be in a wait itself.
 */
#include <string.h>

#include "diagnose/diagnose.h"

#define OWNER_BITS 7U /* of a mutex's owner word: not of the pointer */

/* The thread that keeps the wait's target from its part, or INSPECT_NONE. */
static uint32_t
holder_of(const struct snapshot *snapshot, const struct diagnose_wait *w)
{
	const struct inspect *in = &snapshot->in;
	uint32_t thread;

	switch (w->rule) {
	case RULE_RUNS:
		thread = inspect_on_stack(in, w->target, w->subject.outer);
		if (thread == INSPECT_NONE)
			thread = inspect_on_stack(
			    in, w->target, w->subject.function);
		if (thread == INSPECT_NONE)
			thread = in->cpus[w->target].thread;
		return (thread);
	case RULE_BEGUN:
		return (subject_worker(&w->subject, w->target));
	case RULE_BUSY:
		return (subject_busy(&w->subject, w->target));
	case RULE_IRR_IF:
	case RULE_IRR_TPR:
	case RULE_RECORDED_IPL:
	case RULE_MARKED_IPL:
	case RULE_MARKED_TURN:
	case RULE_STUCK_IF:
		if (w->resched != INSPECT_NONE)
			return (in->cpus[in->threads[w->resched].cpu].thread);
		return (in->cpus[w->target].thread);
	default:
		return (INSPECT_NONE);
	}
}

/*
 * The thread that has to go on so that `thread` can: the owner of the mutex
 * that `thread` waits for, or `thread` itself.
 */
static uint32_t
past_mutexes(const struct snapshot *snapshot, uint32_t thread)
{
	const struct inspect *in = &snapshot->in;
	uint64_t owner;
	uint32_t next;

	/* Those who have each other's mutexes make a circle. */
	for (size_t n = 0; n < in->nthreads; n++) {
		const struct inspect_thread *t = &in->threads[thread];

		if (t->state != INSPECT_ASLEEP ||
		    strcmp(t->wmesg, "mutex") != 0 ||
		    !inspect_member(in, XCVM_MUTEX_OWNER, t->wchan, &owner))
			break;
		next = inspect_thread(in, owner & ~(uint64_t)OWNER_BITS);
		if (next == INSPECT_NONE)
			break;
		thread = next;
	}
	return (thread);
}

/* Has an interrupt come in on top of the wait? */
static bool
interrupted(const struct snapshot *snapshot, const struct inspect_wait *w)
{
	const struct inspect *in = &snapshot->in;
	const struct inspect_thread *t = &in->threads[w->thread];
	struct symbol symbol;

	for (size_t f = 0; t->current && f < t->nframes; f++) {
		if (t->frames[f].at == 0 || t->frames[f].at >= w->addr)
			continue;
		symbol_function(in->symbols, t->functions[f], false, &symbol);
		if (symbol.function != NULL &&
		    inspect_named(
			in->image, XCVM_NAMED_ENTRY, symbol.function) != NULL)
			return (true);
	}
	return (false);
}

/*
 * The wait that the thread is in at this moment, or the orphan of a thread that
 * does not come to run; or DIAGNOSE_NO_WAIT.
 */
static size_t
wait_of(
    const struct snapshot *snapshot, const struct diagnose *d, uint32_t thread)
{
	for (size_t i = 0; i < d->nwaits; i++) {
		const struct inspect_wait *w = d->waits[i].subject.wait;

		if (w->thread == thread && (w->innermost || w->orphan) &&
		    !interrupted(snapshot, w))
			return (i);
	}
	return (DIAGNOSE_NO_WAIT);
}

/* Does the chain come back to where it began? */
static bool
closes(const struct diagnose *d, size_t first)
{
	size_t at = d->waits[first].waits_for;

	for (size_t n = 0; n < d->nwaits && at != DIAGNOSE_NO_WAIT; n++) {
		if (at == first)
			return (true);
		at = d->waits[at].waits_for;
	}
	return (false);
}

void
diagnose_chain(const struct snapshot *snapshot, struct diagnose *d)
{
	for (size_t i = 0; i < d->nwaits; i++) {
		struct diagnose_wait *w = &d->waits[i];

		w->holder = holder_of(snapshot, w);
		w->waits_for = DIAGNOSE_NO_WAIT;
		if (w->holder != INSPECT_NONE)
			w->waits_for = wait_of(
			    snapshot, d, past_mutexes(snapshot, w->holder));
	}
	for (size_t i = 0; i < d->nwaits; i++) {
		d->waits[i].mutual = closes(d, i);
		d->waits[i].verdict = d->waits[i].mutual
					  ? DIAGNOSIS_MUTUAL
					  : diagnosis_of(d->waits[i].rule);
	}
}
