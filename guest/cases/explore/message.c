/* SPDX-License-Identifier: ISC */
/* ipi(9), small: messages. */
#include "explore/explore.h"

#ifdef MULTIPROCESSOR

struct letter {
	volatile u_int l_stored, l_seen, l_runs, l_dead;
};

static struct letter letter;

static void
read_letter(void *arg)
{
	struct letter *l = arg;

	CHECK_EQ(l->l_dead, 0);
	l->l_seen = l->l_stored;
	atomic_inc_uint(&l->l_runs);
}

static void
wrong_function(void *arg __unused)
{
	case_failed(
	    __FILE__, __LINE__, "a message is done after ipi_wait()", NULL);
}

/* A message on the stack, whose memory is something else afterwards. */
static void
send_letter(struct letter *l, u_int value, struct cpu_info *ci)
{
	ipi_msg_t msg = {.func = read_letter, .arg = l};

	l->l_stored = value;
	PINNED(ipi_unicast(&msg, ci));
	ipi_wait(&msg);
	msg.func = wrong_function;
	msg._pending = 0x55555555;
	CHECK_EQ(l->l_seen, value);
	CHECK_EQ(l->l_runs, value);
}

EXPLORE(ipi_message, IPI, "I10", 2,
    "A message has run when ipi_wait() returns, and is not touched any more; "
    "the next one right after it too.")
{
	explore_start();
	send_letter(&letter, 1, cpu_lookup(1));
	send_letter(&letter, 2, cpu_lookup(1));
	letter.l_dead = 1;
	explore_end();
}

static struct letter answer;

static void
send_back(void *arg __unused)
{
	send_letter(&answer, 1, cpu_lookup(0));
}

EXPLORE(ipi_message_both, IPI, "I10", 2,
    "Two CPUs send messages to each other and wait: both return.")
{
	explore_on(send_back, NULL);
	explore_start();
	send_letter(&letter, 1, cpu_lookup(1));
	explore_end();
}

static void
send_to_2(void *arg)
{
	send_letter(arg, 1, cpu_lookup(2));
}

EXPLORE(ipi_message_two, IPI, "I16", 3,
    "Two CPUs send messages to a third at once: both run.")
{
	explore_on(send_to_2, &answer);
	explore_start();
	send_to_2(&letter);
	explore_end();
}

static void
broadcast(struct letter *l, bool skip_self)
{
	ipi_msg_t msg = {.func = read_letter, .arg = l};

	l->l_stored = 1;
	PINNED(ipi_broadcast(&msg, skip_self));
	ipi_wait(&msg);
	msg.func = wrong_function;
	CHECK_EQ(l->l_seen, 1);
	CHECK_EQ(l->l_runs, ncpu - skip_self);
	l->l_dead = 1;
}

EXPLORE(ipi_broadcast, IPI, "I13", 3,
    "A broadcast has run once on each CPU when ipi_wait() returns.")
{
	explore_start();
	broadcast(&letter, false);
	explore_end();
}

EXPLORE(ipi_broadcast_others, IPI, "I13", 3,
    "A broadcast without its sender has run once on each other CPU.")
{
	explore_start();
	broadcast(&letter, true);
	explore_end();
}

#define LETTERS 9 /* one more than a mailbox has places */

EXPLORE(ipi_mailbox_full, IPI, "I15", 2,
    "More messages than a mailbox takes: each runs once.")
{
	static ipi_msg_t msgs[LETTERS];

	letter.l_stored = 1;
	explore_start();
	for (u_int i = 0; i < LETTERS; i++) {
		msgs[i].func = read_letter;
		msgs[i].arg = &letter;
		PINNED(ipi_unicast(&msgs[i], cpu_lookup(1)));
	}
	for (u_int i = 0; i < LETTERS; i++)
		ipi_wait(&msgs[i]);
	CHECK_EQ(letter.l_runs, LETTERS);
	explore_end();
}

#endif /* MULTIPROCESSOR */
