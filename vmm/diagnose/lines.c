/* SPDX-License-Identifier: ISC */
/*
 * The evidence of a verdict, a line for each thing that was looked at.
 */
#include <inttypes.h>

#include "diagnose/diagnose.h"
#include "diagnose/say.h"

static void
line(struct say *say, const struct snapshot *snapshot, struct diagnose_wait *w)
{
	say_begin(say, snapshot, w->line[w->nlines], sizeof(w->line[0]));
	if (w->nlines + 1 < DIAGNOSE_LINES)
		w->nlines++;
}

/* Say where the call is queued, or that it is not. */
static void
line_call(struct say *say, const struct diagnose_wait *w)
{
	const struct inspect_call *call = subject_call(&w->subject, w->target);

	say_add(say, "the call: ");
	if (w->subject.wait->full)
		say_add(say, "not queued, all places are taken");
	else if (call != NULL)
		say_add(say, "in %s %" PRIu32 " of cpu %" PRIu32,
		    call->where->name, call->index, call->cpu);
	else if (w->subject.box != NULL)
		say_add(say, "in the box that all CPUs share");
	else
		say_add(say, "not queued at cpu %" PRIu32, w->target);
}

static const char *
answer(enum answer a)
{
	return (a == ANSWER_YES ? "yes" : a == ANSWER_NO ? "no" : "not known");
}

static void
line_trace(struct say *say, const struct evidence *e)
{
	say_add(say,
	    "the trace: sent: %s; taken since: %s; begun: %s; returned: %s",
	    answer(e->sent), answer(e->taken), answer(e->begun),
	    answer(e->returned));
}

static void
line_interrupt(struct say *say, const struct evidence *e, uint32_t cpu)
{
	const struct snapshot_cpu *c = &say->snapshot->cpus[cpu];

	say_add(say, "at cpu %" PRIu32 ": vector %s", cpu,
	    !c->has_apic ? "not known"
	    : e->pending ? "pending"
			 : "not pending");
	if (c->has_apic)
		say_add(say, ", TPR 0x%02" PRIx32 ", class %" PRIu32,
		    c->apic.tpr, apic_held_class(&c->apic));
	if (c->has_regs)
		say_add(say, ", IF=%d", !e->if_off);
	say_add(say, ", %srecorded%s, %sput off%s", e->recorded ? "" : "not ",
	    e->recorded && e->recorded_blocked ? " and blocked" : "",
	    e->marked ? "" : "not ",
	    e->marked && e->marked_blocked ? " and blocked" : "");
}

void
diagnose_lines(const struct snapshot *snapshot, struct diagnose_wait *w)
{
	const struct evidence *e = &w->evidence;
	struct say say;

	w->nlines = 0;
	if (w->target == INSPECT_NONE)
		return;
	if (w->resched == INSPECT_NONE) {
		line(&say, snapshot, w);
		line_call(&say, w);
		line(&say, snapshot, w);
		line_trace(&say, e);
		line(&say, snapshot, w);
		line_interrupt(&say, e, w->target);
	} else {
		line(&say, snapshot, w);
		line_interrupt(&say, e, snapshot->in.threads[w->resched].cpu);
	}
}
