/* SPDX-License-Identifier: ISC */
/*
 * The diagnosis of a hang: a verdict for each wait that is under way, one for
 * the run, and the sentences that say them.
 *
 * A wait can wait for another: the thread that holds its CPU back may itself
 * be in a wait.  The run's verdict is the verdict of the last wait in the chain
 * that begins with the oldest wait, or "waiters wait for each other" if the
 * chain closes.  Where nobody waits, it is the verdict of the oldest call that
 * nobody waits for, or of a thread that does not come to run.
 */
#ifndef VMM_DIAGNOSE_DIAGNOSE_H
#define VMM_DIAGNOSE_DIAGNOSE_H

#include <stddef.h>
#include <stdint.h>

#include "diagnose/evidence.h"
#include "inject/inject.h"

#define DIAGNOSE_TEXT	      512
#define DIAGNOSE_LINES	      5

/*
 * A wait that began less than a fourth of the run before the end, within these
 * bounds, is young: the run does not hang on it, unless nothing can ever happen
 * any more.  Where the host has more to do than CPUs, a vCPU that is to answer
 * may well be off its CPU for a second.  If the case has the run looked at some
 * time after a stall, half of that time is enough, however long the run took
 * before.
 */
#define DIAGNOSE_YOUNG_MIN_US 100000
#define DIAGNOSE_YOUNG_MAX_US 2000000

#define DIAGNOSE_NO_WAIT      SIZE_MAX

struct diagnose_wait {
	struct subject subject;
	uint32_t target; /* CPU; INSPECT_NONE: not known which */
	size_t targets;	 /* CPUs that have not done their part */
	uint64_t elapsed_ns;
	bool has_elapsed;
	bool young;
	/*
	 * The rule that decided.  If `resched` is a thread, the rule is about
	 * the reschedule IPI for it, else about the call.
	 */
	enum diagnosis_rule rule;
	struct evidence evidence;
	uint32_t resched; /* thread, or INSPECT_NONE */
	uint32_t holder;  /* thread that holds the target back, or NONE */
	size_t waits_for; /* the wait that `holder` is in, or NO_WAIT */
	bool mutual;	  /* the wait is for itself, through others */
	enum diagnosis_verdict verdict;
	char sentence[DIAGNOSE_TEXT];
	char line[DIAGNOSE_LINES][DIAGNOSE_TEXT / 2]; /* the evidence */
	size_t nlines;
};

struct diagnose {
	struct diagnose_wait *waits;
	size_t nwaits;
	enum diagnosis_verdict verdict;
	char sentence[DIAGNOSE_TEXT];
	size_t cause;	 /* the wait that the verdict is about, or NO_WAIT */
	uint64_t faults; /* injected by the fault plan */
	struct fault_hit last_fault; /* the last of them, if there was one */
};

/*
 * Diagnose the snapshot.  `dead`: it is known that nothing can run any more.
 * Adds to the snapshot's waits those that only backtraces tell of, and the
 * orphans.  0, or -1 when memory runs out.
 */
int diagnose(struct diagnose *out, struct snapshot *snapshot,
    struct inject *inject, bool dead);
void diagnose_free(struct diagnose *d);

/* --- guess.c --- */

/*
 * Add waits inside implementations that do not tell of them, by the functions
 * on the threads' stacks.  0 or -1.
 */
int diagnose_guess(struct snapshot *snapshot);

/* --- orphan.c --- */

/*
 * Add the orphans: calls and threads that nobody in the cross-call stacks waits
 * for.  0 or -1.
 */
int diagnose_orphans(struct snapshot *snapshot);

/* --- chain.c --- */

/* Fill holder, waits_for, mutual and verdict of all waits. */
void diagnose_chain(const struct snapshot *snapshot, struct diagnose *d);

/* --- why.c --- */

struct say;
/* Say what follows the colon of a wait's sentence. */
void diagnose_say_why(struct say *say, const struct diagnose_wait *w);
/* Say "in `f', thread main, at IPL_HIGH". */
void diagnose_say_place(struct say *say, uint32_t cpu);

/* --- sentence.c --- */

/* Fill sentence and lines of a wait; the chains are known. */
void diagnose_say_wait(
    const struct snapshot *snapshot, const struct diagnose *d, size_t wait);
/* Fill the lines of a wait (lines.c). */
void diagnose_lines(const struct snapshot *snapshot, struct diagnose_wait *w);
/* Fill the sentence of the run. */
void diagnose_say(
    const struct snapshot *snapshot, struct diagnose *d, bool dead);

#endif /* VMM_DIAGNOSE_DIAGNOSE_H */
