/* SPDX-License-Identifier: ISC */
/* Rounds of random steps against a model: see model.h. */
#include <machine/hypercall.h>
#include "model/place.h"

#define COMMON_PERCENT 35 /* steps that are about the CPUs themselves */
/* What is taken in a round, with what brings the CPUs back at its end. */
#define STEPS_MAX      (MODEL_STEPS + MODEL_CPUS * DEPTH * 3)

static const struct subject *subject;
static uint64_t steps_taken;

/* The round. */
static struct {
	uint64_t number, keep;
	bool told; /* as it goes */
	u_int next;
	u_int ntaken, nchosen; /* without those at the end */
	struct step taken[STEPS_MAX];
} now;

void
model_failed(void)
{
	printf("model %s: round %lu, steps kept %#lx; cpu[] is",
	    subject->su_name, now.number, now.keep);
	for (u_int i = 0; i < model_ncpus(); i++)
		printf(" %u", cpu_index(model_cpu(i)));
	printf("\n");
	for (u_int i = 0; i < now.ntaken && !now.told; i++) {
		if (i == now.nchosen)
			printf("\t/* And back to threads at IPL_NONE: */\n");
		place_tell(&now.taken[i]);
	}
	hypercall_done(XCVM_DONE_FAIL, "the model says otherwise");
}

/* A step that blocked has returned, if the model says that it must have. */
static bool
end_step(struct model_cpu *c)
{
	const struct op *op = c->c_step.s_op;

	if (!c->c_busy || op->o_blocks(&c->c_step))
		return (false);
	SPIN_UNTIL(place_has_returned(c));
	c->c_busy = false;
	op->o_model(&c->c_step, c->c_at->p_result);
	return (true);
}

/* Until nothing more happens, by the model; then compare. */
static void
settle(void)
{
	bool more;

	do {
		more = false;
		for (u_int cpu = 0; cpu < model_ncpus(); cpu++)
			more |= due_run(cpu, -1);
		due_next_epoch();
		for (u_int cpu = 0; cpu < model_ncpus(); cpu++)
			more |= end_step(&model_cpus[cpu]);
	} while (more);
	due_match();
	for (u_int cpu = 0; cpu < model_ncpus(); cpu++)
		if (model_is_busy(cpu))
			MODEL_EQ(place_has_returned(&model_cpus[cpu]), false);
	if (subject->su_check != NULL)
		subject->su_check();
}

/* --- steps --- */

/* One of the subject's. */
static const struct op *
any_operation(struct rng *r)
{
	const struct op_table *one = subject->su_ops[0];
	const struct op_table *other = subject->su_ops[1];
	u_int i =
	    rng_below(r, one->ot_count + (other != NULL ? other->ot_count : 0));

	return (i < one->ot_count ? &one->ot_ops[i]
				  : &other->ot_ops[i - one->ot_count]);
}

static void
draw_step(struct step *s, u_int i)
{
	struct rng r =
	    rng_init(1 + (u_int)now.number * (MODEL_STEPS + 1) + 1 + i);

	if (rng_below(&r, 100) < COMMON_PERCENT)
		s->s_op = &place_ops[rng_below(&r, place_nops)];
	else
		s->s_op = any_operation(&r);
	s->s_cpu = rng_below(&r, model_ncpus());
	for (u_int k = 0; k < MODEL_ARGS; k++) {
		u_int below = s->s_op->o_below[k];

		s->s_arg[k] =
		    rng_below(&r, below == MODEL_A_CPU ? model_ncpus() : below);
	}
	if (subject->su_level != 0 && rng_below(&r, 2) == 0)
		place_raise_to(s, subject->su_level);
}

/* The next that is legal; false: the round is over. */
static bool
next_step(struct step *s)
{
	while (now.next < MODEL_STEPS) {
		draw_step(s, now.next);
		if ((now.keep >> now.next++ & 1) != 0 &&
		    place_legal(s, subject->su_contexts)) {
			now.nchosen = now.ntaken + 1;
			return (true);
		}
	}
	return ((subject->su_unwind != NULL && subject->su_unwind(s)) ||
		place_unwind(s));
}

/* It returns, or blocks until the model says that it must not any more. */
static void
end_or_leave(struct model_cpu *c, const struct step *s)
{
	const struct op *op = s->s_op;

	c->c_busy = op->o_blocks != NULL && op->o_blocks(s);
	if (c->c_busy) {
		if (op->o_await != NULL)
			op->o_await(s);
		return;
	}
	SPIN_UNTIL(place_has_returned(c));
	op->o_model(s, c->c_at->p_result);
}

void
model_go_on(void)
{
	struct model_cpu *c;
	struct step s;

	/* The step that brought us here. */
	if (now.ntaken > 0)
		settle();
	while (next_step(&s)) {
		const bool in_here = s.s_cpu == 0;
		const u_int depth = model_cpus[0].c_depth;

		KASSERT(now.ntaken < STEPS_MAX);
		now.taken[now.ntaken++] = s;
		steps_taken++;
		if (now.told)
			place_tell(&s);
		c = &model_cpus[s.s_cpu];
		place_start(&s);
		if (in_here && model_cpus[0].c_depth < depth)
			return; /* left: who was interrupted goes on */
		if (s.s_op->o_model != NULL)
			end_or_leave(c, &s);
		settle();
	}
}

static void
go_round(uint64_t number)
{
	struct rng r = rng_init(1 + (u_int)number * (MODEL_STEPS + 1));

	now.number = number;
	now.next = now.ntaken = now.nchosen = 0;
	if (subject->su_begin != NULL)
		subject->su_begin(&r);
	model_go_on();
	/* What should not have come has come by now. */
	await_idle_others();
	take_interrupts_everywhere();
	settle();
	if (subject->su_end != NULL)
		subject->su_end();
}

bool
model_always(const struct step *s __unused)
{
	return (true);
}

void
model_run(const struct subject *su)
{
	uint64_t only = case_param("round"), rounds = case_param("rounds");

	subject = su;
	due_ran = su->su_ran;
	now.keep = case_param("keep");
	now.told = only != UINT64_MAX;
	place_init(su->su_changes_level);
	if (now.told)
		go_round(only);
	else
		for (uint64_t i = 0; i < rounds; i++)
			go_round(i);
	place_fini();
	case_metric("steps against the model", "", steps_taken);
}
