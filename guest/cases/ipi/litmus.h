/* SPDX-License-Identifier: ISC */
/* What the litmus cases share: a store buffer that is full of slow stores. */
#ifndef CASES_LITMUS_H
#define CASES_LITMUS_H

#include "case.h"

/* Cycles of a simple instruction that only an emulator takes. */
#define EMULATED 200

static inline bool
emulated(void)
{
	return (clock_insn_cycles() > EMULATED);
}

/*
 * Stores that go before the one that counts, not so many that what follows
 * has no room in the store buffer, but slow.  Each crosses from a line into
 * one that is not fetched with it, as a neighbour in an aligned pair might
 * be, and another CPU has written both.
 */
#define AHEAD	 48
#define APART	 (4 * CACHE_LINE_SIZE)
#define CROSSING (2 * CACHE_LINE_SIZE - 4)
struct ahead {
	char a_bytes[AHEAD * APART];
} __aligned(2 * CACHE_LINE_SIZE);

typedef u_long unaligned_u_long __aligned(1);

/*
 * In a straight line, for a loop would fill the buffer with its own
 * variables; and all over the place, lest they are fetched ahead.
 */
static inline void
store_ahead(struct ahead *a)
{
#define STORE(i)                                                             \
	*(volatile unaligned_u_long *)(a->a_bytes + (i)*37 % AHEAD * APART + \
				       CROSSING) = 0
#define STORE_4(i)            \
	do {                  \
		STORE(i);     \
		STORE(i + 1); \
		STORE(i + 2); \
		STORE(i + 3); \
	} while (0)
#define STORE_16(i)              \
	do {                     \
		STORE_4(i);      \
		STORE_4(i + 4);  \
		STORE_4(i + 8);  \
		STORE_4(i + 12); \
	} while (0)
	STORE_16(0);
	STORE_16(16);
	STORE_16(32);
	CTASSERT(AHEAD == 48);
#undef STORE_16
#undef STORE_4
#undef STORE
}

/* So that they need no address translation: read other lines beside them. */
static inline void
touch_pages(const struct ahead *a)
{
	for (size_t i = 0; i < sizeof(a->a_bytes); i += APART)
		(void)*(const volatile char *)(a->a_bytes + i);
}

/* Have the lines in our cache and in no other. */
static inline void
take_lines(struct ahead *a)
{
	/* A long time, and no use. */
	if (emulated())
		return;
	for (u_int i = 0; i < AHEAD; i++)
		*(volatile unaligned_u_long *)(a->a_bytes + i * APART +
					       CROSSING) = 1;
}

#endif /* CASES_LITMUS_H */
