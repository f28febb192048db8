/* SPDX-License-Identifier: ISC */
/*
 * Plain and volatile accesses: what compilers call before each of them when
 * told to instrument for a thread sanitizer.
 */
#include "model.h"
#include "point.h"

void
model_touch(uintptr_t addr, u_int size, bool write)
{
	struct model *m = &model;
	uintptr_t last = (addr + size - 1) / MODEL_GRANULE;

	for (uintptr_t g = addr / MODEL_GRANULE; g <= last; g++) {
		uint8_t was = m->shadow[g], now = was;

		if ((was & SHADOW_OWNER) == 0)
			now |= (uint8_t)(m->cpu + 1);
		else if ((was & SHADOW_OWNER) != m->cpu + 1)
			now |= SHADOW_MANY;
		if (write)
			now |= SHADOW_WRITTEN;
		if ((now & SHADOW_SHARED) == SHADOW_SHARED &&
		    (was & SHADOW_SHARED) != SHADOW_SHARED)
			explore_shared();
		m->shadow[g] = now;
	}
}

void
model_point(uintptr_t addr, const void *pc, uintptr_t frame)
{
	point_access(addr, 1, false, pc, frame);
}

#define ACCESS(size, write) \
	point_access((uintptr_t)p, size, write, PC(), FRAME())

#define POINT(name, size, write)           \
	void name(const volatile void *p); \
	void name(const volatile void *p)  \
	{                                  \
		ACCESS(size, write);       \
	}

#define POINTS(size)                                                    \
	POINT(__tsan_read##size, size, false)                           \
	POINT(__tsan_write##size, size, true)                           \
	POINT(__tsan_volatile_read##size, size, false)                  \
	POINT(__tsan_volatile_write##size, size, true)                  \
	POINT(__tsan_unaligned_read##size, size, false)                 \
	POINT(__tsan_unaligned_write##size, size, true)                 \
	POINT(__tsan_unaligned_volatile_read##size, size, false)        \
	POINT(__tsan_unaligned_volatile_write##size, size, true)        \
	void __tsan_read_write##size(const volatile void *p);           \
	void __tsan_read_write##size(const volatile void *p)            \
	{                                                               \
		ACCESS(size, false);                                    \
		ACCESS(size, true);                                     \
	}                                                               \
	void __tsan_unaligned_read_write##size(const volatile void *p); \
	void __tsan_unaligned_read_write##size(const volatile void *p)  \
	{                                                               \
		ACCESS(size, false);                                    \
		ACCESS(size, true);                                     \
	}

POINTS(1)
POINTS(2)
POINTS(4)
POINTS(8)

/* Wider ones are several. */
static void
range(uintptr_t addr, size_t size, bool write, const void *pc, uintptr_t frame)
{
	while (size > 0) {
		u_int part = 8;

		while (part > 1 && (addr % part != 0 || part > size))
			part /= 2;
		point_access(addr, part, write, pc, frame);
		addr += part;
		size -= part;
	}
}

#define RANGE(name, write)                                     \
	void name##16(const volatile void *p);                 \
	void name##16(const volatile void *p)                  \
	{                                                      \
		range((uintptr_t)p, 16, write, PC(), FRAME()); \
	}

RANGE(__tsan_read, false)
RANGE(__tsan_write, true)
RANGE(__tsan_volatile_read, false)
RANGE(__tsan_volatile_write, true)
RANGE(__tsan_unaligned_read, false)
RANGE(__tsan_unaligned_write, true)

void __tsan_read_range(const volatile void *, size_t);
void __tsan_write_range(const volatile void *, size_t);

void
__tsan_read_range(const volatile void *p, size_t size)
{
	range((uintptr_t)p, size, false, PC(), FRAME());
}

void
__tsan_write_range(const volatile void *p, size_t size)
{
	range((uintptr_t)p, size, true, PC(), FRAME());
}

void __tsan_init(void);

void
__tsan_init(void)
{
}
