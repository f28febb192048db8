/* SPDX-License-Identifier: ISC */
/*
 * Why a call does not come back, in words: a piece for each rule.
 */
#include <inttypes.h>
#include <string.h>

#include "diagnose/diagnose.h"
#include "diagnose/say.h"

void
diagnose_say_place(struct say *say, uint32_t cpu)
{
	const struct inspect *in = &say->snapshot->in;
	const struct inspect_cpu *kernel = &in->cpus[cpu];
	const struct snapshot_cpu *c = &say->snapshot->cpus[cpu];
	const char *level;

	if (c->has_regs) {
		say_add(say, "in ");
		say_function(say, c->regs.rip);
	}
	if (kernel->thread != INSPECT_NONE)
		say_add(say, "%sthread %s", c->has_regs ? ", " : "",
		    in->threads[kernel->thread].name);
	level = inspect_name(in->image, XCVM_NAMED_LEVEL, kernel->level);
	if (kernel->known && level != NULL)
		say_add(say, ", at %s", level);
	else if (kernel->known)
		say_add(say, ", at level %" PRIu32, kernel->level);
}

/* Say what a thread does: runs, waits for its CPU, sleeps. */
static void
say_thread(struct say *say, uint32_t thread)
{
	const struct inspect_thread *t = &say->snapshot->in.threads[thread];
	size_t f = 0;

	if (t->current && t->cpu != INSPECT_NONE &&
	    say->snapshot->in.cpus[t->cpu].depth > 0)
		say_add(say, "an interrupt on top of ");
	say_add(say, "thread %s", t->name);
	if (t->state == INSPECT_ASLEEP)
		say_add(say, " asleep on \"%s\"", t->wmesg);
	else if (!t->current)
		say_add(say, " waiting for the CPU");
	while (f < t->nframes && t->functions[f] == 0)
		f++;
	if (t->current && f < t->nframes) {
		say_add(say, " in ");
		say_function(say, t->functions[f]);
	}
}

static void
say_interrupt(struct say *say, const struct diagnose_wait *w)
{
	const struct image_record *way = w->subject.way;

	if (w->resched != INSPECT_NONE)
		say_add(say, "the reschedule IPI");
	else if (way != NULL)
		say_add(say, "the IPI (vector %s)", way->name);
	else
		say_add(say, "the IPI");
}

/* Say that the IPI was lost, and who sent it, unless the waiter did. */
static void
say_lost(struct say *say, const struct diagnose_wait *w, uint32_t cpu)
{
	uint32_t sender = INSPECT_NONE;

	if (w->resched == INSPECT_NONE)
		sender = trace_sender(&w->subject, w->target);
	say_interrupt(say, w);
	if (sender != INSPECT_NONE && sender != w->subject.wait->cpu)
		say_add(say, " was sent by cpu %" PRIu32 " but", sender);
	else if (sender == INSPECT_NONE && w->resched == INSPECT_NONE)
		say_add(say, ", if one was sent,");
	else
		say_add(say, " was sent but");
	say_add(say,
	    " is not pending at cpu %" PRIu32
	    ", which has not taken one since: it was lost on the way",
	    cpu);
}

/* Say how the call got as far as the reschedule IPI. */
static void
say_resched(struct say *say, const struct diagnose_wait *w)
{
	const struct inspect *in = &say->snapshot->in;
	const struct inspect_thread *t = &in->threads[w->resched];

	if (w->subject.wait->orphan && w->resched == w->subject.wait->thread)
		return;
	if (w->resched == w->subject.wait->thread)
		say_add(say,
		    "the call has ended and thread %s is to go on, "
		    "but ",
		    t->name);
	else
		say_add(say, "thread %s is to run it there, but ", t->name);
}

static void
say_blocked(struct say *say, const struct diagnose_wait *w, uint32_t cpu)
{
	const struct inspect *in = &say->snapshot->in;
	const struct inspect_cpu *kernel = &in->cpus[cpu];
	bool pinned = kernel->thread != INSPECT_NONE &&
		      in->threads[kernel->thread].pinned;

	if (w->rule == RULE_MARKED_TURN)
		say_add(say, "cpu %" PRIu32 " %s, ", cpu,
		    kernel->thread == w->resched
			? "is at something on top of it"
			: "goes on with one that is not worse");
	else if (w->rule == RULE_RECORDED_IPL) {
		say_interrupt(say, w);
		say_add(say, " has come to cpu %" PRIu32 ", which blocks it, ",
		    cpu);
	} else if (w->resched != INSPECT_NONE && pinned)
		say_add(say, "cpu %" PRIu32 " has preemption disabled, ", cpu);
	else
		say_add(say,
		    "cpu %" PRIu32 " has taken the IPI, and blocks the soft "
		    "interrupt that it was put off to, ",
		    cpu);
	diagnose_say_place(say, cpu);
}

