/* SPDX-License-Identifier: ISC */
/*
 * What the trace rings prove about a call.
 *
 * A ring keeps the last records only, and may be switched off: what is not in
 * it is known not to have happened only as far back as it reaches.
 */
#include "diagnose/evidence.h"

/*
 * The primitive under which the machine notes interrupts: what they announce.
 */
static enum xcvm_trace_primitive
interrupt_of(uint32_t primitive)
{
	return (primitive == XCVM_TRACE_CPU_XCALL ? XCVM_TRACE_CPU_XCALL
						  : XCVM_TRACE_IPI_NUMBER);
}

static enum xcvm_trace_primitive
announced_as(const struct subject *s)
{
	return (interrupt_of(s->primitive));
}

static const struct trace *
ring(const struct subject *s, uint32_t cpu)
{
	return (&s->snapshot->cpus[cpu].trace);
}

/* Would the ring still have what was noted at `since`? */
static bool
reaches(const struct subject *s, uint32_t cpu, uint64_t since)
{
	const struct trace *trace = ring(s, cpu);

	return (s->snapshot->in.tracing &&
		(!trace->wrapped ||
		    (trace->count > 0 && trace->records[0].tsc <= since)));
}

static bool
is(const struct trace_record *r, enum xcvm_trace_what what, uint32_t primitive,
    uint32_t target)
{
	return (r->what == what && r->primitive == primitive &&
		(r->target == target || r->target == XCVM_TRACE_ALL ||
		    target == INSPECT_NONE));
}

/* The last record of that kind, or NULL. */
static const struct trace_record *
last(const struct trace *trace, enum xcvm_trace_what what, uint32_t primitive,
    uint32_t target)
{
	for (size_t i = trace->count; i-- > 0;)
		if (is(&trace->records[i], what, primitive, target))
			return (&trace->records[i]);
	return (NULL);
}

void
trace_find_caller(const struct snapshot *snapshot, uint32_t primitive,
    uint64_t function, uint32_t target, struct inspect_wait *orphan)
{
	const struct trace_record *r;

	orphan->cpu = INSPECT_NONE;
	orphan->start = 0;
	for (uint32_t cpu = 0; cpu < snapshot->in.ncpus; cpu++) {
		const struct trace *trace = &snapshot->cpus[cpu].trace;

		for (size_t i = trace->count; i-- > 0;) {
			r = &trace->records[i];
			if (r->tsc <= orphan->start)
				break;
			if (!is(r, XCVM_TRACE_SEND, primitive, target) ||
			    r->function.addr != function)
				continue;
			orphan->cpu = cpu;
			orphan->start = r->tsc;
			break;
		}
	}
	/*
	 * Another implementation notes no calls, but the machine notes the
	 * interrupts.
	 */
	if (orphan->start != 0 || target == INSPECT_NONE)
		return;
	for (uint32_t cpu = 0; cpu < snapshot->in.ncpus; cpu++) {
		r = last(&snapshot->cpus[cpu].trace, XCVM_TRACE_IPI,
		    interrupt_of(primitive), target);
		if (r != NULL && r->tsc > orphan->start) {
			orphan->cpu = cpu;
			orphan->start = r->tsc;
		}
	}
}

/* When the call's CPU made it for `target`; 0 if the ring does not have it. */
static uint64_t
sent_at(const struct subject *s, uint32_t target)
{
	const struct trace *trace;

	if (s->wait->cpu == INSPECT_NONE)
		return (0);
	trace = ring(s, s->wait->cpu);
	for (size_t i = trace->count; s->outer != 0 && i-- > 0;) {
		const struct trace_record *r = &trace->records[i];

		if (is(r, XCVM_TRACE_SEND, s->primitive, target) &&
		    r->function.addr == s->outer)
			return (r->tsc);
	}
	return (0);
}

uint32_t
trace_last_target(const struct subject *s)
{
	const struct trace *trace = ring(s, s->wait->cpu);
	const struct trace_record *r;

	r = last(trace, XCVM_TRACE_SEND, s->primitive, INSPECT_NONE);
	if (r == NULL || s->outer == 0 || r->function.addr != s->outer)
		r = last(trace, XCVM_TRACE_IPI, announced_as(s), INSPECT_NONE);
	if (r == NULL || r->target >= s->snapshot->in.ncpus)
		return (INSPECT_NONE);
	return (r->target);
}

