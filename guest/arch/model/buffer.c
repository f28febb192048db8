/* SPDX-License-Identifier: ISC */
/*
 * Store buffers.  The CPU that runs has its stores in memory, where it sees
 * them itself; when another one runs, they are taken out, and put back after.
 */
#include "model.h"

static inline uint64_t
load(uintptr_t addr, u_int size)
{
	switch (size) {
	case 1:
		return (*(volatile uint8_t *)addr);
	case 2:
		return (*(volatile uint16_t *)addr);
	case 4:
		return (*(volatile uint32_t *)addr);
	default:
		return (*(volatile uint64_t *)addr);
	}
}

static inline void
store(uintptr_t addr, u_int size, uint64_t value)
{
	switch (size) {
	case 1:
		*(volatile uint8_t *)addr = (uint8_t)value;
		break;
	case 2:
		*(volatile uint16_t *)addr = (uint16_t)value;
		break;
	case 4:
		*(volatile uint32_t *)addr = (uint32_t)value;
		break;
	default:
		*(volatile uint64_t *)addr = value;
		break;
	}
}

static inline struct mstore *
at(struct mbuffer *b, uint32_t n)
{
	return (&b->b_store[n % MODEL_BUFFER]);
}

static bool
overlaps(const struct mstore *s, uintptr_t addr, u_int size)
{
	return (s->s_addr < addr + size && addr < s->s_addr + s->s_size);
}

void
buffer_push(struct mcpu *c, uintptr_t addr, u_int size)
{
	struct mbuffer *b = &c->c_buffer;
	struct mstore *s;

	/* Full: the oldest leaves, and it is in memory already. */
	if (b->b_tail - b->b_head == MODEL_BUFFER)
		b->b_head++;
	s = at(b, b->b_tail++);
	s->s_addr = addr;
	s->s_size = size;
	s->s_old = load(addr, size);
	s->s_epoch = b->b_epoch;
}

void
buffer_empty(struct mcpu *c)
{
	c->c_buffer.b_head = c->c_buffer.b_tail;
}

/* Take the nth from the head out. */
static void
forget(struct mbuffer *b, uint32_t n)
{
	for (; n > 0; n--)
		*at(b, b->b_head + n) = *at(b, b->b_head + n - 1);
	b->b_head++;
}

void
buffer_flush(struct mcpu *c, uintptr_t addr, u_int size)
{
	struct mbuffer *b = &c->c_buffer;

	for (uint32_t n = 0; n < b->b_tail - b->b_head;) {
		if (!overlaps(at(b, b->b_head + n), addr, size))
			n++;
		else
			forget(b, n);
	}
}

void
buffer_release(struct mcpu *c)
{
	c->c_buffer.b_epoch++;
}

/* May the nth leave: under tso, is it the first? */
static bool
may_leave(struct mbuffer *b, uint32_t n)
{
	const struct mstore *s = at(b, b->b_head + n);

	if (n == 0)
		return (true);
	if (model.memory < MEMORY_WEAK ||
	    s->s_epoch != at(b, b->b_head)->s_epoch)
		return (false);
	for (uint32_t i = 0; i < n; i++)
		if (overlaps(at(b, b->b_head + i), s->s_addr, s->s_size))
			return (false);
	return (true);
}

u_int
buffer_may_leave(const struct mcpu *c)
{
	struct mbuffer *b = (struct mbuffer *)(uintptr_t)&c->c_buffer;
	u_int count = 0;

	if (model.memory < MEMORY_WEAK)
		return (b->b_head != b->b_tail);
	for (uint32_t n = 0; n < b->b_tail - b->b_head; n++)
		count += may_leave(b, n);
	return (count);
}

/* Has the CPU a store of its own there? */
static bool
has_own(struct mcpu *c, const struct mstore *s)
{
	for (uint32_t i = c->c_buffer.b_head; i != c->c_buffer.b_tail; i++)
		if (overlaps(at(&c->c_buffer, i), s->s_addr, s->s_size))
			return (true);
	return (false);
}

void
buffer_drain(struct mcpu *c, u_int nth, uintptr_t frame)
{
	struct mbuffer *b = &c->c_buffer;
	uint32_t n = 0;
	struct mstore *s;
	bool own;

	while (nth > 0 && n + 1 < b->b_tail - b->b_head)
		if (may_leave(b, ++n))
			nth--;
	s = at(b, b->b_head + n);
	if (c != model.me) {
		/* Below what the CPU that runs has stored there itself. */
		own = has_own(model.me, s);
		if (own)
			buffer_undo(model.me, frame);
		store(s->s_addr, s->s_size, s->s_value);
		if (own)
			buffer_redo(model.me);
	}
	forget(b, n);
}

void
buffer_undo(struct mcpu *c, uintptr_t frame)
{
	struct mbuffer *b = &c->c_buffer;
	uintptr_t slot = frame & ~(uintptr_t)(XCVM_STACK_SLOT - 1);

	/* What is dead of the stack is used by who comes here. */
	for (uint32_t n = 0; n < b->b_tail - b->b_head;) {
		uintptr_t a = at(b, b->b_head + n)->s_addr;

		if (a >= slot && a < frame)
			forget(b, n);
		else
			n++;
	}
	for (uint32_t i = b->b_tail; i != b->b_head; i--) {
		struct mstore *s = at(b, i - 1);

		s->s_value = load(s->s_addr, s->s_size);
		store(s->s_addr, s->s_size, s->s_old);
	}
}

void
buffer_redo(struct mcpu *c)
{
	struct mbuffer *b = &c->c_buffer;

	for (uint32_t i = b->b_head; i != b->b_tail; i++) {
		struct mstore *s = at(b, i);

		s->s_old = load(s->s_addr, s->s_size);
		store(s->s_addr, s->s_size, s->s_value);
	}
}
