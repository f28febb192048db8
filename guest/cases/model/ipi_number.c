/* SPDX-License-Identifier: ISC */
/* ipi(9) against a model: numbers. */
#include "model/ipi_model.h"

static u_int id[IPI_NUMBERS]; /* 0: not registered */

/* The model beside what is due. */
static uint32_t taken; /* numbers that somebody has */
static u_int dying;    /* 1 + number that is being unregistered, or 0 */

static void
number_run(void *arg)
{
	model_ran(IPI_NUMBER((u_int)((const u_int *)arg - id)));
}

static bool
register_is_legal(const struct step *s)
{
	return (id[s->s_arg[0]] == 0 && model_is_open(s->s_cpu) &&
		!model_any_busy());
}

static uint64_t
register_call(const struct step *s)
{
	return (ipi_register(number_run, &id[s->s_arg[0]]));
}

static void
register_model(const struct step *s, uint64_t result)
{
	MODEL_EQ(result, ffs((int)~taken) - 1);
	id[s->s_arg[0]] = (u_int)result;
	taken |= 1U << result;
}

/* Is there a CPU beside that one that takes no interrupt? */
static bool
others_are_held(u_int cpu)
{
	for (u_int i = 0; i < model_ncpus(); i++)
		if (i != cpu && model_level(i) == IPL_HIGH)
			return (true);
	return (false);
}

static bool
unregister_is_legal(const struct step *s)
{
	for (u_int cpu = 0; cpu < model_ncpus(); cpu++)
		if (ipi_mailbox_is_full(cpu))
			return (false);
	/* How far another's has come cannot be told. */
	if (others_are_held(s->s_cpu) &&
	    (s->s_cpu == 0 || case_foreign(XCVM_API_IPI)))
		return (false);
	return (id[s->s_arg[0]] != 0 && !model_any_busy() &&
		model_is_open(s->s_cpu));
}

static uint64_t
unregister_call(const struct step *s)
{
	ipi_unregister(id[s->s_arg[0]]);
	return (0);
}

/* It tells the others, and waits for those that are held. */
static void
unregister_begin(const struct step *s)
{
	dying = s->s_arg[0] + 1;
	model_count(s->s_cpu, XCS_IPI_SELF, 1);
	ipi_announce_elsewhere(s->s_cpu);
	for (u_int cpu = 0; cpu < model_ncpus(); cpu++) {
		if (cpu == s->s_cpu)
			continue;
		ipi_drain_begin(s->s_cpu, cpu);
	}
}

static bool
unregister_blocks(const struct step *s)
{
	bool held = false;

	if (dying == 0)
		unregister_begin(s);
	for (u_int cpu = 0; cpu < model_ncpus(); cpu++)
		held |= ipi_drain_is_there(cpu);

	return (held);
}

static void
unregister_await(const struct step *s)
{
	model_count_await(s->s_cpu, XCS_IPI_MSG);
	model_count_await(s->s_cpu, XCS_IPI_SENT);
	model_count_await(s->s_cpu, XCS_IPI_ELIDED);
}

static void
unregister_model(const struct step *s, uint64_t result __unused)
{
	taken &= ~(1U << id[s->s_arg[0]]);
	id[s->s_arg[0]] = dying = 0;
}

static bool
number_is_legal(u_int n)
{
	return (id[n] != 0 && dying != n + 1);
}

static bool
trigger_is_legal(const struct step *s)
{
	return (number_is_legal(s->s_arg[0]) && s->s_arg[1] != s->s_cpu);
}

static uint64_t
trigger_call(const struct step *s)
{
	PINNED(ipi_trigger(id[s->s_arg[0]], model_cpu(s->s_arg[1])));
	return (0);
}

void
ipi_due(u_int cpu, u_int what, u_int rank)
{
	/*
	 * At its end ipi_unregister() serves its own CPU, perhaps before the
	 * interrupt comes there.
	 */
	if (dying != 0 && model_is_busy(cpu))
		model_due_here(cpu, what, IPL_HIGH, rank);
	else
		model_due(cpu, what, IPL_HIGH, IPL_HIGH, rank);
}

/* The number is pending there from now on. */
static void
pend(u_int cpu, u_int n)
{
	model_count(cpu, XCS_IPI_RUN, 1);
	ipi_due(cpu, IPI_NUMBER(n), id[n]);
}

static void
trigger(u_int from, u_int cpu, u_int n)
{
	bool pending = model_count_due(cpu, IPI_NUMBER(n)) != 0;

	model_count(from, XCS_IPI_TRIGGER, 1);
	model_count(from, pending ? XCS_IPI_ELIDED : XCS_IPI_SENT, 1);
	if (!pending)
		pend(cpu, n);
}

