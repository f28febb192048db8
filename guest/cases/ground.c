/* SPDX-License-Identifier: ISC */
/* What the cases of the ground share. */
#include <machine/lapic.h>
#include "ground.h"

void
order_add(struct order *o, char what)
{
	u_int i = atomic_inc_uint_nv(&o->o_count) - 1;

	if (i < ORDER_MAX - 1)
		o->o_text[i] = what;
}

void
order_clear(struct order *o)
{
	*o = (struct order){0};
}

bool
order_check(
    const struct order *o, const char *expected, const char *file, u_int line)
{
	if (strcmp(o->o_text, expected) == 0)
		return (true);
	return (case_failed(file, line, "order of events",
	    "it was \"%s\", and should be \"%s\"", o->o_text, expected));
}

void
set_flag(void *flag)
{
	atomic_store_release((volatile bool *)flag, true);
}

void *
flag_arg(volatile bool *flag)
{
	return ((void *)(uintptr_t)flag);
}

void
take_interrupts(void)
{
	volatile bool fired = false;
	callout_t c;

	callout_init(&c, CALLOUT_MPSAFE);
	callout_reset_nsec(&c, 0, set_flag, flag_arg(&fired));
	SPIN_UNTIL(fired);
}

static void
take_on_cpu(u_int cpu __unused, void *arg __unused)
{
	take_interrupts();
}

void
take_interrupts_everywhere(void)
{
	on_each_cpu(take_on_cpu, NULL);
}

static struct {
	void (*volatile func)(void *);
	void *arg;
	volatile u_int sent[MAXCPUS], taken[MAXCPUS];
} test;

static void
test_taken(void *arg __unused)
{
	u_int cpu = cpu_number();

	if (test.taken[cpu] == test.sent[cpu])
		return;
	test.taken[cpu]++;
	test.func(test.arg);
}

void
test_interrupt_establish(void (*func)(void *), void *arg)
{
	test.func = func;
	test.arg = arg;
	intr_test_establish(test_taken, NULL);
}

void
test_interrupt(struct cpu_info *ci)
{
	atomic_inc_uint(&test.sent[cpu_index(ci)]);
	lapic_ipi(ci->ci_cpuid, INTR_VECTOR(LIR_TEST));
}

void
check_delivered(u_int taken, u_int sent)
{
	CHECK_LE(taken, sent + (sent < 500 ? 1 : 2));
	if (CHECK_GE(taken, sent))
		metric_delivered_twice(taken - sent);
}

void
metric_delivered_twice(uint64_t interrupts)
{
	if (interrupts != 0)
		case_metric(
		    "interrupts the host delivered twice", "", interrupts);
}

void
wait_asleep(const struct lwp *l, const volatile void *wchan)
{
	YIELD_UNTIL(l->l_wchan == wchan);
}

void
spin_randomly(struct rng *r, u_int bound)
{
	for (u_int i = rng_below(r, bound); i > 0; i--)
		CPU_BUSY_CYCLE();
}

bool
interrupts_are_on(void)
{
	uint64_t flags = intr_disable();

	intr_restore(flags);
	return ((flags & 0x200) != 0);
}
