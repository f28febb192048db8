/* SPDX-License-Identifier: ISC */
/* Torture: numbers that all trigger all the time, and numbers that change. */
#include <sys/kmem.h>
#include "torture/torture.h"

/*
 * A bell: each source writes how often it has triggered each target, by a
 * plain store just before it does; the handler reads what all sources wrote.
 */
#define BELLS 2
static struct bell {
	u_int b_number;
	volatile u_int *b_sent;	 /* [target * ncpu + source] */
	volatile u_int *b_heard; /* the same, at the handler's last run */
	volatile u_int *b_runs;	 /* [target] */
} bells[BELLS];

static void
bell_ring(void *arg)
{
	struct bell *b = arg;
	u_int cpu = cpu_number();

	if (cpu_ipl() != IPL_HIGH)
		fault(F_WRONG_CONTEXT);
	for (u_int i = cpu * ncpu; i < (cpu + 1) * ncpu; i++)
		b->b_heard[i] = b->b_sent[i];
	b->b_runs[cpu]++;
}

void
bells_init(void)
{
	size_t size = ncpu * ncpu * sizeof(u_int);

	for (u_int i = 0; i < BELLS; i++) {
		struct bell *b = &bells[i];

		b->b_sent = kmem_zalloc(size, KM_SLEEP);
		b->b_heard = kmem_zalloc(size, KM_SLEEP);
		b->b_runs = kmem_zalloc(ncpu * sizeof(u_int), KM_SLEEP);
		b->b_number = ipi_register(bell_ring, b);
		CHECK_NE(b->b_number, 0);
	}
}

u_int
bell_choose(struct rng *r)
{
	return (rng_below(r, BELLS));
}

void
bell_announce(u_int bell, u_int target)
{
	bells[bell].b_sent[target * ncpu + cpu_number()]++;
}

u_int
bell_number(u_int bell)
{
	return (bells[bell].b_number);
}

void
bells_check(void)
{
	for (u_int n = 0; n < BELLS; n++) {
		struct bell *b = &bells[n];

		for (u_int target = 0; target < ncpu; target++) {
			u_int sent = 0;

			for (u_int i = target * ncpu; i < (target + 1) * ncpu;
			     i++) {
				if (b->b_heard[i] != b->b_sent[i])
					fault(F_LOST);
				sent += b->b_sent[i];
			}
			if (b->b_runs[target] > sent)
				fault(F_DUPLICATE);
		}
	}
}

/* --- numbers that change hands --- */

/* So many at once, so that there is always a number left. */
#define CHURNERS 8
static volatile u_int churners;

static void
life_run(void *arg)
{
	struct life *l = arg;

	if (!l->l_alive || mark_read(&l->l_runs) >= l->l_triggered)
		fault(F_STRAY);
	mark_add(&l->l_runs);
}

static void
life_end(struct life *l)
{
	if (l->l_triggered != 0 && mark_read(&l->l_runs) == 0)
		fault(F_LOST);
	l->l_alive = false;
	l->l_runs_at_end = mark_read(&l->l_runs);
}

static void
life_check(const struct life *l)
{
	if (mark_read(&l->l_runs) != l->l_runs_at_end)
		fault(F_STRAY);
}

bool
churn(struct lives *lives, struct rng *r)
{
	struct life *l = &lives->l_lives[lives->l_next++ % LIVES];
	u_int number, target;

	if (atomic_inc_uint_nv(&churners) > CHURNERS) {
		atomic_dec_uint(&churners);
		return (false);
	}
	life_check(l);
	*l = (struct life){.l_alive = true};
	number = ipi_register(life_run, l);
	if (number == 0)
		fault(F_LOST);
	else {
		/* To one CPU, so that at least one execution can be told. */
		target = ncpu > 1 ? other_cpu(r) : 0;
		for (u_int i = rng_below(r, 4); i > 0 && ncpu > 1; i--) {
			l->l_triggered++;
			kpreempt_disable();
			ipi_trigger(number, cpu_lookup(target));
			kpreempt_enable();
		}
		ipi_unregister(number);
		life_end(l);
	}
	atomic_dec_uint(&churners);
	return (true);
}

void
lives_check(const struct lives *lives)
{
	for (u_int i = 0; i < LIVES; i++)
		life_check(&lives->l_lives[i]);
}