static void
trigger_model(const struct step *s, uint64_t result __unused)
{
	trigger(s->s_cpu, s->s_arg[1], s->s_arg[0]);
}

/* On all CPUs of the set; on its own it serves all that is pending. */
static void
trigger_set(u_int from, u_int n, u_int set)
{
	for (u_int cpu = 0; cpu < model_ncpus(); cpu++)
		if (cpu != from && ipi_in_set(set, cpu))
			trigger(from, cpu, n);
	if (!ipi_in_set(set, from))
		return;
	model_count(from, XCS_IPI_SELF, 1);
	if (model_count_due(from, IPI_NUMBER(n)) == 0)
		pend(from, n);
	model_force_due(from, IPL_HIGH);
	ipi_served(from);
}

static bool
multi_is_legal(const struct step *s)
{
	return (number_is_legal(s->s_arg[0]));
}

static uint64_t
multi_call(const struct step *s)
{
	kcpuset_t set;

	ipi_make_set(&set, s->s_arg[1]);
	PINNED(ipi_trigger_multi(id[s->s_arg[0]], &set));
	return (0);
}

static void
multi_model(const struct step *s, uint64_t result __unused)
{
	trigger_set(s->s_cpu, s->s_arg[0], s->s_arg[1]);
}

static bool
trigger_all_is_legal(const struct step *s)
{
	return (number_is_legal(s->s_arg[0]));
}

static uint64_t
trigger_all_call(const struct step *s)
{
	PINNED(ipi_trigger_broadcast(id[s->s_arg[0]], s->s_arg[1] != 0));
	return (0);
}

static void
trigger_all_model(const struct step *s, uint64_t result __unused)
{
	u_int set = IPI_SETS - 1;

	if (s->s_arg[1] != 0)
		set &= ~(1U << s->s_cpu);
	model_count(s->s_cpu, XCS_IPI_TRIGGER, ncpu - model_ncpus());
	model_count(s->s_cpu, XCS_IPI_SENT, ncpu - model_ncpus());
	model_due_elsewhere();
	trigger_set(s->s_cpu, s->s_arg[0], set);
}

static const struct op ops[] = {
    OP("id[%0] = ipi_register(ran, NULL)", register, IPI_NUMBERS),
    OP_BLOCKS("ipi_unregister(id[%0])", unregister, IPI_NUMBERS),
    OP("ipi_trigger(id[%0], cpu[%1])", trigger, IPI_NUMBERS, MODEL_A_CPU),
    OP("ipi_trigger(id[%0], cpu[%1])", trigger, IPI_NUMBERS, MODEL_A_CPU),
    OP("ipi_trigger_multi(id[%0], cpus(%1))", multi, IPI_NUMBERS, IPI_SETS),
    OP("ipi_trigger_broadcast(id[%0], %1)", trigger_all, IPI_NUMBERS, 2),
};
const struct op_table ipi_numbers = OP_TABLE(ops);

/* Leave only some numbers free, so that those there are differ. */
static void
take_numbers(struct rng *r)
{
	uint32_t ours = 0;
	u_int n;

	do {
		n = ipi_register(call_nothing, NULL);
		ours |= 1U << n;
	} while (n != IPI_MAXREG - 1);
	taken = UINT32_MAX;
	for (u_int i = 0; i < IPI_NUMBERS + 1; i++) {
		do
			n = 1 + rng_below(r, IPI_MAXREG - 1);
		while ((ours & taken & 1U << n) == 0);
		ipi_unregister(n);
		taken &= ~(1U << n);
	}
}

void
ipi_numbers_begin(struct rng *r)
{
	if (taken == 0)
		take_numbers(r);
	for (u_int n = 0; n < IPI_NUMBERS - 1; n++) {
		id[n] = ipi_number(number_run, &id[n]);
		taken |= 1U << id[n];
	}
}

/* The word of each CPU shows what is due, and no more. */
void
ipi_numbers_check(void)
{
	for (u_int cpu = 0; cpu < model_ncpus(); cpu++) {
		uint32_t due = 0;

		for (u_int n = 0; n < IPI_NUMBERS; n++)
			if (model_count_due(cpu, IPI_NUMBER(n)) != 0)
				due |= 1U << id[n];
		MODEL_EQ(model_cpu(cpu)->ci_ipipend[0] & ~1U, due);
	}
}

void
ipi_numbers_end(void)
{
	for (u_int n = 0; n < IPI_NUMBERS; n++) {
		if (id[n] == 0)
			continue;
		ipi_unregister(id[n]);
		taken &= ~(1U << id[n]);
		id[n] = 0;
	}
}
