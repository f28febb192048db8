/* SPDX-License-Identifier: ISC */
/* ipi(9) against a model: messages. */
#include "model/ipi_model.h"

#define PLACES 8 /* of a mailbox */

static ipi_msg_t message[IPI_MESSAGES];

/* The model beside what is due. */
static u_int left[IPI_MESSAGES]; /* CPUs that have not run it */
static bool flown[IPI_MESSAGES]; /* and has not been waited for */
static bool drain[MODEL_CPUS], announced[MODEL_CPUS];

bool
ipi_in_set(u_int set, u_int cpu)
{
	return ((set >> cpu & 1) != 0);
}

void
ipi_make_set(kcpuset_t *kset, u_int set)
{
	kcpuset_zero(kset);
	for (u_int cpu = 0; cpu < model_ncpus(); cpu++)
		if (ipi_in_set(set, cpu))
			kcpuset_set(kset, cpu_index(model_cpu(cpu)));
}

static void
message_run(void *arg)
{
	model_ran(IPI_MESSAGE((u_int)((const ipi_msg_t *)arg - message)));
}

bool
ipi_mailbox_is_full(u_int cpu)
{
	u_int n = ipi_drain_is_there(cpu);

	for (u_int m = 0; m < IPI_MESSAGES; m++)
		n += model_count_due(cpu, IPI_MESSAGE(m));
	return (n == PLACES);
}

bool
ipi_drain_is_there(u_int cpu)
{
	if (model_level(cpu) < IPL_HIGH)
		ipi_served(cpu);
	return (drain[cpu]);
}

void
ipi_drain_begin(u_int from, u_int cpu)
{
	ipi_announce(from, cpu);
	drain[cpu] = model_level(cpu) == IPL_HIGH;
}

void
ipi_served(u_int cpu)
{
	announced[cpu] = drain[cpu] = false;
}

/* A message to that CPU: the first of those that it holds off interrupts. */
void
ipi_announce(u_int from, u_int cpu)
{
	model_count(from, XCS_IPI_MSG, 1);
	model_count(from, announced[cpu] ? XCS_IPI_ELIDED : XCS_IPI_SENT, 1);
	model_count(cpu, XCS_IPI_MSG_RUN, 1);
	announced[cpu] = model_level(cpu) == IPL_HIGH;
}

void
ipi_announce_elsewhere(u_int from)
{
	model_count(from, XCS_IPI_MSG, ncpu - model_ncpus());
	model_count(from, XCS_IPI_SENT, ncpu - model_ncpus());
}

/* One more to each CPU of the set but that one: is there a place? */
static bool
have_place(u_int from, u_int set)
{
	for (u_int cpu = 0; cpu < model_ncpus(); cpu++)
		if (cpu != from && ipi_in_set(set, cpu) &&
		    ipi_mailbox_is_full(cpu))
			return (false);
	return (true);
}

static void
post(u_int from, u_int cpu, u_int m)
{
	ipi_announce(from, cpu);
	left[m]++;
	ipi_due(cpu, IPI_MESSAGE(m),
	    case_foreign(XCVM_API_IPI) ? MODEL_ANY_RANK : IPI_AFTER_ALL);
}

static void
post_all(u_int from, u_int m, u_int set)
{
	flown[m] = true;
	for (u_int cpu = 0; cpu < model_ncpus(); cpu++)
		if (cpu != from && ipi_in_set(set, cpu))
			post(from, cpu, m);
	if (ipi_in_set(set, from)) {
		model_count(from, XCS_IPI_MSG_SELF, 1);
		left[m]++;
		model_due_here(from, IPI_MESSAGE(m), IPL_HIGH, MODEL_ANY_RANK);
	}
}

/* The ninth waits for a place; one at a time, so that nobody waits for it. */
static bool
unicast_is_legal(const struct step *s)
{
	return (left[s->s_arg[0]] == 0 && s->s_arg[1] != s->s_cpu &&
		(have_place(s->s_cpu, 1U << s->s_arg[1]) ||
		    (!model_any_busy() && s->s_cpu != 0)));
}

static uint64_t
unicast_call(const struct step *s)
{
	PINNED(ipi_unicast(&message[s->s_arg[0]], model_cpu(s->s_arg[1])));
	return (0);
}

