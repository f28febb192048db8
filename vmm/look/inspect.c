/* SPDX-License-Identifier: ISC */
/*
 * What the guest kernel keeps: its CPUs, threads and waits.
 */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "look/inspect.h"

#define THREADS_MIN	 1024 /* bound of the list of threads, */
#define THREADS_PER_CPU	 16   /* and more for each CPU */
#define WAITS_PER_THREAD 16   /* one inside another */

/* The CPU whose structure the pointer points to, or INSPECT_NONE. */
static uint32_t
cpu_of(const struct inspect *in, uint64_t pointer)
{
	for (uint32_t cpu = 0; pointer != 0 && cpu < in->ncpus; cpu++)
		if (in->cpus[cpu].addr == pointer)
			return (cpu);
	return (INSPECT_NONE);
}

uint32_t
inspect_thread(const struct inspect *in, uint64_t addr)
{
	for (size_t i = 0; addr != 0 && i < in->nthreads; i++)
		if (in->threads[i].addr == addr)
			return ((uint32_t)i);
	return (INSPECT_NONE);
}

uint32_t
inspect_on_stack(const struct inspect *in, uint32_t cpu, uint64_t function)
{
	for (size_t i = 0; function != 0 && i < in->nthreads; i++) {
		const struct inspect_thread *t = &in->threads[i];

		/* What an idle or dead thread's stack holds is old. */
		if (t->cpu != cpu || (t->state == INSPECT_OTHER && !t->current))
			continue;
		for (size_t f = 0; f < t->nframes; f++)
			if (t->functions[f] == function)
				return ((uint32_t)i);
	}
	return (INSPECT_NONE);
}

/* A field of a CPU; 0 if it cannot be told. */
static uint64_t
cpu_field(const struct inspect *in, enum xcvm_field field, uint32_t cpu)
{
	const struct image_record *r = inspect_field(in->image, field);
	uint64_t addr, value;

	if (r == NULL || !inspect_place(in, &r->raw.u.field.at, cpu, &addr) ||
	    !inspect_read(in, addr, r->raw.u.field.at.size, &value))
		return (0);
	return (value);
}

/* A field that there is once, not for each CPU; 0 if it cannot be told. */
static uint64_t
one_field(const struct inspect *in, enum xcvm_field field)
{
	return (cpu_field(in, field, 0));
}

