/* SPDX-License-Identifier: ISC */
/*
 * What is hardware elsewhere: interrupt flag, local APICs, timers, the start of
 * CPUs.  The APICs are the VMM's own model of the x2APIC.
 */
#include <sys/systm.h>
#include <machine/cpufunc.h>
#include <machine/intr.h>
#include <machine/lapic.h>
#include <kern/kern.h>
#include <kern/md.h>
#include <machine/vector.h>
#include "model.h"

#define FLAG_IF 0x200

/* Somebody to panic as, before there are CPUs. */
static struct cpu_info early;

struct model model = {.off = true, .me = &model.cpus[0]};
struct cpu_info *model_self = &early;

void model_first(void);

void
machine_init(u_int n, uint64_t tsc_khz)
{
	struct model *m = &model;

	m->ncpu = n;
	m->tick = MAX(tsc_khz / 1000, 1);
	m->time = tsc_khz * 1000;
	m->alarm = UINT64_MAX;
	m->limit_steps = m->fair_from = UINT64_MAX;
	for (u_int i = 0; i < n; i++) {
		struct mcpu *c = &m->cpus[i];

		c->c_info = cpu_lookup(i);
		x2apic_reset(&c->c_apic, c->c_info->ci_cpuid, i == 0);
	}
	m->me = &m->cpus[0];
	m->me->c_state = M_RUNNABLE;
	model_self = m->me->c_info;
}

void
model_cpu_start(void)
{
	struct cpu_info *ci = curcpu();

	ci->ci_ilevel = IPL_HIGH;
	lapic_init();
	if (ci->ci_index == 0) {
		lapic_icr_fence = boot_param("icr_fence", 1) != 0;
		kern_main(boot);
	}
	kern_cpu_main();
}

/* Let the others begin, as soon as it is their turn. */
void
machine_start_cpus(u_int first, u_int count)
{
	for (u_int i = first; i < first + count; i++) {
		struct mcpu *c = &model.cpus[i];
		uint64_t *sp = (uint64_t *)(stack_of_cpu(c->c_info, 0) - 8);

		*--sp = (uint64_t)model_first;
		for (u_int r = 0; r < 6; r++)
			*--sp = 0;
		c->c_sp = (uint64_t)sp;
		c->c_state = M_RUNNABLE;
	}
}

/* --- interrupts --- */

void
model_irq(struct mcpu *c)
{
	c->c_ready =
	    c->c_nmi || (c->c_if && x2apic_deliverable(&c->c_apic) != -1);
	if (c == model.me)
		model.ready = c->c_ready;
}

void
model_deliver(void)
{
	struct mcpu *c = model.me;
	struct intrframe frame = {.if_rip = 0};
	bool flag = c->c_if;
	int vector;

	c->c_spins = 0;
	c->c_state = M_RUNNABLE;
	c->c_if = false;
	if (c->c_nmi) {
		c->c_nmi = false;
		model_irq(c);
		intr_nmi();
	} else {
		vector = x2apic_deliverable(&c->c_apic);
		if (vector != -1) {
			x2apic_take(&c->c_apic, vector);
			model_irq(c);
			frame.if_vector = (uint64_t)vector;
			intr(&frame);
		}
	}
	/* IRET. */
	buffer_empty(c);
	c->c_if = flag;
	model_irq(c);
}

uint64_t
intr_disable(void)
{
	struct mcpu *c = model.me;
	uint64_t flags = c->c_if ? FLAG_IF : 0;

	c->c_if = false;
	model_irq(c);
	return (flags);
}

void
intr_off(void)
{
	(void)intr_disable();
}

void
intr_enable(void)
{
	model.me->c_if = true;
	model_irq(model.me);
	if (model.ready) {
		model.step++;
		model_choose(true, PC(), FRAME());
	}
}

void
intr_restore(uint64_t flags)
{
	if (flags & FLAG_IF) {
		model.me->c_if = true;
		model_irq(model.me);
		if (model.ready) {
			model.step++;
			model_choose(true, PC(), FRAME());
		}
	}
}

/* --- the local APICs --- */

static void
accept(struct mcpu *c, const struct x2apic_ipi *ipi)
{
	if (ipi->mode == X2APIC_NMI)
		c->c_nmi = true;
	else
		(void)x2apic_accept(&c->c_apic, ipi->vector, false);
	model_irq(c);
}

static void
send(const struct x2apic_ipi *ipi)
{
	uint32_t self = model.me->c_apic.id, best = X2APIC_NO_BID;
	struct mcpu *chosen = NULL;

	for (u_int i = 0; i < model.ncpu; i++) {
		struct mcpu *c = &model.cpus[i];

		if (!x2apic_reaches(ipi, self, c->c_apic.id))
			continue;
		if (ipi->mode != X2APIC_LOWEST)
			accept(c, ipi);
		else if (x2apic_bid(&c->c_apic) < best) {
			best = x2apic_bid(&c->c_apic);
			chosen = c;
		}
	}
	if (chosen != NULL)
		accept(chosen, ipi);
}

void
wrmsr(uint32_t msr, uint64_t value)
{
	struct mcpu *c = model.me;
	struct x2apic_effect effect;

	effect.sent = false;
	effect.refused = NULL;
	if (!x2apic_owns(msr) ||
	    !x2apic_write(&c->c_apic, msr, value, model_time(), &effect))
		panic("general protection fault: WRMSR %#x", msr);
	if (effect.refused != NULL)
		panic("WRMSR %#x: %s", msr, effect.refused);
	if (effect.sent)
		send(&effect.ipi);
	model_irq(c);
	model.alarm = model.step; /* the timer may be another now */
	if (effect.sent && !model.off) {
		model.step++;
		model_choose(true, PC(), FRAME());
	}
}

uint64_t
lapic_icr_clocked(uint64_t command)
{
	uint64_t now = model_time();

	lapic_icr_write(command);
	return (now);
}

uint64_t
rdmsr(uint32_t msr)
{
	uint64_t value;

	if (!x2apic_owns(msr) ||
	    !x2apic_read(&model.me->c_apic, msr, model_time(), &value))
		panic("general protection fault: RDMSR %#x", msr);
	return (value);
}

uint64_t
model_timers(void)
{
	uint64_t next = X2APIC_NEVER;

	for (u_int i = 0; i < model.ncpu; i++) {
		struct mcpu *c = &model.cpus[i];

		if (x2apic_due(&c->c_apic) <= model_time()) {
			x2apic_advance(&c->c_apic, model_time());
			model_irq(c);
		}
		next = MIN(next, x2apic_due(&c->c_apic));
	}
	return (next);
}

void
icr_fence(void)
{
	if (model.off)
		return;
	model.step++;
	buffer_empty(model.me);
}
