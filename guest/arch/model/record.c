/* SPDX-License-Identifier: ISC */
/* The schedule of an order: written down, followed, and told. */
#include <machine/intr.h>
#include <kern/md.h>
#include "model.h"

CTASSERT((int)V_RUN == XCVM_CHOICE_RUN);
CTASSERT((int)V_DRAIN == XCVM_CHOICE_DRAIN);
CTASSERT((int)V_INTR == XCVM_CHOICE_INTR);
CTASSERT(MODEL_BUFFER == XCVM_STANDING_STORES);
CTASSERT(MODEL_CHOICES == XCVM_CHOICES_MAX);

static struct xcvm_choice *choices;
static uint64_t nchoices;
static uint64_t next, diverged; /* of boot->schedule */
static struct xcvm_standing standing[MODEL_CPUS];
static bool stands;
static struct xcvm_req req;

void
record_place(struct xcvm_choice *room)
{
	choices = room;
}

void
record_begin(void)
{
	nchoices = 0;
	next = 0;
	stands = false;
}

void
record(enum mkind kind, u_int cpu, u_int n, const void *pc)
{
	struct xcvm_choice *c;

	if (nchoices == MODEL_CHOICES)
		return;
	c = &choices[nchoices++];
	c->step = model.step;
	c->pc = (uint64_t)pc;
	c->cpu = cpu;
	c->kind = (uint16_t)kind;
	c->nth = (uint16_t)n;
}

const struct xcvm_choice *
record_next(void)
{
	return (next < boot->nschedule ? &boot->schedule[next] : NULL);
}

void
record_took(bool fits)
{
	next++;
	if (!fits && diverged == 0)
		diverged = next;
}

uint64_t
record_next_step(void)
{
	if (!model.replays || next >= boot->nschedule)
		return (UINT64_MAX);
	return (boot->schedule[next].step);
}

/* Return addresses along the frame pointers, within one stack. */
static u_int
walk(uint64_t *frames, uint64_t fp)
{
	uint64_t slot = fp / XCVM_STACK_SLOT;
	u_int n = 0;

	while (n < XCVM_STANDING_FRAMES && fp != 0 && fp % 8 == 0 &&
	       fp / XCVM_STACK_SLOT == slot &&
	       fp % XCVM_STACK_SLOT <= XCVM_STACK_SLOT - 16) {
		const uint64_t *frame = (const uint64_t *)fp;

		if (frame[1] == 0)
			break;
		frames[n++] = frame[1];
		if (frame[0] <= fp)
			break;
		fp = frame[0];
	}
	return (n);
}

void
record_stand(uintptr_t frame)
{
	if (stands)
		return;
	stands = true;
	for (u_int i = 0; i < model.ncpu; i++) {
		struct mcpu *c = &model.cpus[i];
		struct xcvm_standing *s = &standing[i];

		s->nframes = s->nstores = 0;
		s->spins = c->c_spins;
		s->state = i == model.cpu	      ? XCVM_STANDING_RUNNING
			   : c->c_state == M_HALTED   ? XCVM_STANDING_HALTED
			   : c->c_state == M_RUNNABLE ? XCVM_STANDING_RUNNABLE
						      : XCVM_STANDING_STOPPED;
		if (i == model.cpu)
			s->nframes = walk(s->frames, frame - 16);
		else if (c->c_sp != 0)
			/* model_switch() pushed %rbp first, of six. */
			s->nframes =
			    walk(s->frames, ((const uint64_t *)c->c_sp)[5]);
		for (uint32_t n = c->c_buffer.b_head; n != c->c_buffer.b_tail;
		     n++) {
			const struct mstore *store =
			    &c->c_buffer.b_store[n % MODEL_BUFFER];

			s->stores[s->nstores].addr = store->s_addr;
			s->stores[s->nstores].size = store->s_size;
			s->stores[s->nstores].reserved = 0;
			s->stores[s->nstores++].value = store->s_value;
		}
	}
}

void
record_tell(uint64_t order)
{
	req.op = XCVM_REQ_SCHEDULE;
	req.status = model.cpu;
	req.u.schedule.choices = choices;
	req.u.schedule.nchoices = nchoices;
	req.u.schedule.cpus = standing;
	req.u.schedule.steps = model.step;
	req.u.schedule.order = order;
	req.u.schedule.diverged = diverged;
	model_port(&req);
}
