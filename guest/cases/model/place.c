/* SPDX-License-Identifier: ISC */
/*
 * Where the steps of a model are taken: CPUs, what they are in, and agents.
 *
 * The driver's thread is the agent of CPU 0; each other CPU has a thread.  An
 * interrupt that a CPU is to be in is made to happen there, and its handler
 * takes the CPU's steps until one of them leaves it.  So on CPU 0 the driver
 * itself goes on within the handler.
 */
#include "model/place.h"

static bool level_may_change;
static void *soft_handle[SOFTINT_COUNT];

/* --- taking a step --- */

/* What a call may not change, unless that is all it does. */
struct state {
	int ipl, nopreempt, depth, mutexes;
	bool on;
};

static struct state
state_of(void)
{
	return ((struct state){cpu_ipl(), curlwp->l_nopreempt,
	    curcpu()->ci_idepth, curcpu()->ci_mtx_count, interrupts_are_on()});
}

static uint64_t
perform(const struct step *s)
{
	/* Another step may stand there when an interrupt has been left. */
	const bool common = place_is_common(s->s_op);
	struct state before = state_of(), after;
	uint64_t result;

	/* Nothing that came in between has left another level. */
	if (s->s_op != &place_ops[PLACE_ENTER])
		MODEL_EQ(before.ipl, model_cpus[s->s_cpu].c_level);
	result = s->s_op->o_call(s);
	if (common)
		return (result);
	after = state_of();
	MODEL_EQ(after.nopreempt, before.nopreempt);
	MODEL_EQ(after.depth, before.depth);
	if (!level_may_change) {
		MODEL_EQ(after.ipl, before.ipl);
		MODEL_EQ(after.mutexes, before.mutexes);
	}
	MODEL_EQ(after.on, before.on);
	return (result);
}

void
model_expect_signal(struct cond *c)
{
	cond_init(c);
	/*
	 * Full: the look for an order comes after it, or the order's signal
	 * could be overwritten by what still waits in the store buffer.
	 */
	membar_sync();
}

/* Take the orders for that place until it is left. */
static void
take_orders(struct place *p)
{
	const struct step *s;

	for (;;) {
		model_expect_signal(&p->p_go);
		while ((s = atomic_load_acquire(&p->p_order)) == NULL) {
			if (p->p_context == MODEL_THREAD &&
			    cpu_ipl() == IPL_NONE && curlwp->l_nopreempt == 0) {
				cond_wait(&p->p_go, "model");
				model_expect_signal(&p->p_go);
			} else
				CPU_BUSY_CYCLE();
		}
		p->p_order = NULL;
		if (s->s_op == &place_ops[PLACE_LEAVE])
			return;
		if (s->s_op == &place_ops[PLACE_ENTER]) {
			(void)perform(s);
			continue;
		}
		p->p_result = perform(s);
		atomic_store_release(&p->p_done, true);
	}
}

/* In the context that the model has put on top. */
static void
place_body(void *arg __unused)
{
	struct model_cpu *c = &model_cpus[model_index(curcpu())];
	struct place *p = place_top(c);

	MODEL_EQ(cpu_ipl(), p->p_base);
	MODEL_EQ(cpu_intr_p(), p->p_context == MODEL_HARD);
	atomic_store_release(&p->p_entered, true);
	if (c == &model_cpus[0])
		model_go_on();
	else
		take_orders(p);
}

/* LIR_TEST: the context to be entered, or what a subject sent. */
static void
hard_body(void *arg)
{
	const struct place *p = place_top(&model_cpus[model_index(curcpu())]);

	if (p->p_context == MODEL_HARD && !p->p_entered)
		place_body(arg);
	else
		model_ran(PLACE_HARD_RAN);
}

static void
give_order(struct model_cpu *c, struct place *p, const struct step *s)
{
	p->p_done = false;
	atomic_store_release(&p->p_order, s);
	if (model_is_open((u_int)(c - model_cpus)))
		cond_signal(&p->p_go);
}

static const struct step leaving = {.s_op = &place_ops[PLACE_LEAVE]};
/* Goes on in place_body(), and returns when that has been left. */
uint64_t
place_enter_softly(const struct step *s)
{
	enum model_context context = place_entered_context(s);

	softint_schedule(soft_handle[context - MODEL_SOFTCLOCK]);
	return (0);
}

static struct xcall enter_xcall = XCALL_INITIALIZER(place_body, NULL);

/* The driver's call. */
static void
count_call(const struct model_cpu *c)
{
	if (c == &model_cpus[0]) {
		model_count(0, XCS_XCALL_SELF, 1);
		return;
	}
	model_count(0, XCS_XCALL_REMOTE, 1);
	model_count(0, XCS_XCALL_IPI, 1);
}

static void
place_enter(struct model_cpu *c, const struct step *s)
{
	struct place *outer = place_top(c), *p = outer + 1;
	enum model_context context = place_entered_context(s);
	bool was_open = model_is_open((u_int)(c - model_cpus));

	*p = (struct place){.p_context = context,
	    .p_base = place_context_level[context],
	    .p_level = place_context_level[context]};
	c->c_depth++;
	if (context == MODEL_CALL)
		count_call(c);
	switch (context) {
	case MODEL_HARD:
		test_interrupt(c->c_info);
		break;
	case MODEL_CALL:
		cpu_xcall(c->c_info, &enter_xcall);
		break;
	default:
		if (c == &model_cpus[0]) {
			(void)perform(s);
			break;
		}
		atomic_store_release(&outer->p_order, s);
		if (was_open)
			cond_signal(&outer->p_go);
	}
	/* On this CPU it is over by now, or soon. */
	SPIN_UNTIL(atomic_load_acquire(&p->p_entered));
}

void
place_start(const struct step *s)
{
	struct model_cpu *c = &model_cpus[s->s_cpu];
	struct place *p = place_top(c);

	c->c_step = *s;
	c->c_at = p;
	c->c_level = p->p_level;
	if (s->s_op == &place_ops[PLACE_ENTER])
		place_enter(c, s);
	else if (s->s_op == &place_ops[PLACE_LEAVE]) {
		if (c != &model_cpus[0]) {
			atomic_store_release(&p->p_order, &leaving);
			SPIN_UNTIL(p->p_order == NULL);
		}
		c->c_depth--;
	} else if (c == &model_cpus[0]) {
		p->p_result = perform(s);
		p->p_done = true;
	} else
		give_order(c, p, &c->c_step);
}

bool
place_has_returned(const struct model_cpu *c)
{
	return (atomic_load_acquire(&c->c_at->p_done));
}

/* --- the agents --- */

static void
agent(void *arg)
{
	take_orders(arg);
}

void
place_init(bool may_change_level)
{
	level_may_change = may_change_level;
	place_choose_cpus();
	for (u_int i = 0; i < SOFTINT_COUNT; i++)
		soft_handle[i] = softint_establish(i, place_body, NULL);
	test_interrupt_establish(hard_body, NULL);
	for (u_int i = 1; i < model_ncpus(); i++) {
		struct model_cpu *c = &model_cpus[i];

		c->c_agent = thread_start(c->c_info, agent, &c->c_place[0]);
	}
}

void
place_fini(void)
{
	for (u_int i = 1; i < model_ncpus(); i++) {
		give_order(&model_cpus[i], &model_cpus[i].c_place[0], &leaving);
		thread_join(model_cpus[i].c_agent);
	}
	for (u_int i = 0; i < SOFTINT_COUNT; i++)
		softint_disestablish(soft_handle[i]);
	test_interrupt_establish(NULL, NULL);
}