/*
 * When an interrupt for `target` was last sent, and who sent it; 0: not noted.
 */
static uint64_t
last_sent(const struct subject *s, uint32_t target, uint32_t *sender)
{
	uint64_t when = 0;

	*sender = INSPECT_NONE;
	for (uint32_t cpu = 0; cpu < s->snapshot->in.ncpus; cpu++) {
		const struct trace_record *r =
		    last(ring(s, cpu), XCVM_TRACE_IPI, announced_as(s), target);

		if (r != NULL && r->tsc > when) {
			when = r->tsc;
			*sender = cpu;
		}
	}
	return (when);
}

uint32_t
trace_sender(const struct subject *s, uint32_t target)
{
	const struct trace_record *received = last(ring(s, target),
	    XCVM_TRACE_RECEIVED, announced_as(s), INSPECT_NONE);
	uint32_t sender;

	if (last_sent(s, target, &sender) >
	    (received != NULL ? received->tsc : 0))
		return (sender);
	return (INSPECT_NONE);
}

/* Would each CPU's ring still have what was noted at `since`? */
static bool
all_reach(const struct subject *s, uint64_t since)
{
	for (uint32_t cpu = 0; cpu < s->snapshot->in.ncpus; cpu++)
		if (!reaches(s, cpu, since))
			return (false);
	return (true);
}

/* The last interrupt that the call's own CPU sent to `target`. */
static const struct trace_record *
own_interrupt(const struct subject *s, uint32_t target)
{
	if (s->wait->cpu == INSPECT_NONE)
		return (NULL);
	return (last(
	    ring(s, s->wait->cpu), XCVM_TRACE_IPI, announced_as(s), target));
}

/*
 * Was an interrupt sent for the call?  One interrupt may announce several
 * calls, so anybody's will do.
 */
static enum answer
was_sent(const struct subject *s, uint32_t target, uint64_t since)
{
	const struct trace_record *own = own_interrupt(s, target);

	if (target == s->wait->cpu)
		return (ANSWER_YES);
	if (own != NULL && own->tsc >= since)
		return (ANSWER_YES);
	if (trace_sender(s, target) != INSPECT_NONE)
		return (ANSWER_YES);
	return (all_reach(s, since) ? ANSWER_NO : ANSWER_UNKNOWN);
}

/*
 * Was an interrupt taken since the call, or else since the call's CPU last sent
 * one to `target`?
 */
static enum answer
was_taken(const struct subject *s, uint32_t target, uint64_t since)
{
	const struct trace *trace = ring(s, target);
	const struct trace_record *received =
	    last(trace, XCVM_TRACE_RECEIVED, announced_as(s), INSPECT_NONE);
	const struct trace_record *own = own_interrupt(s, target);

	if (since == 0 && own != NULL)
		since = own->tsc;
	if (since == 0)
		return (ANSWER_UNKNOWN);
	if (received != NULL && received->tsc >= since)
		return (ANSWER_YES);
	return (reaches(s, target, since) ? ANSWER_NO : ANSWER_UNKNOWN);
}

bool
trace_says_nothing(const struct subject *s)
{
	return (reaches(s, s->wait->cpu, 0) &&
		own_interrupt(s, INSPECT_NONE) == NULL);
}

static enum answer
has(const struct subject *s, uint32_t target, enum xcvm_trace_what what,
    uint64_t since)
{
	const struct trace *trace = ring(s, target);

	if (since == 0)
		return (ANSWER_UNKNOWN);
	for (size_t i = 0; i < trace->count; i++) {
		const struct trace_record *r = &trace->records[i];

		if (r->tsc >= since && r->function.addr == s->outer &&
		    is(r, what, s->primitive, INSPECT_NONE))
			return (ANSWER_YES);
	}
	return (reaches(s, target, since) ? ANSWER_NO : ANSWER_UNKNOWN);
}

void
trace_answers(
    const struct subject *s, uint32_t target, struct evidence *evidence)
{
	uint64_t since = sent_at(s, target);

	evidence->sent = was_sent(s, target, since);
	evidence->taken = was_taken(s, target, since);
	evidence->begun = has(s, target, XCVM_TRACE_DISPATCH, since);
	evidence->returned = has(s, target, XCVM_TRACE_DONE, since);
}
