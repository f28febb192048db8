/* SPDX-License-Identifier: ISC */
/* What is due on each CPU by the model, and what has run in truth. */
#include "model/place.h"

/* --- what is due --- */

void (*due_ran)(u_int, u_int);
static u_int epoch;  /* of the step: so often has something followed */
static u_int in_ran; /* 1: what is due now follows from what ran */

void
model_due(u_int cpu, u_int what, int source, int level, u_int rank)
{
	struct model_cpu *c = &model_cpus[cpu];

	KASSERT(c->c_ndue < MODEL_DUE && what != 0);
	c->c_due[c->c_ndue++] = (struct due){.d_what = what,
	    .d_source = source,
	    .d_level = level,
	    .d_rank = rank,
	    .d_epoch = in_ran};
}

u_int
model_count_due(u_int cpu, u_int what)
{
	const struct model_cpu *c = &model_cpus[cpu];
	u_int n = 0;

	for (u_int i = 0; i < c->c_ndue; i++)
		n += c->c_due[i].d_what == what;
	return (n);
}

u_int
model_drop_due(u_int cpu, u_int what)
{
	struct model_cpu *c = &model_cpus[cpu];
	u_int kept = 0, dropped;

	for (u_int i = 0; i < c->c_ndue; i++)
		if (c->c_due[i].d_what != what)
			c->c_due[kept++] = c->c_due[i];
	dropped = c->c_ndue - kept;
	c->c_ndue = kept;
	return (dropped);
}

static void
expect(u_int cpu, const struct due *d)
{
	struct model_cpu *c = &model_cpus[cpu];

	KASSERT(c->c_nexpected < MODEL_DUE);
	c->c_expected[c->c_nexpected] = *d;
	c->c_expected[c->c_nexpected++].d_epoch += epoch;
	in_ran = 1;
	if (due_ran != NULL && d->d_what != PLACE_HARD_RAN)
		due_ran(cpu, d->d_what);
	in_ran = 0;
}

/* Whatever the context it runs in. */
#define SOURCE_HERE IPL_COUNT

void
model_due_here(u_int cpu, u_int what, int level, u_int rank)
{
	expect(cpu, &(struct due){.d_what = what,
			.d_source = SOURCE_HERE,
			.d_level = level,
			.d_rank = rank});
}

static u_int elsewhere_due;
static struct mark elsewhere;

void
model_due_elsewhere(void)
{
	elsewhere_due += ncpu - model_ncpus();
}

/* Can what comes from that level run there now? */
static bool
can_run(u_int cpu, int source)
{
	if (source == IPL_PREEMPT)
		return (model_is_open(cpu));
	return (source > model_level(cpu));
}

/* A step serves a source's level; the interrupt of cases is nobody's. */
static bool
is_forced(const struct due *d, int forced)
{
	return (d->d_source == forced && d->d_what != PLACE_HARD_RAN);
}

bool
due_run(u_int cpu, int forced)
{
	struct model_cpu *c = &model_cpus[cpu];
	bool any = false;

	for (u_int i = 0; i < c->c_ndue;) {
		struct due d = c->c_due[i];

		if (!is_forced(&d, forced) && !can_run(cpu, d.d_source)) {
			i++;
			continue;
		}
		for (u_int k = i + 1; k < c->c_ndue; k++)
			c->c_due[k - 1] = c->c_due[k];
		c->c_ndue--;
		if (is_forced(&d, forced))
			d.d_source = SOURCE_HERE;
		expect(cpu, &d);
		any = true;
		/* What that changed may stand anywhere. */
		i = 0;
	}
	return (any);
}

void
model_force_due(u_int cpu, int source)
{
	(void)due_run(cpu, source);
}

/* --- what ran --- */

void
model_ran(u_int what)
{
	u_int cpu = model_index(curcpu());
	struct model_cpu *c = &model_cpus[cpu];
	struct ran *r;

	if (cpu == model_ncpus()) {
		mark_add(&elsewhere);
		return;
	}
	r = &c->c_log[(atomic_inc_uint_nv(&c->c_ran) - 1) % nitems(c->c_log)];
	r->r_level = cpu_ipl();
	r->r_context = cpu_intr_p()	  ? MODEL_HARD
		       : cpu_softintr_p() ? MODEL_SOFTCLOCK
					  : MODEL_THREAD;
	atomic_store_release(&r->r_what, what);
}

/* Must it run before the other? */
static bool
goes_before(const struct due *a, const struct due *b)
{
	if (a->d_rank == MODEL_ANY_RANK || b->d_rank == MODEL_ANY_RANK ||
	    a->d_epoch != b->d_epoch)
		return (false);
	if (a->d_source != b->d_source)
		return (a->d_source > b->d_source);
	return (a->d_rank < b->d_rank);
}

static bool
is_first(const struct model_cpu *c, const struct due *d)
{
	for (u_int i = 0; i < c->c_nexpected; i++)
		if (!c->c_expected[i].d_matched &&
		    goes_before(&c->c_expected[i], d))
			return (false);
	return (true);
}

/* The context of a level, if it is not that of the step. */
static bool
context_is_right(const struct due *d, enum model_context context)
{
	if (d->d_source == SOURCE_HERE)
		return (true);
	return (context == (d->d_source >= IPL_VM	   ? MODEL_HARD
			       : d->d_source > IPL_PREEMPT ? MODEL_SOFTCLOCK
							   : MODEL_THREAD));
}

static void
tell_surprise(u_int cpu, const struct ran *r)
{
	const struct model_cpu *c = &model_cpus[cpu];

	printf("cpu[%u] ran %#x at %s; due were", cpu, r->r_what,
	    place_level_name[r->r_level]);
	for (u_int i = 0; i < c->c_nexpected; i++)
		if (!c->c_expected[i].d_matched)
			printf(" %#x at %s", c->c_expected[i].d_what,
			    place_level_name[c->c_expected[i].d_level]);
	printf("\n");
	case_failed(__FILE__, __LINE__, "it ran as the model says", NULL);
	model_failed();
}

static void
match(u_int cpu, const struct ran *r)
{
	struct model_cpu *c = &model_cpus[cpu];

	for (u_int i = 0; i < c->c_nexpected; i++) {
		struct due *d = &c->c_expected[i];

		if (!d->d_matched && d->d_what == r->r_what &&
		    d->d_level == r->r_level &&
		    context_is_right(d, r->r_context) && is_first(c, d)) {
			d->d_matched = true;
			return;
		}
	}
	tell_surprise(cpu, r);
}

/* Wait for all that must have run there; nothing else has. */
static void
match_all(u_int cpu)
{
	struct model_cpu *c = &model_cpus[cpu];

	for (u_int i = 0;
	     i < c->c_nexpected || atomic_load_acquire(&c->c_ran) != c->c_seen;
	     i++) {
		struct ran *r = &c->c_log[c->c_seen % nitems(c->c_log)];

		SPIN_UNTIL(atomic_load_acquire(&r->r_what) != 0);
		match(cpu, r);
		r->r_what = 0;
		c->c_seen++;
	}
	c->c_nexpected = 0;
}

void
due_next_epoch(void)
{
	epoch++;
}

void
due_match(void)
{
	epoch = 0;
	for (u_int cpu = 0; cpu < model_ncpus(); cpu++)
		match_all(cpu);
	SPIN_UNTIL(mark_read(&elsewhere) >= elsewhere_due);
	MODEL_EQ(mark_read(&elsewhere), elsewhere_due);
}
