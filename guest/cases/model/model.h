/* SPDX-License-Identifier: ISC */
/*
 * Kernel interfaces against small sequential models: random legal steps, and
 * after each of them all that can be seen is compared with the model.
 *
 * A subject is a table of operations.  A round takes up to MODEL_STEPS steps;
 * step i of round r is drawn from the seed, r and i alone, so that leaving one
 * out changes no other, and one that is illegal where it comes is passed over.
 * Steps are taken one by one, each on one of a few CPUs, in what that CPU is
 * in: a thread or an interrupt, at a level, with preemption allowed or not.
 *
 * The model knows what is due: code that is to run on a CPU as soon as the
 * level there is below its source's.  What runs notes itself (model_ran());
 * after a step the driver waits for all that must have run, and looks that it
 * ran where, at which level and in which order it should, and nothing else.
 */
#ifndef CASES_MODEL_H
#define CASES_MODEL_H

#include <sys/xcstat.h>
#include "call.h"
#include "ground.h"

#define MODEL_CPUS  4
#define MODEL_A_CPU UINT32_MAX /* o_below: as many as there are */
#define MODEL_STEPS 64
#define MODEL_ARGS  3
#define MODEL_DUE   64 /* at most due on a CPU */

/* --- the case --- */

#define PARAM_MODEL(rounds_)                                               \
	PARAM_KERNEL, PARAM("rounds", rounds_, "rounds to go"),            \
	    PARAM("round", UINT64_MAX, "the only round, told as it goes"), \
	    PARAM("keep", UINT64_MAX, "steps to take, a bit for each")

struct step;

/*
 * Text: the call as C, with %0, %1 and %2 for the arguments.
 * Arguments are below o_below; 0: there is none.
 * o_call does it, on the step's CPU.  o_model, on the driver's, then checks
 * what it returned and changes the model.  o_blocks: by the model, it cannot
 * return yet; asked again after each step until it can.  o_await: it blocks;
 * wait until it does so in truth, if what comes could tell.
 */
struct op {
	const char *o_text;
	u_int o_below[MODEL_ARGS];
	bool (*o_legal)(const struct step *);
	uint64_t (*o_call)(const struct step *);
	void (*o_model)(const struct step *, uint64_t result);
	bool (*o_blocks)(const struct step *);
	void (*o_await)(const struct step *);
};

/* o_legal of what can always be done: name##_is_legal may stand for it. */
bool model_always(const struct step *);

/* A row: the functions are called after a name; the rest are o_below. */
#define OP_PARTS(text, name, ...)                                             \
	.o_text = text, .o_below = {__VA_ARGS__}, .o_legal = name##_is_legal, \
	.o_call = name##_call, .o_model = name##_model
#define OP(...)                       \
	{                             \
		OP_PARTS(__VA_ARGS__) \
	}
#define OP_BLOCKS(text, name, ...)                                            \
	{                                                                     \
		OP_PARTS(text, name, __VA_ARGS__), .o_blocks = name##_blocks, \
						   .o_await = name##_await    \
	}

struct step {
	const struct op *s_op;
	u_int s_cpu; /* where: index among the model's CPUs */
	u_int s_arg[MODEL_ARGS];
};

/* What a CPU can be in; the soft interrupts are in the order of their levels. */
enum model_context {
	MODEL_THREAD,
	MODEL_SOFTCLOCK,
	MODEL_SOFTBIO,
	MODEL_SOFTNET,
	MODEL_SOFTSERIAL,
	MODEL_HARD, /* the handler of LIR_TEST */
	MODEL_CALL, /* a function of cpu_xcall(9) */
	MODEL_CONTEXTS
};
#define MODEL_ALL_CONTEXTS ((1U << MODEL_CONTEXTS) - 1)

struct op_table {
	const struct op *ot_ops;
	u_int ot_count;
};
#define OP_TABLE(ops)                                    \
	{                                                \
		.ot_ops = (ops), .ot_count = nitems(ops) \
	}

struct subject {
	const char *su_name;
	const struct op_table *su_ops[2]; /* the second may be NULL */
	u_int su_contexts;		  /* a bit for each that it uses */
	bool su_changes_level;		  /* its operations may */
	int su_level; /* that its code is held at: gone to most often */
	/* A step, legal now, without which a CPU cannot come back; or none. */
	bool (*su_unwind)(struct step *);
	void (*su_begin)(struct rng *);	       /* a round, from chance */
	void (*su_ran)(u_int cpu, u_int what); /* it was due, and runs */
	void (*su_check)(void);		       /* all else that can be seen */
	void (*su_end)(void);
};

/* The body of a case. */
void model_run(const struct subject *);

/* --- for o_legal and o_model: what the model says of CPUs --- */

u_int model_ncpus(void);
struct cpu_info *model_cpu(u_int);
int model_level(u_int cpu);
bool model_in_thread(u_int cpu);
bool model_is_pinned(u_int cpu);
/* In a thread, at IPL_NONE, with preemption allowed: threads can run there. */
bool model_is_open(u_int cpu);
/* It takes a spin lock, or leaves one, and so is at another level. */
void model_lock(u_int cpu, int level);
void model_unlock(u_int cpu, int level);
/* A step there has not returned yet. */
bool model_is_busy(u_int cpu);
bool model_any_busy(void);
u_int model_index(const struct cpu_info *); /* model_ncpus(): none of them */

/*
 * What is due.  It comes from a source of a level, runs at a level, and before
 * what has a greater rank of the same level; MODEL_ANY_RANK: at any time.
 */
#define MODEL_ANY_RANK UINT32_MAX
void model_due(u_int cpu, u_int what, int source, int level, u_int rank);
/* So many of it are due, now blocked by the level. */
u_int model_count_due(u_int cpu, u_int what);
/* Not any more: how many it were. */
u_int model_drop_due(u_int cpu, u_int what);
/* Runs within the step, whatever the context. */
void model_due_here(u_int cpu, u_int what, int level, u_int rank);
/* All of a source's level, though it is blocked: the step itself runs it. */
void model_force_due(u_int cpu, int source);
/* Runs once on each CPU that is none of the model's. */
void model_due_elsewhere(void);

/* --- the counters of <sys/xcstat.h>, of each CPU of the model --- */

void model_count_begin(void);
void model_count(u_int cpu, enum xcstat, uint64_t n);
/* Wait until the CPU has counted as much. */
void model_count_await(u_int cpu, enum xcstat);
/* These are what the model has counted. */
void model_count_check(const enum xcstat *, u_int n);

/* --- for what runs: any context --- */

void model_ran(u_int what);

/*
 * cond_init(), for who looks next whether there is something to do, and goes
 * to cond_wait() if not.  It finds what was there before a signal that is
 * lost; one that comes later is not lost.
 */
void model_expect_signal(struct cond *);

/* --- comparing; the driver's CPU --- */

#define MODEL_EQ(a, b)                                \
	do {                                          \
		if (__predict_false(!CHECK_EQ(a, b))) \
			model_failed();               \
	} while (0)

/* Tell the steps of the round, and end the run. */
void model_failed(void) __dead;

#endif /* CASES_MODEL_H */
