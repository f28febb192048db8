/* SPDX-License-Identifier: ISC */
/*
 * What should happen and does not, though nobody in the cross-call stacks waits
 * for it: calls that are queued, and threads that are to run.  Whoever made
 * such a call may wait in a way of its own.
 */
#include <stdlib.h>
#include <string.h>

#include "diagnose/diagnose.h"

static int
add(struct inspect *in, const struct inspect_wait *orphan)
{
	if (!inspect_wait_room(in))
		return (-1);
	in->waits[in->nwaits++] = *orphan;
	return (0);
}

static bool
waited_for(const struct inspect *in, uint64_t object)
{
	for (size_t i = 0; i < in->nwaits; i++)
		if (in->waits[i].object == object)
			return (true);
	return (false);
}

/*
 * Is there a wait for a free slot at the CPU?  If so, the calls there have a
 * waiter.
 */
static bool
full(const struct inspect *in, uint32_t cpu)
{
	for (size_t i = 0; i < in->nwaits; i++)
		if (in->waits[i].full && in->waits[i].target == cpu)
			return (true);
	return (false);
}

static int
orphan_of_call(struct snapshot *snapshot, const struct inspect_call *call)
{
	struct inspect_wait orphan = {
	    .orphan = true,
	    .thread = INSPECT_NONE,
	    .target = call->cpu,
	    .object = call->object,
	    .function = call->function,
	};

	if (call->running)
		return (0);
	if (call->where->raw.kind == XCVM_INSPECT_SLOTS) {
		if (waited_for(&snapshot->in, call->object) ||
		    full(&snapshot->in, call->cpu))
			return (0);
		orphan.of = call->where->raw.u.slots.primitive;
	} else {
		/*
		 * A soft interrupt is its own CPU's; a bit without a handler is
		 * no call.
		 */
		if (call->where->raw.u.bits.source != XCVM_NO_SOURCE ||
		    call->function == 0)
			return (0);
		orphan.of = XCVM_TRACE_IPI_NUMBER;
	}
	trace_find_caller(snapshot, orphan.of, call->outer, call->cpu, &orphan);
	return (add(&snapshot->in, &orphan));
}

static int
orphan_of_box(struct snapshot *snapshot, const struct image_record *box)
{
	struct inspect *in = &snapshot->in;
	struct inspect_wait orphan = {
	    .orphan = true,
	    .thread = INSPECT_NONE,
	    .target = INSPECT_NONE,
	    .object = box->raw.u.box.base,
	    .of = box->raw.u.box.primitive,
	};
	uint32_t cpu = 0;

	while (cpu < in->ncpus && !inspect_box_left(in, box, cpu))
		cpu++;
	if (cpu == in->ncpus || waited_for(in, orphan.object) ||
	    !inspect_read(in, orphan.object + box->raw.u.box.function,
		sizeof(orphan.function), &orphan.function))
		return (0);
	trace_find_caller(
	    snapshot, orphan.of, orphan.function, INSPECT_NONE, &orphan);
	return (add(in, &orphan));
}

/*
 * Add a thread that is to run on a CPU that is halted, although a reschedule
 * has been asked for: the IPI has not come.  Whoever sets `resched` sends the
 * IPI right after.
 */
static int
orphan_of_thread(struct snapshot *snapshot, uint32_t thread)
{
	const struct inspect_thread *t = &snapshot->in.threads[thread];
	struct inspect_wait orphan = {
	    .orphan = true,
	    .thread = thread,
	    .cpu = t->cpu,
	    .target = t->cpu,
	};

	if (t->state != INSPECT_RUNNABLE || t->current ||
	    t->cpu == INSPECT_NONE ||
	    snapshot->cpus[t->cpu].state != SNAPSHOT_HALTED ||
	    !snapshot->in.cpus[t->cpu].resched)
		return (0);
	for (size_t i = 0; i < snapshot->in.nwaits; i++)
		if (snapshot->in.waits[i].thread == thread)
			return (0);
	return (add(&snapshot->in, &orphan));
}

int
diagnose_orphans(struct snapshot *snapshot)
{
	const struct image *image = snapshot->in.image;

	for (size_t i = 0; i < snapshot->in.ncalls; i++)
		if (orphan_of_call(snapshot, &snapshot->in.calls[i]) == -1)
			return (-1);
	for (size_t i = 0; i < image->nrecords; i++)
		if (image->records[i].raw.kind == XCVM_INSPECT_BOX &&
		    orphan_of_box(snapshot, &image->records[i]) == -1)
			return (-1);
	for (uint32_t i = 0; i < snapshot->in.nthreads; i++)
		if (orphan_of_thread(snapshot, i) == -1)
			return (-1);
	return (0);
}
