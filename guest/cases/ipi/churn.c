/* SPDX-License-Identifier: ISC */
/* ipi(9): a number that changes hands all the time. */
#include <sys/kmem.h>
#include "ipi/ipi_case.h"

#ifdef MULTIPROCESSOR

/*
 * A number changes hands without pause on CPU 0 while others trigger it, on
 * any CPU.  A trigger is made inside a section that the churner waits for
 * before it gives the number back, as the API asks of its users.
 */
#define CHURN_CPUS MIN(ncpu, 8U)
struct churn {
	struct mark c_ready;
	struct owner c_owners[2];
	volatile u_int c_id; /* 0: withdrawn */
	struct owner *volatile c_owner;
	struct mark *c_inside; /* of each CPU: odd inside a section */
	volatile bool c_stop;
	u_int c_rounds, c_strays, c_runs;
	volatile u_int c_triggers;
};

/* The owner's handler stays a while, more or less. */
static void
churn_handler(void *arg)
{
	struct owner *o = arg;

	if (!o->o_alive || !o->o_triggered)
		mark_add(&o->o_strays);
	for (u_int n = mark_read(&o->o_runs) % 4 * 64; n > 0; n--)
		__insn_barrier();
	if (!o->o_alive)
		mark_add(&o->o_strays);
	mark_add(&o->o_runs);
}

static void
spin_a_while(struct rng *r)
{
	for (u_int n = rng_below(r, 64); n > 0; n--)
		CPU_BUSY_CYCLE();
}

static void
churn_trigger(struct churn *c, struct rng *r, u_int self)
{
	u_int id, target;

	mark_add(&c->c_inside[self]);
	if ((id = atomic_load_acquire(&c->c_id)) != 0) {
		target = rng_below(r, ncpu - 1);
		c->c_owner->o_triggered = true;
		PINNED(ipi_trigger(id, cpu_lookup(target + (target >= self))));
		atomic_inc_uint(&c->c_triggers);
	}
	mark_add(&c->c_inside[self]);
	CPU_BUSY_CYCLE();
}

static void
churn_withdraw(struct churn *c)
{
	(void)atomic_swap_uint(&c->c_id, 0);
	for (u_int i = 1; i < CHURN_CPUS; i++) {
		u_int seen = mark_read(&c->c_inside[i]);

		if (seen % 2 != 0)
			SPIN_UNTIL(mark_read(&c->c_inside[i]) != seen);
	}
}

static void
churn_number(struct churn *c, struct rng *r)
{
	struct budget b = budget_start();

	do {
		struct owner *o = &c->c_owners[c->c_rounds++ % 2];
		u_int id, triggers = c->c_triggers;

		/* Of the round before the last: nothing may have come since. */
		c->c_strays += mark_read(&o->o_strays);
		*o = (struct owner){.o_alive = true};
		id = ipi_number(churn_handler, o);
		/* Nobody knows the number yet: now come those that are late. */
		spin_a_while(r);
		c->c_owner = o;
		atomic_store_release(&c->c_id, id);
		SPIN_UNTIL(c->c_triggers != triggers);
		spin_a_while(r);
		churn_withdraw(c);
		ipi_unregister(id);
		o->o_alive = false;
		c->c_runs += mark_read(&o->o_runs);
	} while (budget_left(&b));
	atomic_store_release(&c->c_stop, true);
}

static void
churn_run(u_int self, void *arg)
{
	struct churn *c = arg;
	struct rng r = rng_init(self);

	if (self >= CHURN_CPUS)
		return;
	mark_meet(&c->c_ready, CHURN_CPUS);
	if (self == 0)
		churn_number(c, &r);
	else
		while (!atomic_load_acquire(&c->c_stop))
			churn_trigger(c, &r, self);
}

CASE(i32_churn, .api = XCVM_API_IPI, .kind = XCVM_KIND_STRESS,
    .contract = "I32,D4", .decision = 4, .min_vcpus = 2,
    .doc = "A number is registered and unregistered over and over while up to "
	   "seven other CPUs trigger it: every execution finds its owner "
	   "alive.",
    PARAMS(PARAM_KERNEL, PARAM_BUDGET(200)))
{
	struct churn c = {.c_inside = kmem_zalloc(
			      CHURN_CPUS * sizeof(*c.c_inside), KM_SLEEP)};

	on_each_cpu(churn_run, &c);
	ipi_settle_all();
	for (u_int i = 0; i < nitems(c.c_owners); i++)
		c.c_strays += mark_read(&c.c_owners[i].o_strays);
	CHECK_EQ(c.c_strays, 0);
	CHECK_LE(c.c_runs, c.c_triggers);
	case_metric("owners", "", c.c_rounds);
	case_metric("triggers", "", c.c_triggers);
	case_metric("executions", "", c.c_runs);
}

#endif /* MULTIPROCESSOR */
