/* SPDX-License-Identifier: ISC */
/*
 * Atomic operations and fences.
 *
 * A full fence empties the store buffer, and so does a read-modify-write, which
 * <sys/atomic.h> promises to be one.  Under weak_rmw it orders nothing but its
 * own memory, which is all that portable code may count on (membar_ops(3)).
 * Under both weak models a release is a point that no older store passes.
 */
#include "model.h"
#include "point.h"

#define RELEASES(order)                                                \
	((order) == __ATOMIC_RELEASE || (order) == __ATOMIC_ACQ_REL || \
	    (order) == __ATOMIC_SEQ_CST)

/* A read-modify-write is about to be done in memory. */
static void
locked(uintptr_t addr, u_int size, const void *pc, uintptr_t frame)
{
	if (!point_pass(addr, size, true, pc, frame))
		return;
	point_save(addr);
	if (model.memory == MEMORY_WEAK_RMW)
		buffer_flush(model.me, addr, size);
	else
		buffer_empty(model.me);
}

#define RMW(bits, type, name, expression)                        \
	type __tsan_atomic##bits##_##name(                       \
	    volatile type *p, type v, int order);                \
	type __tsan_atomic##bits##_##name(                       \
	    volatile type *p, type v, int order __unused)        \
	{                                                        \
		type old;                                        \
                                                                 \
		locked((uintptr_t)p, sizeof(*p), PC(), FRAME()); \
		old = *p;                                        \
		*p = (type)(expression);                         \
		return (old);                                    \
	}

#define CAS(bits, type, name)                                               \
	int __tsan_atomic##bits##_compare_exchange_##name(                  \
	    volatile type *p, type *expected, type v, int yes, int no);     \
	int __tsan_atomic##bits##_compare_exchange_##name(volatile type *p, \
	    type *expected, type v, int yes __unused, int no __unused)      \
	{                                                                   \
		type old;                                                   \
                                                                            \
		locked((uintptr_t)p, sizeof(*p), PC(), FRAME());            \
		old = *p;                                                   \
		if (old == *expected) {                                     \
			*p = v;                                             \
			return (1);                                         \
		}                                                           \
		*expected = old;                                            \
		return (0);                                                 \
	}

#define ATOMIC(bits, type)                                                     \
	type __tsan_atomic##bits##_load(const volatile type *p, int order);    \
	type __tsan_atomic##bits##_load(                                       \
	    const volatile type *p, int order __unused)                        \
	{                                                                      \
		point_access((uintptr_t)p, sizeof(*p), false, PC(), FRAME());  \
		return (*p);                                                   \
	}                                                                      \
	void __tsan_atomic##bits##_store(volatile type *p, type v, int order); \
	void __tsan_atomic##bits##_store(volatile type *p, type v, int order)  \
	{                                                                      \
		if (RELEASES(order))                                           \
			buffer_release(model.me);                              \
		point_access((uintptr_t)p, sizeof(*p), true, PC(), FRAME());   \
		*p = v;                                                        \
		if (order == __ATOMIC_SEQ_CST)                                 \
			buffer_empty(model.me);                                \
	}                                                                      \
	RMW(bits, type, exchange, v)                                           \
	RMW(bits, type, fetch_add, old + v)                                    \
	RMW(bits, type, fetch_sub, old - v)                                    \
	RMW(bits, type, fetch_and, old &v)                                     \
	RMW(bits, type, fetch_or, old | v)                                     \
	RMW(bits, type, fetch_xor, old ^ v)                                    \
	RMW(bits, type, fetch_nand, ~(old & v))                                \
	CAS(bits, type, strong)                                                \
	CAS(bits, type, weak)                                                  \
	type __tsan_atomic##bits##_compare_exchange_val(                       \
	    volatile type *p, type expected, type v, int yes, int no);         \
	type __tsan_atomic##bits##_compare_exchange_val(volatile type *p,      \
	    type expected, type v, int yes __unused, int no __unused)          \
	{                                                                      \
		type old;                                                      \
                                                                               \
		locked((uintptr_t)p, sizeof(*p), PC(), FRAME());               \
		old = *p;                                                      \
		if (old == expected)                                           \
			*p = v;                                                \
		return (old);                                                  \
	}

ATOMIC(8, uint8_t)
ATOMIC(16, uint16_t)
ATOMIC(32, uint32_t)
ATOMIC(64, uint64_t)

void __tsan_atomic_thread_fence(int);
void __tsan_atomic_signal_fence(int);

void
__tsan_atomic_thread_fence(int order)
{
	if (model.off)
		return;
	if (order == __ATOMIC_SEQ_CST)
		buffer_empty(model.me);
	else if (RELEASES(order))
		buffer_release(model.me);
}

void
__tsan_atomic_signal_fence(int order __unused)
{
}