/* It has found the mailbox full. */
static void
unicast_await(const struct step *s)
{
	model_count(s->s_cpu, XCS_IPI_FULL, 1);
	if (!case_foreign(XCVM_API_IPI))
		model_count_await(s->s_cpu, XCS_IPI_FULL);
}

static void
unicast_model(const struct step *s, uint64_t result __unused)
{
	post_all(s->s_cpu, s->s_arg[0], 1U << s->s_arg[1]);
}

static bool
unicast_blocks(const struct step *s)
{
	return (!have_place(s->s_cpu, 1U << s->s_arg[1]));
}

static bool
multicast_is_legal(const struct step *s)
{
	return (left[s->s_arg[0]] == 0 && have_place(s->s_cpu, s->s_arg[1]));
}

static uint64_t
multicast_call(const struct step *s)
{
	kcpuset_t set;

	ipi_make_set(&set, s->s_arg[1]);
	PINNED(ipi_multicast(&message[s->s_arg[0]], &set));
	return (0);
}

static void
multicast_model(const struct step *s, uint64_t result __unused)
{
	post_all(s->s_cpu, s->s_arg[0], s->s_arg[1]);
}

static bool
broadcast_is_legal(const struct step *s)
{
	return (left[s->s_arg[0]] == 0 && have_place(s->s_cpu, IPI_SETS - 1));
}

static uint64_t
broadcast_call(const struct step *s)
{
	PINNED(ipi_broadcast(&message[s->s_arg[0]], s->s_arg[1] != 0));
	return (0);
}

static void
broadcast_model(const struct step *s, uint64_t result __unused)
{
	u_int set = IPI_SETS - 1;

	if (s->s_arg[1] != 0)
		set &= ~(1U << s->s_cpu);
	ipi_announce_elsewhere(s->s_cpu);
	model_due_elsewhere();
	post_all(s->s_cpu, s->s_arg[0], set);
}

/* A CPU that holds off its own message would wait for itself. */
static bool
wait_is_legal(const struct step *s)
{
	return (left[s->s_arg[0]] == 0 ||
		(!model_any_busy() && s->s_cpu != 0 &&
		    model_count_due(s->s_cpu, IPI_MESSAGE(s->s_arg[0])) == 0));
}

static uint64_t
wait_call(const struct step *s)
{
	ipi_wait(&message[s->s_arg[0]]);
	return (0);
}

static void
wait_model(const struct step *s __unused, uint64_t result __unused)
{
}

/* Nobody can tell. */
static void
wait_await(const struct step *s __unused)
{
}

static bool
wait_blocks(const struct step *s)
{
	return (left[s->s_arg[0]] != 0);
}

static const struct op ops[] = {
    OP_BLOCKS("ipi_unicast(&message[%0], cpu[%1])", unicast, IPI_MESSAGES,
	MODEL_A_CPU),
    OP_BLOCKS("ipi_unicast(&message[%0], cpu[%1])", unicast, IPI_MESSAGES,
	MODEL_A_CPU),
    OP("ipi_multicast(&message[%0], cpus(%1))", multicast, IPI_MESSAGES,
	IPI_SETS),
    OP("ipi_broadcast(&message[%0], %1)", broadcast, IPI_MESSAGES, 2),
    OP_BLOCKS("ipi_wait(&message[%0])", wait, IPI_MESSAGES),
};
const struct op_table ipi_messages = OP_TABLE(ops);

void
ipi_messages_begin(void)
{
	for (u_int m = 0; m < IPI_MESSAGES; m++)
		message[m] =
		    (ipi_msg_t){.func = message_run, .arg = &message[m]};
}

void
ipi_messages_ran(u_int what)
{
	if (what >= IPI_MESSAGE(0))
		left[what - IPI_MESSAGE(0)]--;
}

void
ipi_messages_check(void)
{
	for (u_int cpu = 0; cpu < model_ncpus(); cpu++)
		if (model_level(cpu) < IPL_HIGH)
			ipi_served(cpu);
	for (u_int m = 0; m < IPI_MESSAGES; m++) {
		if (!flown[m] || left[m] != 0)
			continue;
		ipi_wait(&message[m]);
		flown[m] = false;
	}
}