static void
say_pending(struct say *say, const struct diagnose_wait *w, uint32_t cpu)
{
	const struct apic_state *apic = &say->snapshot->cpus[cpu].apic;
	int service = apic_highest(apic->isr);

	if (w->rule == RULE_STUCK_IF)
		say_add(say, "it has come to cpu %" PRIu32, cpu);
	else {
		say_interrupt(say, w);
		say_add(say, " is pending at cpu %" PRIu32, cpu);
	}
	switch (w->rule) {
	case RULE_IRR_TPR:
		if (service >= 0 && (uint32_t)service >> 4 >= apic->tpr >> 4)
			say_add(
			    say, ", masked by vector %d in service, ", service);
		else
			say_add(say, ", masked by its TPR 0x%02" PRIx32 ", ",
			    apic->tpr);
		break;
	case RULE_IRR_FREE:
		say_add(say,
		    " and nothing masks it, but the CPU does not take it: "
		    "the host does not run it, ");
		break;
	default:
		say_add(say, ", which has interrupts off, ");
		break;
	}
	diagnose_say_place(say, cpu);
}

static void
say_runs(struct say *say, const struct diagnose_wait *w)
{
	say_add(say, "cpu %" PRIu32 " ", w->target);
	if (w->rule == RULE_BUSY)
		say_add(say, "is at something before it, ");
	else if (w->rule == RULE_BEGUN)
		say_add(say, "has begun it and not returned from it, ");
	else
		say_add(say, "runs it, ");
	if (w->holder != INSPECT_NONE)
		say_thread(say, w->holder);
	else
		diagnose_say_place(say, w->target);
}

static void
say_gone(struct say *say, const struct diagnose_wait *w)
{
	if (w->target != INSPECT_NONE)
		say_add(say, "cpu %" PRIu32 " ", w->target);
	else
		say_add(say, "it ");
	switch (w->rule) {
	case RULE_NOT_WOKEN:
		say_add(say,
		    "has said that it is done, and thread %s was not "
		    "woken",
		    say->snapshot->in.threads[w->subject.wait->thread].name);
		break;
	case RULE_NOT_TOLD:
		say_add(say, w->evidence.returned == ANSWER_YES
				 ? "has run it, and has not said so"
				 : "does not have it any more, and has not "
				   "said that it is done");
		break;
	case RULE_LOST_WORK:
		say_add(say, "has taken the call off its queue, and never "
			     "began it");
		break;
	default:
		say_add(say, "has taken the IPI, and left the call queued");
		break;
	}
}

void
diagnose_say_why(struct say *say, const struct diagnose_wait *w)
{
	uint32_t cpu = w->target;

	if (w->resched != INSPECT_NONE) {
		say_resched(say, w);
		cpu = say->snapshot->in.threads[w->resched].cpu;
	}
	switch (w->rule) {
	case RULE_NOT_STARTED:
		say_add(say, "cpu %" PRIu32 " has not been started", cpu);
		break;
	case RULE_STOPPED:
		say_add(say, "cpu %" PRIu32 " has stopped for good", cpu);
		break;
	case RULE_HELD:
		say_add(say,
		    "the fault plan keeps cpu %" PRIu32 " from running", cpu);
		break;
	case RULE_RUNS:
	case RULE_BEGUN:
	case RULE_BUSY:
		say_runs(say, w);
		break;
	case RULE_NOT_WOKEN:
	case RULE_NOT_TOLD:
	case RULE_LOST_WORK:
	case RULE_UNSEEN:
		say_gone(say, w);
		break;
	case RULE_IRR_IF:
	case RULE_IRR_TPR:
	case RULE_IRR_FREE:
	case RULE_STUCK_IF:
		say_pending(say, w, cpu);
		break;
	case RULE_RECORDED_IPL:
	case RULE_MARKED_IPL:
	case RULE_MARKED_TURN:
		say_blocked(say, w, cpu);
		break;
	case RULE_UNSENT:
		say_add(say, "no IPI was sent");
		if (cpu != INSPECT_NONE)
			say_add(say, " to cpu %" PRIu32, cpu);
		say_add(say, " for it");
		break;
	case RULE_LOST:
		if (cpu != INSPECT_NONE)
			say_lost(say, w, cpu);
		else
			say_add(say, "nothing tells where the call is");
		break;
	}
}
