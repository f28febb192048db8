/* SPDX-License-Identifier: ISC */
/* The model's CPUs, and the agents that take steps on them: for model.c. */
#ifndef CASES_MODEL_PLACE_H
#define CASES_MODEL_PLACE_H

#include "model/model.h"

#define DEPTH 4 /* contexts, one on top of the other */

/* A context that a CPU is in, and its level there. */
struct place {
	enum model_context p_context;
	int p_base; /* the level it began with */
	int p_level;
	bool p_pinned;
	u_int p_locks; /* held: the level is theirs */
	/* For its agent: */
	const struct step *volatile p_order;
	volatile bool p_done, p_entered;
	uint64_t p_result;
	struct cond p_go;
};

/* Something due, or something that ran. */
struct due {
	u_int d_what;
	int d_source, d_level;
	u_int d_rank;
	u_int d_epoch; /* what comes later, by what came before, has no order */
	bool d_matched;
};

struct ran {
	volatile u_int r_what; /* 0: not noted yet */
	int r_level;
	enum model_context r_context;
};

struct model_cpu {
	struct cpu_info *c_info;
	struct lwp *c_agent;
	u_int c_depth;
	struct place c_place[DEPTH];
	bool c_busy;
	struct step c_step; /* while it is busy, */
	int c_level;	    /* before the step */
	struct place *c_at; /* and whose */
	struct due c_due[MODEL_DUE], c_expected[MODEL_DUE];
	u_int c_ndue, c_nexpected;
	volatile u_int c_ran; /* so far */
	u_int c_seen;	      /* of these, by the driver */
	struct ran c_log[MODEL_DUE];
};

extern struct model_cpu model_cpus[MODEL_CPUS];

static inline struct place *
place_top(struct model_cpu *c)
{
	return (&c->c_place[c->c_depth]);
}

/*
 * Choose the CPUs and start the agents; end them.  The driver is CPU 0's.
 * Operations keep the level as it was, unless they may change it.
 */
void place_init(bool may_change_level);
void place_fini(void);

/* place_ops.c: which CPUs there are, for place_init(). */
void place_choose_cpus(void);

/* The operations on the CPUs themselves, which every subject has. */
enum {
	PLACE_ENTER,
	PLACE_LEAVE,
	PLACE_RAISE,
	PLACE_LOWER,
	PLACE_PIN,
	PLACE_UNPIN,
	PLACE_INTERRUPT
};
bool place_is_common(const struct op *);
extern const struct op place_ops[];
extern const u_int place_nops;

/* tell.c: the step as a line of C, on the console. */
void place_tell(const struct step *);
extern const char *const place_level_name[IPL_COUNT];

/* If it raises the level: to that one. */
void place_raise_to(struct step *, int level);

/* The context that it enters, and the level of each. */
enum model_context place_entered_context(const struct step *);
extern const int place_context_level[MODEL_CONTEXTS];

/* Enter a soft interrupt from the CPU's own thread. */
uint64_t place_enter_softly(const struct step *);

/* What ran when LIR_TEST came, and there was no context to enter. */
#define PLACE_HARD_RAN 1

/* Would it be legal for this subject? */
bool place_legal(const struct step *, u_int contexts);

/* The next step that brings a CPU back to a thread at IPL_NONE; false: none. */
bool place_unwind(struct step *);

/*
 * Take a step: start it, or start it and wait for its return.  True: the
 * driver's own CPU leaves the context, in which case its go_on() returns.
 */
void place_start(const struct step *);
bool place_has_returned(const struct model_cpu *);

/*
 * All that is due on a CPU and can run, or is of the forced level, runs: was
 * there any?  What it leads to is of the next epoch.
 */
bool due_run(u_int cpu, int forced);
void due_next_epoch(void);
extern void (*due_ran)(u_int cpu, u_int what); /* called for each, or NULL */

/* Wait until it has, in truth; and nothing else. */
void due_match(void);

/* By model.c: go on with the round, within the driver's new context. */
void model_go_on(void);

#endif /* CASES_MODEL_PLACE_H */
