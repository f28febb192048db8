/* SPDX-License-Identifier: ISC */
/*
 * The diagnosis in words.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "diagnose/diagnose.h"
#include "diagnose/say.h"

/* Say " (2.1 s so far)", or nothing. */
static void
say_so_far(struct say *say, const struct diagnose_wait *w)
{
	if (!w->has_elapsed)
		return;
	say_add(say, " (");
	say_duration(say, w->elapsed_ns);
	say_add(say, " so far)");
}

/*
 * Say "nobody waits for it, but cpu 0's call of ipi, `f', is queued for cpu 1".
 */
static void
say_orphan(struct say *say, const struct diagnose_wait *w)
{
	const struct inspect_wait *wait = w->subject.wait;

	if (wait->thread != INSPECT_NONE) {
		say_add(say, "thread %s is to run on cpu %" PRIu32,
		    say->snapshot->in.threads[wait->thread].name, wait->cpu);
		return;
	}
	say_add(say, "nobody waits for it, but ");
	if (wait->cpu != INSPECT_NONE)
		say_add(say, "cpu %" PRIu32 "'s ", wait->cpu);
	say_add(
	    say, "call of %s, ", trace_primitive_name(w->subject.primitive));
	say_function(say, wait->function);
	say_add(say, ", is queued");
	if (w->target != INSPECT_NONE)
		say_add(say, " for cpu %" PRIu32, w->target);
	say_so_far(say, w);
}

/* Say "cpu 0 waits in cpu_xcall_sync for cpu 1 to run `f' (2.1 s so far)". */
static void
say_wait(struct say *say, const struct diagnose_wait *w)
{
	const struct inspect_wait *wait = w->subject.wait;

	if (wait->orphan) {
		say_orphan(say, w);
		return;
	}
	say_add(say, "cpu %" PRIu32 " waits in %s for ", wait->cpu,
	    wait->primitive);
	if (w->subject.wait->full)
		say_add(say, "a free place at ");
	if (w->target == INSPECT_NONE)
		say_add(say, "a CPU");
	else
		say_add(say, "cpu %" PRIu32, w->target);
	if (w->targets > 1)
		say_add(say, " and %zu other%s", w->targets - 1,
		    w->targets == 2 ? "" : "s");
	say_add(say, w->subject.wait->full ? " for " : " to run ");
	if (wait->function == 0)
		say_add(say, "its function");
	else
		say_function(say, wait->function);
	say_so_far(say, w);
}

/* Say the waits of a ring, each of which waits for the next. */
static void
say_mutual(struct say *say, const struct diagnose *d, size_t first)
{
	const struct inspect *in = &say->snapshot->in;
	size_t at = first, next;

	for (size_t n = 0; n < d->nwaits; n++) {
		const struct diagnose_wait *w = &d->waits[at];
		uint32_t thread;

		if (n > 0)
			say_add(say, "; ");
		say_wait(say, w);
		next = w->waits_for;
		thread = d->waits[next].subject.wait->thread;
		/* A mutex is between the two waits. */
		if (w->holder != thread)
			say_add(say,
			    ", which takes thread %s, and that needs a mutex "
			    "of thread %s",
			    in->threads[w->holder].name,
			    in->threads[thread].name);
		at = next;
		if (at == first)
			break;
	}
	say_add(say, d->waits[first].waits_for == first
			 ? ": it waits for itself"
			 : ": they wait for each other");
}

void
diagnose_say_wait(
    const struct snapshot *snapshot, const struct diagnose *d, size_t wait)
{
	struct diagnose_wait *w = &d->waits[wait];
	struct say say;

	say_begin(&say, snapshot, w->sentence, sizeof(w->sentence));
	if (w->mutual) {
		say_mutual(&say, d, wait);
	} else {
		say_wait(&say, w);
		say_add(&say, ": ");
		diagnose_say_why(&say, w);
		if (w->waits_for != DIAGNOSE_NO_WAIT) {
			say_add(&say, "; there ");
			say_wait(&say, &d->waits[w->waits_for]);
		}
	}
	diagnose_lines(snapshot, w);
}

/*
 * Say "cpu 1 is running in `f'" of at most `max` CPUs that are not halted, and
 * how many CPUs are halted.
 */
