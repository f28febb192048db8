/* SPDX-License-Identifier: ISC */
/*
 * The model machine: CPUs as contexts on one vCPU, and one scheduler over
 * their accesses, interrupts and store buffers.  See docs/explore.md.
 *
 * What the kernel and the cases are compiled to call is in point.c and
 * atomic.c; they, and the machine's own waits (wait.c), come to
 * model_choose() (sched.c), which asks the strategy (strategy.c) who goes on.
 * buffer.c keeps the store buffers, explore.c the orders.  Nothing here is
 * instrumented, nor calls what is, but for interrupt handlers.
 */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include <sys/systm.h>
#include <sys/cpu.h>
#include <machine/hypercall.h>
#include "x2apic/x2apic.h"

#define MODEL_CPUS    32
#define MODEL_BUFFER  32 /* stores a buffer holds; a power of two */
#define MODEL_LINE    64 /* bytes restored at once */
#define MODEL_GRANULE 8	 /* bytes that are shared, or not */
#define MODEL_CHOICES 65536
#define MODEL_CHANGES 8 /* points of change of one order, at most */

/* --- a CPU --- */

struct mstore {
	uintptr_t s_addr;
	uint64_t s_value; /* while the CPU does not run */
	uint64_t s_old;	  /* memory's, while it runs */
	uint32_t s_size;  /* 1, 2, 4, 8 */
	uint32_t s_epoch; /* weak: only leaves before later epochs' */
};

/* Oldest first: from b_head to below b_tail, both counted without end. */
struct mbuffer {
	uint32_t b_head, b_tail;
	uint32_t b_epoch;
	struct mstore b_store[MODEL_BUFFER];
};

enum mstate { M_STOPPED, M_RUNNABLE, M_HALTED };

struct mcpu {
	uint64_t c_sp; /* where it stands, while it does not run */
	struct cpu_info *c_info;
	enum mstate c_state;
	bool c_if;    /* takes interrupts */
	bool c_nmi;   /* one is pending */
	bool c_ready; /* an interrupt could be taken now: see model_irq() */
	bool c_take;  /* takes one as soon as it runs */
	bool c_frozen;
	bool c_after;	  /* its last access was to what is shared */
	uint32_t c_spins; /* pauses in a row, with little between them */
	uint64_t c_ran;	  /* steps, up to when it ran last */
	uint64_t c_pause; /* own steps at the last pause */
	struct x2apic c_apic;
	struct mbuffer c_buffer;
};

/* --- the machine --- */

enum mmemory { MEMORY_SC, MEMORY_TSO, MEMORY_WEAK, MEMORY_WEAK_RMW };

/* A virtual thread: what a CPU can do next, in a word. */
enum mkind { V_RUN, V_DRAIN, V_INTR, V_KINDS };

struct model {
	/* What point.c looks at each time. */
	bool off;	 /* no points: boot, or an exception */
	bool cow;	 /* lines are saved before they are written */
	uint8_t memory;	 /* enum mmemory */
	bool replays;	 /* choices come from a schedule, at their steps */
	bool ready;	 /* the CPU that runs has an interrupt to take */
	uint32_t cpu;	 /* that runs */
	uint64_t step;	 /* points passed in this order, shared or not */
	uint64_t alarm;	 /* step to look up from */
	uintptr_t limit; /* memory below is watched */
	uint8_t *shadow;
	uint32_t *stamp; /* of each line: the order that saved it */
	uint32_t order;
	struct mcpu *me; /* cpus[cpu] */

	uint32_t ncpu;
	uint32_t outside;     /* not 0: it is over, and only told of */
	uint64_t time;	      /* of step 0 */
	uint64_t tick;	      /* model time of one step */
	uint64_t limit_steps; /* an order that has more is one that hangs */
	uint64_t fair_from;   /* from there on everybody gets his turn */
	uint64_t points;      /* of this order, that were choices */
	uint64_t since;	      /* step at which the CPU that runs began to */
	struct mcpu cpus[MODEL_CPUS];
};

extern struct model model;
extern struct cpu_info *model_self;

static inline uint64_t
model_time(void)
{
	return (model.time + model.step * model.tick);
}

/* --- machine.c --- */

/* Set up the model of ncpu CPUs; CPU 0 runs. */
void machine_init(u_int n, uint64_t tsc_khz);

/* Fill in c_ready of that CPU, and what hangs on it. */
void model_irq(struct mcpu *);

/* The CPU that runs takes what it has to take.  Its context, c_ready. */
void model_deliver(void);

/* Let those CPUs begin, as soon as it is their turn. */
void machine_start_cpus(u_int first, u_int count);

