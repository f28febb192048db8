/* SPDX-License-Identifier: ISC */
/*
 * A snapshot made by hand: a guest whose inspection table is like our own,
 * in which nothing happens until a test says so.
 *
 * Four CPUs run, each with a thread of its own; no call is queued, nobody
 * waits, no interrupt is anywhere, and the trace rings are kept and empty.
 */
#ifndef UNIT_SNAPSHOT_H
#define UNIT_SNAPSHOT_H

#include "look/snapshot.h"

#define SNAP_NCPUS 4

/* Functions of the guest. */
enum {
	SNAP_DISPATCH = 0x200100, /* serves cpu_xcall's slots */
	SNAP_HIGHPRI = 0x200200,  /* xcall high's soft interrupt */
	SNAP_SERVICE = 0x200300,  /* the handler of ipi's vector */
	SNAP_WRAPPER = 0x200400,  /* calls what its argument points at */
	SNAP_FUNCTION = 0x200500, /* that a call is to run */
	SNAP_OTHER = 0x200600
};

/* Objects of the guest, in its memory. */
enum {
	SNAP_HIGH_BOX = 0x8000,
	SNAP_LOW_BOX = 0x8100,
	SNAP_CALL = 0x9000, /* function, argument */
	SNAP_SYNC = 0x9100, /* a wrapper's: function, word that it clears */
	SNAP_MUTEX = 0x9200,
	SNAP_MUTEX2 = 0x9300,
	SNAP_STACK = 0xa000,
	SNAP_SIZE = 0x10000
};

/* Of each CPU, in its memory: where its marks and threads are. */
enum {
	SNAP_CPUS = 0x2000,
	SNAP_CPU_STRIDE = 0x100,
	SNAP_XCALL_MARK = 0,
	SNAP_XCALL_LWP = 8,
	SNAP_LOW_MARK = 16,
	SNAP_LOW_THREADS = 0x3000
};

/* Vectors; each is recorded under a source of its own. */
enum {
	SNAP_RESCHED_VECTOR = 0xe3,
	SNAP_XCALL_VECTOR = 0xf1,
	SNAP_IPI_VECTOR = 0xf2
};

enum {
	SNAP_PREEMPT,
	SNAP_SOFTCLOCK, /* the first of four soft interrupts */
	SNAP_SOFTBIO,
	SNAP_RESCHED = 5,
	SNAP_XCALL,
	SNAP_IPI,
	SNAP_UNKNOWN /* no record names its level */
};

/* The levels that hold them off, and above. */
enum {
	SNAP_LEVEL_PREEMPT = 1,
	SNAP_LEVEL_SOFTCLOCK,
	SNAP_LEVEL_SOFTBIO,
	SNAP_LEVEL_SCHED = 7,
	SNAP_LEVEL_HIGH
};

/* Records of the table, as calls have them. */
enum snap_record {
	SNAP_SLOTS,	    /* of cpu_xcall */
	SNAP_SLOTS_RUNNING, /* of ipi messages, being run */
	SNAP_SOFTINTS,
	SNAP_NUMBERS, /* of ipi */
	SNAP_WAY_XCALL,
	SNAP_WAY_LOW,
	SNAP_WAY_HIGH,
	SNAP_WAY_MESSAGE,
	SNAP_WAY_NUMBER,
	SNAP_HIGH_BOX_RECORD,
	SNAP_LOW_BOX_RECORD,
	SNAP_RECORDS = 32
};

extern struct snapshot snap;
extern struct image snap_image;

/* Fill snap_image, which snap_begin() does. */
void snap_table(void);

void snap_begin(void);
void snap_end(void);

/* A number in guest memory. */
void snap_poke(uint64_t addr, uint32_t size, uint64_t value);

/* One more thread, on no CPU's stack yet; CPU n begins with thread n. */
uint32_t snap_thread(uint32_t cpu, enum inspect_state state);
/* One more frame of that thread, further out. */
void snap_frame(uint32_t thread, uint64_t function);
/* It sleeps for a mutex, which that thread has. */
void snap_on_mutex(uint32_t thread, uint64_t mutex, uint32_t owner);

/* A call for that CPU; its function and argument are read from `object`. */
struct inspect_call *snap_call(
    enum snap_record where, uint32_t cpu, uint64_t object);
/* A handler's bit in that word. */
struct inspect_call *snap_bit(
    enum snap_record where, uint32_t cpu, uint32_t word, uint64_t function);

/*
 * A wait of the CPU's current thread, in the function of that name.  The
 * pointer, as those above, holds until snap_end().
 */
struct inspect_wait *snap_wait(
    uint32_t cpu, const char *primitive, uint64_t function, uint64_t object);

/* The marks that calls leave at a CPU, and the threads that do the work. */
void snap_mark_xcall(uint32_t cpu, uint32_t softclock_thread, bool set);
void snap_mark_low(uint32_t cpu, uint32_t thread, bool set);

/* What is in the box has still to be executed by that CPU. */
void snap_left(uint64_t box, uint32_t cpu);

/* A vector's bit, pending or in service. */
void snap_irr(uint32_t cpu, uint32_t vector);
void snap_isr(uint32_t cpu, uint32_t vector);

/* The next record of that CPU's trace ring; as full as it is, and wrapped. */
void snap_note(uint32_t cpu, uint64_t tsc, enum xcvm_trace_what what,
    enum xcvm_trace_primitive primitive, uint32_t target, uint64_t function);
void snap_wrapped(uint32_t cpu);

/* Symbols: those of this program. */
void snap_symbols(void);
uint64_t snap_symbol(const char *name);

#endif /* UNIT_SNAPSHOT_H */