/* The text a member points at, or the member itself if it is characters. */
static void
text(const struct inspect *in, enum xcvm_field field, uint64_t addr,
    char out[INSPECT_TEXT])
{
	const struct image_record *r = inspect_field(in->image, field);
	uint64_t at;

	out[0] = '\0';
	if (r == NULL)
		return;
	if (field == XCVM_THREAD_NAME)
		at = addr + r->raw.u.field.at.offset;
	else if (!inspect_member(in, field, addr, &at))
		return;
	guestmem_string(in->mem, at, out, INSPECT_TEXT);
	for (char *c = out; *c != '\0'; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
}

static enum inspect_state
state_of(const struct inspect *in, uint64_t addr)
{
	const char *name;
	uint64_t state;

	if (!inspect_member(in, XCVM_THREAD_STATE, addr, &state) ||
	    state > UINT32_MAX ||
	    (name = inspect_name(
		 in->image, XCVM_NAMED_STATE, (uint32_t)state)) == NULL)
		return (INSPECT_OTHER);
	if (strcmp(name, "runnable") == 0)
		return (INSPECT_RUNNABLE);
	if (strcmp(name, "running") == 0)
		return (INSPECT_RUNNING);
	return (strcmp(name, "asleep") == 0 ? INSPECT_ASLEEP : INSPECT_OTHER);
}

static void
read_thread(const struct inspect *in, uint64_t addr, struct inspect_thread *t)
{
	const struct image_record *frame =
	    inspect_field(in->image, XCVM_THREAD_FRAME);
	uint64_t cpu = 0, value;

	t->addr = addr;
	text(in, XCVM_THREAD_NAME, addr, t->name);
	t->state = state_of(in, addr);
	inspect_member(in, XCVM_THREAD_CPU, addr, &cpu);
	t->cpu = cpu_of(in, cpu);
	if (inspect_member(in, XCVM_THREAD_WCHAN, addr, &t->wchan) &&
	    t->wchan != 0)
		text(in, XCVM_THREAD_WMESG, addr, t->wmesg);
	if (inspect_member(in, XCVM_THREAD_PINNED, addr, &value))
		t->pinned = value != 0;
	if (inspect_member(in, XCVM_THREAD_PRIORITY, addr, &value))
		t->priority = (int32_t)value;
	if (frame != NULL && inspect_member(in, XCVM_THREAD_SP, addr, &value))
		t->nframes = backtrace_saved(
		    in->mem, value + frame->raw.u.field.at.offset, t->frames);
}

static int
read_threads(struct inspect *in)
{
	size_t max = THREADS_MIN + (size_t)in->ncpus * THREADS_PER_CPU;
	uint64_t addr = one_field(in, XCVM_THREADS);

	in->threads = calloc(max, sizeof(*in->threads));
	if (in->threads == NULL)
		return (-1);
	while (addr != 0 && in->nthreads < max &&
	       guestmem_range(in->mem, addr, 1) != NULL) {
		read_thread(in, addr, &in->threads[in->nthreads++]);
		if (!inspect_member(in, XCVM_THREAD_NEXT, addr, &addr))
			break;
	}
	return (0);
}

static void
read_cpu(struct inspect *in, uint32_t cpu, const struct backtrace_start *start)
{
	const struct image_record *softints =
	    inspect_field(in->image, XCVM_CPU_SOFTINTS);
	struct inspect_cpu *c = &in->cpus[cpu];
	uint64_t at, value;

	c->level = (uint32_t)cpu_field(in, XCVM_CPU_LEVEL, cpu);
	c->pending = (uint32_t)cpu_field(in, XCVM_CPU_PENDING, cpu);
	c->depth = (uint32_t)cpu_field(in, XCVM_CPU_DEPTH, cpu);
	c->resched = cpu_field(in, XCVM_CPU_RESCHED, cpu) != 0;
	c->thread = inspect_thread(in, cpu_field(in, XCVM_CPU_THREAD, cpu));
	for (size_t i = 0; i < INSPECT_SOFTINTS; i++)
		c->softint[i] = INSPECT_NONE;
	if (softints != NULL &&
	    inspect_place(in, &softints->raw.u.field.at, cpu, &at))
		for (uint32_t i = 0;
		     i < INSPECT_SOFTINTS && i < softints->raw.u.field.count;
		     i++)
			if (inspect_read(in,
				at + i * softints->raw.u.field.at.size,
				softints->raw.u.field.at.size, &value))
				c->softint[i] = inspect_thread(in, value);
	if (c->thread == INSPECT_NONE)
		return;
	in->threads[c->thread].current = true;
	if (start->rip != 0)
		in->threads[c->thread].nframes = backtrace_walk(
		    in->mem, in->symbols, start, in->threads[c->thread].frames);
}

static void
read_wait(struct inspect *in, uint32_t thread, uint64_t addr, bool innermost)
{
	struct inspect_wait *w = &in->waits[in->nwaits];
	uint64_t target = 0;

	memset(w, 0, sizeof(*w));
	w->thread = thread;
	w->cpu = in->threads[thread].cpu;
	w->addr = addr;
	w->innermost = innermost;
	text(in, XCVM_WAIT_PRIMITIVE, addr, w->primitive);
	inspect_member(in, XCVM_WAIT_FUNCTION, addr, &w->function);
	inspect_member(in, XCVM_WAIT_OBJECT, addr, &w->object);
	inspect_member(in, XCVM_WAIT_START, addr, &w->start);
	inspect_member(in, XCVM_WAIT_TARGET, addr, &target);
	w->target = cpu_of(in, target);
	w->full = w->object == 0;
	/* Something else than a wait lies there. */
	if (w->cpu == INSPECT_NONE || w->primitive[0] == '\0')
		return;
	in->nwaits++;
}

/* Find the function of each frame of each thread. */
static void
name_frames(struct inspect *in)
{
	struct symbol symbol;

	for (size_t i = 0; i < in->nthreads; i++) {
		struct inspect_thread *t = &in->threads[i];

		for (size_t f = 0; f < t->nframes; f++) {
			/*
			 * Only a thread that runs has an innermost frame that
			 * is no return address.
			 */
			symbol_function(in->symbols, t->frames[f].address,
			    f > 0 || !t->current, &symbol);
			if (symbol.function != NULL)
				t->functions[f] = symbol.addr - symbol.offset;
		}
	}
}

bool
inspect_wait_room(struct inspect *in)
{
	struct inspect_wait *waits =
	    array_grow(in->waits, in->nwaits, sizeof(*waits));

	if (waits != NULL)
		in->waits = waits;
	return (waits != NULL);
}

/* Read the waits of each thread, of which there is one at most as a rule. */
static int
read_waits(struct inspect *in)
{
	for (uint32_t t = 0; t < in->nthreads; t++) {
		uint64_t addr;

		if (!inspect_member(
			in, XCVM_THREAD_WAIT, in->threads[t].addr, &addr))
			continue;
		for (size_t n = 0; addr != 0 && n < WAITS_PER_THREAD &&
				   guestmem_range(in->mem, addr, 1) != NULL;
		     n++) {
			if (!inspect_wait_room(in))
				return (-1);
			read_wait(in, t, addr, n == 0);
			if (!inspect_member(in, XCVM_WAIT_OUTER, addr, &addr))
				break;
		}
	}
	return (0);
}

int
inspect_open(struct inspect *in, const struct image *image,
    const struct guestmem *mem, struct symbols *symbols, uint32_t ncpus,
    const struct backtrace_start *starts)
{
	const struct image_record *self;

	memset(in, 0, sizeof(*in));
	in->image = image;
	in->mem = mem;
	in->symbols = symbols;
	in->ncpus = ncpus;
	in->cpus = calloc(ncpus, sizeof(*in->cpus));
	if (in->cpus == NULL)
		return (-1);
	in->tracing = one_field(in, XCVM_TRACING) != 0;
	self = inspect_field(image, XCVM_CPU_SELF);
	for (uint32_t cpu = 0; cpu < ncpus; cpu++) {
		struct inspect_cpu *c = &in->cpus[cpu];

		c->known =
		    self != NULL &&
		    inspect_place(in, &self->raw.u.field.at, cpu, &c->addr) &&
		    guestmem_range(mem, c->addr, 1) != NULL;
		if (!c->known)
			c->addr = 0;
	}
	if (read_threads(in) == -1)
		goto fail;
	for (uint32_t cpu = 0; cpu < ncpus; cpu++)
		read_cpu(in, cpu, &starts[cpu]);
	name_frames(in);
	if (read_waits(in) == -1 || inspect_calls(in) == -1)
		goto fail;
	return (0);
fail:
	inspect_close(in);
	return (-1);
}

void
inspect_close(struct inspect *in)
{
	free(in->cpus);
	free(in->threads);
	free(in->waits);
	free(in->calls);
	memset(in, 0, sizeof(*in));
}
