/* SPDX-License-Identifier: ISC */
/*
 * A snapshot made by hand.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "snapshot.h"
#include "unit.h"

#define THREADS	    0x4000 /* in guest memory */
#define THREAD_SIZE 0x100
#define LIST_MAX    16 /* threads, waits, calls */

struct snapshot snap;

static struct guestmem mem;
static struct snapshot_cpu cpus[SNAP_NCPUS];
static struct inspect_cpu kernel[SNAP_NCPUS];
static struct inspect_thread threads[LIST_MAX];
static struct inspect_wait waits[LIST_MAX];
static struct inspect_call calls[LIST_MAX];

void
snap_begin(void)
{
	struct failure why;

	memset(&snap, 0, sizeof(snap));
	memset(cpus, 0, sizeof(cpus));
	memset(kernel, 0, sizeof(kernel));
	memset(threads, 0, sizeof(threads));
	memset(waits, 0, sizeof(waits));
	memset(calls, 0, sizeof(calls));
	CHECK(guestmem_create(&mem, SNAP_SIZE, &why) == 0);
	snap_table();
	snap.cpus = cpus;
	snap.in.image = &snap_image;
	snap.in.mem = &mem;
	snap.in.ncpus = SNAP_NCPUS;
	snap.in.tracing = true;
	snap.in.cpus = kernel;
	snap.in.threads = threads;
	snap.in.waits = waits;
	snap.in.calls = calls;
	for (uint32_t cpu = 0; cpu < SNAP_NCPUS; cpu++) {
		cpus[cpu].state = SNAPSHOT_RUNNING;
		cpus[cpu].started = true;
		cpus[cpu].has_regs = true;
		cpus[cpu].regs.rflags = 0x202;
		cpus[cpu].has_apic = true;
		cpus[cpu].apic.injected = -1;
		kernel[cpu].known = true;
		kernel[cpu].addr = SNAP_CPUS + cpu * SNAP_CPU_STRIDE;
		for (size_t i = 0; i < INSPECT_SOFTINTS; i++)
			kernel[cpu].softint[i] = INSPECT_NONE;
		kernel[cpu].thread = snap_thread(cpu, INSPECT_RUNNING);
		threads[kernel[cpu].thread].current = true;
	}
}

void
snap_end(void)
{
	symbol_close(snap.in.symbols);
	snap.in.symbols = NULL;
	free(snap_image.file);
	snap_image.file = NULL;
	guestmem_destroy(&mem);
}

void
snap_poke(uint64_t addr, uint32_t size, uint64_t value)
{
	CHECK(guestmem_write(&mem, addr, &value, size) == 0);
}

uint32_t
snap_thread(uint32_t cpu, enum inspect_state state)
{
	uint32_t thread = (uint32_t)snap.in.nthreads++;

	threads[thread].addr = THREADS + thread * THREAD_SIZE;
	threads[thread].cpu = cpu;
	threads[thread].state = state;
	return (thread);
}

/* Frames go up the stack, outwards. */
void
snap_frame(uint32_t thread, uint64_t function)
{
	struct inspect_thread *t = &threads[thread];

	t->frames[t->nframes].address = function + 1;
	t->frames[t->nframes].at = SNAP_STACK + t->nframes * 0x100;
	t->functions[t->nframes++] = function;
}

void
snap_on_mutex(uint32_t thread, uint64_t mutex, uint32_t owner)
{
	threads[thread].state = INSPECT_ASLEEP;
	strcpy(threads[thread].wmesg, "mutex");
	threads[thread].wchan = mutex;
	/* The low bits are no part of the pointer. */
	snap_poke(mutex, 8, threads[owner].addr | 5);
}

