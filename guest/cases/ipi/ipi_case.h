/* SPDX-License-Identifier: ISC */
/* What the ipi(9) cases share: functions to run, and ways to be sure. */
#ifndef CASES_IPI_CASE_H
#define CASES_IPI_CASE_H

#include "call.h"
#include "ground.h"

/* --- functions for numbers and messages; each with its argument --- */

/* struct ipi_order: notes who ran, one after another.  One CPU only. */
#define IPI_ORDER_MAX 16
struct ipi_order {
	volatile u_int o_count;
	u_int o_who[IPI_ORDER_MAX];
};
struct ipi_member {
	struct ipi_order *m_order;
	u_int m_who;
};
void ipi_take_turn(void *); /* struct ipi_member */

/* struct ipi_tally: where it ran, how often, and in which context. */
struct ipi_tally {
	struct mark *t_runs;	    /* of each CPU */
	volatile u_int t_wrong_ipl; /* executions not at IPL_HIGH */
	volatile u_int t_not_intr;  /* not in a hard interrupt */
};
void ipi_tally_init(struct ipi_tally *);
void ipi_tally_clear(struct ipi_tally *);
void ipi_tally_run(void *);

/* Did each CPU of the set, and no other, run it so many times? */
#define CHECK_TALLY(t, set, times) \
	ipi_tally_check(t, set, times, __FILE__, __LINE__)
void ipi_tally_check(const struct ipi_tally *, const kcpuset_t *, u_int times,
    const char *file, u_int line);

/*
 * The owner of a number: its handler must find it alive, and triggered.  It
 * stays where it is when the number is gone, so that a late execution does
 * no harm but is counted.
 */
struct owner {
	volatile bool o_alive, o_triggered;
	struct mark o_runs, o_strays;
};
u_int owner_register(struct owner *);
void owner_trigger(struct owner *, u_int id, struct cpu_info *);

/*
 * Spin until so many waits have been reported, and long enough for one of
 * them to be reported again; how many reports there were.  Gives up after
 * seconds, where the implementation has none to give.
 */
uint64_t ipi_await_stalls(u_int n);

/* --- being sure that nothing more comes --- */

/*
 * Spin until a message is pending for the CPU, which has a number pending: so
 * if ci_ipipend does not show that, it tells nothing of messages either, and
 * some milliseconds must do.  Only to bring about what a case is after, never
 * to judge.
 */
void ipi_await_message(const struct cpu_info *);

#endif /* CASES_IPI_CASE_H */
