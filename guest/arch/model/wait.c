/* SPDX-License-Identifier: ISC */
/* Time, and CPUs that wait: by a loop, by HLT, for good. */
#include <machine/cpufunc.h>
#include <machine/intr.h>
#include <kern/md.h>
#include "model.h"

#define SPIN_GAP     300   /* own steps between pauses of a CPU that waits */
#define SPIN_WAITS   3	   /* so many pauses in a row: it waits */
#define SPIN_HANGS   20000 /* all do, for so long: a millisecond each */
#define OUTSIDE_TICK 1000  /* clock reads of an exception: steps each */

uint64_t
cpu_counter(void)
{
	if (model.outside > 0)
		model.step += OUTSIDE_TICK;
	return (model_time());
}

/* Does everybody who could run wait in a loop?  How long, at least? */
static uint32_t
all_spin(void)
{
	uint32_t least = UINT32_MAX;

	for (u_int i = 0; i < model.ncpu; i++) {
		const struct mcpu *c = &model.cpus[i];

		if (buffer_holds(c) || (c->c_ready && c->c_state != M_STOPPED))
			return (0);
		if (c->c_state == M_RUNNABLE)
			least = MIN(least, c->c_spins);
	}
	return (least);
}

void
model_pause(void)
{
	struct mcpu *c = model.me;
	uint64_t own;
	uint32_t spins;

	if (model.outside > 0)
		return;
	model.step++;
	own = c->c_ran + model.step - model.since;
	c->c_spins = own - c->c_pause < SPIN_GAP ? c->c_spins + 1 : 1;
	c->c_pause = own;
	spins = all_spin();
	if (spins >= SPIN_WAITS) {
		model.time += model.tick * 1000;
		model.alarm = model.step;
	}
	if (spins > SPIN_HANGS)
		explore_hang("every CPU that does not halt spins", FRAME());
	strategy_last();
	model_choose(true, PC(), FRAME());
}

void
cpu_idle_wait(const volatile bool *stop)
{
	struct mcpu *c = model.me;

	(void)intr_disable();
	model.step++;
	if (!model.off)
		model_point((uintptr_t)stop, PC(), FRAME());
	if (!*stop) {
		model.step++;
		c->c_if = true;
		c->c_state = M_HALTED;
		c->c_spins = 0;
		model_irq(c);
		model_choose(false, PC(), FRAME());
	}
	intr_enable();
}

void
cpu_halt_forever(void)
{
	model.me->c_state = M_STOPPED;
	model.me->c_if = false;
	for (;;) {
		model.step++;
		model_choose(false, PC(), FRAME());
	}
}