/* A CPU in its first context: CPU 0 from boot, others when they are started. */
void model_cpu_start(void) __dead;

/* Let timers fire that are due; the next one's time, or X2APIC_NEVER. */
uint64_t model_timers(void);

/* --- sched.c --- */

/*
 * A point of the CPU that runs: choose who goes on, and return when it is that
 * CPU.  `stay`: it could go on; else it returns after an interrupt.  `frame`:
 * below it, the stack is dead.
 */
void model_choose(bool stay, const void *pc, uintptr_t frame);

/* For asm: save this context's stack pointer and take that one's. */
void model_switch(uint64_t *save, uint64_t load);

/* Frame of the function that calls this, as model_choose() wants it. */
#define FRAME() ((uintptr_t)__builtin_frame_address(0) + 16)
#define PC()	__builtin_return_address(0)

/* --- point.c --- */

/* A point at a read of that address, by code that is not instrumented. */
void model_point(uintptr_t, const void *pc, uintptr_t frame);

/* --- buffer.c --- */

/* The CPU that runs is about to store there: size is 1, 2, 4 or 8. */
void buffer_push(struct mcpu *, uintptr_t, u_int size);
/* All of the CPU that runs; those of the granule; a release. */
void buffer_empty(struct mcpu *);
void buffer_flush(struct mcpu *, uintptr_t, u_int size);
void buffer_release(struct mcpu *);
/* Let the nth that may leave do so; frame: of the CPU that runs. */
void buffer_drain(struct mcpu *, u_int n, uintptr_t frame);
u_int buffer_may_leave(const struct mcpu *);
/* The CPU stops, its stack dead below frame; it goes on. */
void buffer_undo(struct mcpu *, uintptr_t frame);
void buffer_redo(struct mcpu *);

static inline bool
buffer_holds(const struct mcpu *c)
{
	return (c->c_buffer.b_head != c->c_buffer.b_tail);
}

/* --- strategy.c --- */

enum mstrategy { S_RANDOM, S_PCT, S_DELAY, S_FREEZE, S_REPLAY, S_FAIR };

/* Read the run's parameters. */
void strategy_init(void);

/* A new order begins; false: there is none left. */
bool strategy_begin(void);

/* The order has ended, after so many choices. */
void strategy_end(void);

/*
 * Who goes on: kind and CPU in *cpu, *n what buffer_drain() wants.  false:
 * nobody can.  `may`: V_RUN of the CPU that runs counts.
 */
bool strategy_pick(
    bool may, const void *pc, enum mkind *, u_int *cpu, u_int *n);

/* The CPU that runs spins, or has had its turn: the others come first. */
void strategy_last(void);

bool vt_enabled(enum mkind, u_int cpu, bool may);

/* --- record.c: the schedule of this order --- */

/* Where to write it: MODEL_CHOICES. */
void record_place(struct xcvm_choice *);
void record_begin(void);
void record(enum mkind, u_int cpu, u_int n, const void *pc);
/* The replayed schedule's next choice, or NULL; it is taken, or does not fit. */
const struct xcvm_choice *record_next(void);
void record_took(bool fits);
uint64_t record_next_step(void); /* UINT64_MAX: there is none */
/* Remember where all CPUs stand: the first call in an order counts. */
void record_stand(uintptr_t frame);
/* Tell the VMM the schedule, of the order of that number. */
void record_tell(uint64_t order);

/* --- explore.c --- */

/* The order ends so; returns only if the run ends with it. */
void order_end(enum xcvm_verdict, uintptr_t frame);
/* Nobody can go on: the order, and the run, end so. */
/* The run cannot be. */
void explore_skip(const char *why) __dead;
void explore_hang(const char *why, uintptr_t frame) __dead;
bool explore_runs(void);   /* several orders */
void explore_shared(void); /* a granule turned out to be shared */
void explore_reserve(uint64_t start, uint64_t *end);

/* Save the line before it is written. */
void explore_save(uintptr_t addr);

/* The stacks' threads, by slot: lwp_md.c. */
void explore_thread(struct lwp *, vaddr_t top);

/* The real hypercall port. */
static inline void
model_port(struct xcvm_req *req)
{
	__asm volatile(
	    "outl %0, %1"
	    :
	    : "a"((uint32_t)(uintptr_t)req), "Nd"((uint16_t)XCVM_PORT)
	    : "memory");
}

/* No memcpy(): the kernel's is instrumented. */
static inline void
model_copy(void *to, const void *from, size_t len)
{
	__asm volatile("rep movsb"
		       : "+D"(to), "+S"(from), "+c"(len)
		       :
		       : "memory");
}

#endif /* MODEL_MODEL_H */
