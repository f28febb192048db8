/* SPDX-License-Identifier: ISC */
/* xcall(9) against a model: one call of each class at a time, and tickets. */
#include "model/model.h"

#define CLASSES	   2
#define LOW	   0
#define HIGH	   1
#define RUN(class) (0x10 + (class))
#define WAITERS	   4 /* tickets kept */

/* The model beside what is due. */
static struct class
{
	uint64_t c_head, c_done; /* executions asked for, and returned */
	uint64_t c_ticket[WAITERS];
	u_int c_kept;
	bool c_settled; /* the box has seen that it is done */
} class[CLASSES];

static const int high_level[] = {
    IPL_SOFTCLOCK, IPL_SOFTBIO, IPL_SOFTNET, IPL_SOFTSERIAL};

static void
run(void *arg, void *arg2)
{
	/* Both arguments have arrived. */
	model_ran(
	    (uintptr_t)arg == (uintptr_t)arg2 ? (u_int)(uintptr_t)arg : 0xff);
}

static bool
is_done(u_int c)
{
	return (class[c].c_done == class[c].c_head);
}

/* Only one step blocks for a class at a time, since who is next is chance. */
static bool
submit_is_legal(const struct step *s, u_int c)
{
	if (!model_in_thread(s->s_cpu) || model_any_busy())
		return (false);
	/* Where it must not sleep, it must not need to. */
	return (
	    class[c].c_settled || (s->s_cpu != 0 && model_is_open(s->s_cpu)));
}

static u_int
flags_of(u_int level)
{
	return (XC_HIGHPRI_IPL(high_level[level]));
}

/* On that CPU, or with model_ncpus() on all. */
static void
submit(u_int c, u_int cpu, int level, uint64_t result)
{
	struct class *cl = &class[c];
	const int source = c == LOW ? IPL_PREEMPT : level;

	for (u_int i = 0; i < model_ncpus(); i++)
		if (cpu == i || cpu == model_ncpus()) {
			model_due(i, RUN(c), source, level, 0);
			cl->c_head++;
		}
	if (cpu == model_ncpus()) {
		cl->c_head += ncpu - model_ncpus();
		cl->c_done += ncpu - model_ncpus();
		model_due_elsewhere();
	}
	MODEL_EQ(result, cl->c_head | (c == HIGH ? NX_HIGH_BIT : 0));
	cl->c_settled = false;
	cl->c_ticket[cl->c_kept++ % WAITERS] = cl->c_head;
}

static bool
low_is_legal(const struct step *s)
{
	return (submit_is_legal(s, LOW));
}

static uint64_t
low_call(const struct step *s)
{
	void *arg = (void *)RUN(LOW);

	return (xc_unicast(0, run, arg, arg, model_cpu(s->s_arg[0])));
}

static void
low_model(const struct step *s, uint64_t result)
{
	submit(LOW, s->s_arg[0], IPL_NONE, result);
}

static bool
low_blocks(const struct step *s __unused)
{
	return (!is_done(LOW));
}

static bool
high_is_legal(const struct step *s)
{
	return (submit_is_legal(s, HIGH));
}

static uint64_t
high_call(const struct step *s)
{
	void *arg = (void *)RUN(HIGH);

	return (xc_unicast(
	    flags_of(s->s_arg[1]), run, arg, arg, model_cpu(s->s_arg[0])));
}

static void
high_model(const struct step *s, uint64_t result)
{
	submit(HIGH, s->s_arg[0], high_level[s->s_arg[1]], result);
}

static bool
high_blocks(const struct step *s __unused)
{
	return (!is_done(HIGH));
}

static uint64_t
low_all_call(const struct step *s __unused)
{
	void *arg = (void *)RUN(LOW);

	return (xc_broadcast(0, run, arg, arg));
}

static void
low_all_model(const struct step *s __unused, uint64_t result)
{
	submit(LOW, model_ncpus(), IPL_NONE, result);
}

static uint64_t
high_all_call(const struct step *s)
{
	void *arg = (void *)RUN(HIGH);

	return (xc_broadcast(flags_of(s->s_arg[1]), run, arg, arg));
}

static void
high_all_model(const struct step *s, uint64_t result)
{
	submit(HIGH, model_ncpus(), high_level[s->s_arg[1]], result);
}
#define low_all_is_legal  low_is_legal
#define low_all_blocks	  low_blocks
#define high_all_is_legal high_is_legal
#define high_all_blocks	  high_blocks

