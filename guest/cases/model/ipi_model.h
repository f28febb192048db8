/* SPDX-License-Identifier: ISC */
/* ipi(9) against a model: what its numbers and its messages have in common. */
#ifndef CASES_MODEL_IPI_MODEL_H
#define CASES_MODEL_IPI_MODEL_H

#include "model/model.h"

#define IPI_NUMBERS    4
#define IPI_MESSAGES   10
#define IPI_NUMBER(n)  (0x10 + (n)) /* what runs */
#define IPI_MESSAGE(m) (0x100 + (m))
#define IPI_AFTER_ALL  IPI_MAXREG /* rank of messages: after the numbers */
#define IPI_SETS       (1U << MODEL_CPUS)

/* A set of the model's CPUs, a bit for each. */
bool ipi_in_set(u_int set, u_int cpu);
void ipi_make_set(kcpuset_t *kset, u_int set);

/* Sent there: it runs when that CPU takes interrupts. */
void ipi_due(u_int cpu, u_int what, u_int rank);

/* --- numbers --- */

extern const struct op_table ipi_numbers;
void ipi_numbers_begin(struct rng *);
void ipi_numbers_check(void);
void ipi_numbers_end(void);

/* --- messages --- */

extern const struct op_table ipi_messages;
void ipi_messages_begin(void);
void ipi_messages_ran(u_int what);
void ipi_messages_check(void);

/* Places of a mailbox are taken by messages, and by drains: see below. */
bool ipi_mailbox_is_full(u_int cpu);

/*
 * A message is announced to that CPU, or to all that are none of the model's,
 * by the number 0, which is pending from the first one on.
 */
void ipi_announce(u_int from, u_int cpu);
void ipi_announce_elsewhere(u_int from);
/* It has served all that was pending. */
void ipi_served(u_int cpu);

/*
 * A drain is the message by which ipi_unregister() waits for a CPU: is there
 * one in its mailbox?
 */
bool ipi_drain_is_there(u_int cpu);
void ipi_drain_begin(u_int from, u_int cpu);

#endif /* CASES_MODEL_IPI_MODEL_H */
