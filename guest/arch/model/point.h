/* SPDX-License-Identifier: ISC */
/* One access, of those that point.c and atomic.c are called for. */
#ifndef MODEL_POINT_H
#define MODEL_POINT_H

#include "model.h"

/* A granule's shadow: who touched it first, plus 1; and since. */
#define SHADOW_OWNER   0x3f
#define SHADOW_MANY    0x40 /* others did, too */
#define SHADOW_WRITTEN 0x80
#define SHADOW_SHARED  (SHADOW_MANY | SHADOW_WRITTEN)

/* Note in the shadow that the CPU that runs touches that. */
void model_touch(uintptr_t, u_int size, bool write);

/* Points pass, and something is due: timers, fairness, a replayed choice. */
void model_alarm(const void *pc, uintptr_t frame);

/* No point: before orders begin, the others get their turn now and then. */
void model_quiet(const void *pc, uintptr_t frame);

/*
 * A point, and whoever else is to run there runs.  False: memory that is not
 * watched, or none at all.
 */
static inline bool
point_pass(
    uintptr_t addr, u_int size, bool write, const void *pc, uintptr_t frame)
{
	struct model *m = &model;
	uint8_t shadow, mine;
	bool choice;

	if (m->off || addr - 0x1000 >= m->limit - 0x1000) {
		model_quiet(pc, frame);
		return (false);
	}
	m->step++;
	mine = (uint8_t)(m->cpu + 1) | SHADOW_WRITTEN;
	shadow = m->shadow[addr / MODEL_GRANULE];
	if (shadow != mine ||
	    addr / MODEL_GRANULE != (addr + size - 1) / MODEL_GRANULE) {
		model_touch(addr, size, write);
		shadow = m->shadow[addr / MODEL_GRANULE];
	}
	if (m->step >= m->alarm)
		model_alarm(pc, frame);
	/*
	 * Before what is shared, and after it: an interrupt that another CPU
	 * sends once it has seen this access may come in what is private.
	 */
	choice = m->me->c_after || m->ready;
	m->me->c_after = (shadow & SHADOW_SHARED) == SHADOW_SHARED;
	if (m->replays)
		while (record_next_step() <= m->step)
			model_choose(true, pc, frame);
	else if (choice || m->me->c_after)
		model_choose(true, pc, frame);
	return (true);
}

static inline void
point_save(uintptr_t addr)
{
	if (model.cow && model.stamp[addr / MODEL_LINE] != model.order)
		explore_save(addr);
}

static inline void
point_access(
    uintptr_t addr, u_int size, bool write, const void *pc, uintptr_t frame)
{
	if (!point_pass(addr, size, write, pc, frame) || !write)
		return;
	point_save(addr);
	if (addr / MODEL_LINE != (addr + size - 1) / MODEL_LINE)
		point_save(addr + size - 1);
	if (model.memory != MEMORY_SC)
		buffer_push(model.me, addr, size);
}

#endif /* MODEL_POINT_H */