static void
say_cpus(struct say *say, uint32_t max)
{
	const struct snapshot *snapshot = say->snapshot;
	uint32_t halted = 0;

	for (uint32_t cpu = 0; cpu < snapshot->in.ncpus; cpu++)
		halted += snapshot->cpus[cpu].state == SNAPSHOT_HALTED &&
			  !snapshot->cpus[cpu].held;
	for (uint32_t cpu = 0; cpu < snapshot->in.ncpus && max > 0; cpu++) {
		const struct snapshot_cpu *c = &snapshot->cpus[cpu];

		if (c->state == SNAPSHOT_HALTED && !c->held)
			continue;
		max--;
		if (c->held) {
			say_add(say,
			    "; the fault plan keeps cpu %" PRIu32
			    " from running",
			    cpu);
			continue;
		}
		say_add(say, "; cpu %" PRIu32 " is %s", cpu,
		    snapshot_state_name(c->state));
		if (!c->started)
			continue;
		say_add(say, " ");
		diagnose_say_place(say, cpu);
	}
	if (halted > 0)
		say_add(say, "; %" PRIu32 " CPU%s %s halted", halted,
		    halted == 1 ? "" : "s", halted == 1 ? "is" : "are");
}

/* Say which threads sleep: the case's own, `max` at most. */
static void
say_sleepers(struct say *say, uint32_t max)
{
	const struct inspect *in = &say->snapshot->in;

	for (size_t i = in->nthreads; i-- > 0 && max > 0;) {
		const struct inspect_thread *t = &in->threads[i];

		/*
		 * The kernel's own threads, which have a '/' in their names,
		 * tell nothing.
		 */
		if (t->state != INSPECT_ASLEEP || strchr(t->name, '/') != NULL)
			continue;
		max--;
		say_add(say, "; thread %s sleeps on \"%s\"", t->name, t->wmesg);
	}
}

/* Say what faults were injected: one may be why the run hangs. */
static void
say_fault(struct say *say, const struct diagnose *d)
{
	const struct fault_hit *hit = &d->last_fault;
	const struct image_vector *vector =
	    image_vector(say->snapshot->vm->config.image, hit->vector);

	if (d->faults == 0)
		return;
	say_add(say,
	    "; the fault plan has injected %" PRIu64 " fault%s, %s%s: ",
	    d->faults, d->faults == 1 ? "" : "s",
	    d->faults == 1 ? "" : "the last one ",
	    fault_kind_name(hit->spec->kind));
	if (hit->vector == FAULT_VECTOR_NMI)
		say_add(say, "NMI ");
	else if (vector != NULL)
		say_add(say, "%s ", vector->name);
	else if (hit->vector != FAULT_VECTOR_NONE)
		say_add(say, "vector %" PRIu32 " ", hit->vector);
	if (hit->src != FAULT_CPU_NONE)
		say_add(say, "from cpu %" PRIu32 " ", hit->src);
	say_add(say, "%scpu %" PRIu32,
	    hit->vector != FAULT_VECTOR_NONE ? "to " : "", hit->dst);
}

void
diagnose_say(const struct snapshot *snapshot, struct diagnose *d, bool dead)
{
	const struct vm_config *config = &snapshot->vm->config;
	uint32_t after_stall_ms = vm_after_stall_ms(snapshot->vm);
	struct say say;
	/* The time limit may have passed before that moment. */
	bool stalled =
	    after_stall_ms != 0 && clock_us() - snapshot->vm->stalled_us >=
				       after_stall_ms * UINT64_C(1000);

	say_begin(&say, snapshot, d->sentence, sizeof(d->sentence));
	if (d->cause != DIAGNOSE_NO_WAIT) {
		say_add(&say, "%s", d->waits[d->cause].sentence);
		if (dead)
			say_add(&say,
			    "; every CPU is halted, and no interrupt can "
			    "arrive");
		return;
	}
	if (dead) {
		say_add(&say,
		    "no interrupt can ever arrive: every CPU is halted, "
		    "nothing is pending, no timer is armed");
	} else {
		if (stalled)
			say_add(&say,
			    "%" PRIu32 " ms have passed since the first stall",
			    after_stall_ms);
		else
			say_add(&say,
			    "the time limit of %g s (--timeout) has passed",
			    options_timeout_ms(config->options, config->test) /
				1000.0);
		say_add(&say, ", and no cross-call is waited for%s",
		    d->nwaits > 0 ? " for long" : "");
		say_cpus(&say, 3);
	}
	say_sleepers(&say, 3);
	say_fault(&say, d);
}