struct inspect_call *
snap_call(enum snap_record where, uint32_t cpu, uint64_t object)
{
	struct inspect_call *call = &calls[snap.in.ncalls++];

	call->where = &snap_image.records[where];
	call->cpu = cpu;
	call->object = object;
	call->running = snap_image.records[where].raw.u.slots.running != 0;
	inspect_read(&snap.in, object, 8, &call->outer);
	inspect_read(&snap.in, object + 8, 8, &call->argument);
	call->function = call->outer;
	return (call);
}

struct inspect_call *
snap_bit(enum snap_record where, uint32_t cpu, uint32_t word, uint64_t function)
{
	struct inspect_call *call = &calls[snap.in.ncalls++];

	call->where = &snap_image.records[where];
	call->cpu = cpu;
	call->word = word;
	call->function = call->outer = function;
	return (call);
}

struct inspect_wait *
snap_wait(
    uint32_t cpu, const char *primitive, uint64_t function, uint64_t object)
{
	struct inspect_wait *wait = &waits[snap.in.nwaits++];

	wait->thread = kernel[cpu].thread;
	wait->cpu = cpu;
	wait->addr = SNAP_STACK + 0x80;
	wait->innermost = true;
	snprintf(wait->primitive, sizeof(wait->primitive), "%s", primitive);
	wait->function = function;
	wait->object = object;
	wait->target = INSPECT_NONE;
	return (wait);
}

static uint64_t
thread_addr(uint32_t thread)
{
	return (thread == INSPECT_NONE ? 0 : threads[thread].addr);
}

void
snap_mark_xcall(uint32_t cpu, uint32_t softclock_thread, bool set)
{
	snap_poke(kernel[cpu].addr + SNAP_XCALL_MARK, 4, set);
	snap_poke(kernel[cpu].addr + SNAP_XCALL_LWP, 8,
	    thread_addr(softclock_thread));
}

void
snap_mark_low(uint32_t cpu, uint32_t thread, bool set)
{
	snap_poke(kernel[cpu].addr + SNAP_LOW_MARK, 4, set);
	snap_poke(SNAP_LOW_THREADS + cpu * 8, 8, thread_addr(thread));
}

void
snap_left(uint64_t box, uint32_t cpu)
{
	snap_poke(box + 24 + cpu, 1, 1);
}

void
snap_irr(uint32_t cpu, uint32_t vector)
{
	cpus[cpu].apic.irr[vector / 32] |= 1U << vector % 32;
}

void
snap_isr(uint32_t cpu, uint32_t vector)
{
	cpus[cpu].apic.isr[vector / 32] |= 1U << vector % 32;
}

void
snap_note(uint32_t cpu, uint64_t tsc, enum xcvm_trace_what what,
    enum xcvm_trace_primitive primitive, uint32_t target, uint64_t function)
{
	struct trace *trace = &cpus[cpu].trace;

	trace->records[trace->count++] = (struct trace_record){.tsc = tsc,
	    .function.addr = function,
	    .target = target,
	    .primitive = primitive,
	    .what = what};
}

void
snap_wrapped(uint32_t cpu)
{
	cpus[cpu].trace.wrapped = true;
}

/* This program's file stands for the image's. */
void
snap_symbols(void)
{
	static struct image_segment all = {
	    .filesz = UINT32_MAX, .memsz = UINT32_MAX, .flags = IMAGE_EXEC};
	FILE *f = fopen("/proc/self/exe", "r");

	snap_image.segments = &all;
	snap_image.nsegments = 1;
	CHECK(f != NULL);
	if (f == NULL)
		return;
	fseek(f, 0, SEEK_END);
	snap_image.size = (size_t)ftell(f);
	rewind(f);
	snap_image.file = malloc(snap_image.size);
	CHECK(snap_image.file != NULL &&
	      fread(snap_image.file, snap_image.size, 1, f) == 1);
	fclose(f);
	snap.in.symbols = symbol_open(&snap_image);
}

uint64_t
snap_symbol(const char *name)
{
	uint64_t addr = 0;

	CHECK(symbol_find(snap.in.symbols, name, &addr) == 1);
	return (addr);
}