/* --- waiting --- */

static uint64_t
ticket_of(const struct step *s)
{
	return (class[s->s_arg[0]].c_ticket[s->s_arg[1]]);
}

static bool
wait_blocks(const struct step *s)
{
	return (class[s->s_arg[0]].c_done < ticket_of(s));
}

static bool
wait_is_legal(const struct step *s)
{
	return (model_in_thread(s->s_cpu) &&
		(class[s->s_arg[0]].c_settled ||
		    (s->s_cpu != 0 && !model_any_busy() &&
			model_is_open(s->s_cpu))));
}

static uint64_t
wait_call(const struct step *s)
{
	xc_wait(ticket_of(s) | (s->s_arg[0] == HIGH ? NX_HIGH_BIT : 0));
	return (0);
}

static void
wait_model(const struct step *s __unused, uint64_t result __unused)
{
}

/* It sleeps: then its CPU takes calls. */
static void
sleeps_await(const struct step *s __unused)
{
}
#define wait_await     sleeps_await
#define low_await      sleeps_await
#define high_await     sleeps_await
#define low_all_await  sleeps_await
#define high_all_await sleeps_await

static const struct op ops[] = {
    OP_BLOCKS("xc_unicast(0, ran, NULL, NULL, cpu[%0])", low, MODEL_A_CPU),
    OP_BLOCKS("xc_unicast(XC_HIGHPRI_IPL(level[%1]), ran, NULL, NULL, cpu[%0])",
	high, MODEL_A_CPU, nitems(high_level)),
    OP_BLOCKS("xc_broadcast(0, ran, NULL, NULL)", low_all, 1),
    OP_BLOCKS("xc_broadcast(XC_HIGHPRI_IPL(level[%1]), ran, NULL, NULL)",
	high_all, 1, nitems(high_level)),
    OP_BLOCKS("xc_wait(ticket[%0][%1])", wait, CLASSES, WAITERS),
    OP_BLOCKS("xc_wait(ticket[%0][%1])", wait, CLASSES, WAITERS),
};
static const struct op_table table = OP_TABLE(ops);

/* Ours are the only calls there are, from the round's first ticket on. */
static void
begin(struct rng *r __unused)
{
	for (u_int c = 0; c < CLASSES; c++) {
		struct class *cl = &class[c];
		u_int flags = c == LOW ? 0 : XC_HIGHPRI;
		uint64_t ticket = nx_submit(
		    flags, curcpu(), call_count_2, &(struct mark){0}, NULL);

		xc_wait(ticket);
		cl->c_head = cl->c_done = ticket & ~NX_HIGH_BIT;
		cl->c_kept = 0;
		cl->c_settled = true;
		for (u_int i = 0; i < WAITERS; i++)
			cl->c_ticket[i] = cl->c_head;
	}
}

static void
ran(u_int cpu __unused, u_int what)
{
	class[what - RUN(0)].c_done++;
}

/* What has run is counted soon: where the driver may sleep, it waits for it. */
static void
check(void)
{
	for (u_int c = 0; c < CLASSES; c++) {
		if (class[c].c_settled || !is_done(c) || !model_is_open(0))
			continue;
		xc_wait(class[c].c_head | (c == HIGH ? NX_HIGH_BIT : 0));
		class[c].c_settled = true;
	}
}

static const struct subject xcalls = {
    .su_name = "xcall",
    .su_ops = {&table},
    .su_contexts = MODEL_ALL_CONTEXTS,
    .su_level = IPL_SOFTSERIAL,
    .su_begin = begin,
    .su_ran = ran,
    .su_check = check,
};

/* Tickets pass 2^32 on the way. */
CASE(model_xcall, .api = XCVM_API_XCALL, .kind = XCVM_KIND_STRESS,
    .contract = "N1,N2,N3,N8,N9,N11,N12,N17,N18,N20",
    .doc = "Calls of both classes in random order: each runs on its CPUs at "
	   "its level, and waits last as long as they must.",
    PARAMS(PARAM_MODEL(1),
	PARAM("xc_preset", 0xfffffff0, "counts each class begins with")))
{
	model_run(&xcalls);
}
