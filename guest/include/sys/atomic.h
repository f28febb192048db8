/* SPDX-License-Identifier: ISC */
/*
 * atomic_ops(3), atomic_loadstore(9) and membar_ops(3).
 *
 * The read-modify-write operations are full barriers, as LOCK-prefixed
 * instructions are on x86; nothing portable may rely on more than the
 * membar_*() it writes.
 */
#ifndef SYS_ATOMIC_H
#define SYS_ATOMIC_H

#include <sys/types.h>

#define ATOMIC_OPS(suffix, type)                                               \
	static inline type atomic_cas_##suffix(                                \
	    volatile type *p, type expected, type new)                         \
	{                                                                      \
		__atomic_compare_exchange_n(p, &expected, new, false,          \
		    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);                       \
		return (expected);                                             \
	}                                                                      \
	static inline type atomic_swap_##suffix(volatile type *p, type new)    \
	{                                                                      \
		return (__atomic_exchange_n(p, new, __ATOMIC_SEQ_CST));        \
	}                                                                      \
	static inline void atomic_or_##suffix(volatile type *p, type bits)     \
	{                                                                      \
		(void)__atomic_fetch_or(p, bits, __ATOMIC_SEQ_CST);            \
	}                                                                      \
	static inline void atomic_and_##suffix(volatile type *p, type bits)    \
	{                                                                      \
		(void)__atomic_fetch_and(p, bits, __ATOMIC_SEQ_CST);           \
	}                                                                      \
	static inline type atomic_add_##suffix##_nv(                           \
	    volatile type *p, long delta)                                      \
	{                                                                      \
		return (__atomic_add_fetch(p, (type)delta, __ATOMIC_SEQ_CST)); \
	}                                                                      \
	static inline void atomic_add_##suffix(volatile type *p, long delta)   \
	{                                                                      \
		(void)__atomic_add_fetch(p, (type)delta, __ATOMIC_SEQ_CST);    \
	}                                                                      \
	static inline type atomic_inc_##suffix##_nv(volatile type *p)          \
	{                                                                      \
		return (__atomic_add_fetch(p, 1, __ATOMIC_SEQ_CST));           \
	}                                                                      \
	static inline void atomic_inc_##suffix(volatile type *p)               \
	{                                                                      \
		(void)__atomic_add_fetch(p, 1, __ATOMIC_SEQ_CST);              \
	}                                                                      \
	static inline type atomic_dec_##suffix##_nv(volatile type *p)          \
	{                                                                      \
		return (__atomic_sub_fetch(p, 1, __ATOMIC_SEQ_CST));           \
	}                                                                      \
	static inline void atomic_dec_##suffix(volatile type *p)               \
	{                                                                      \
		(void)__atomic_sub_fetch(p, 1, __ATOMIC_SEQ_CST);              \
	}

ATOMIC_OPS(uint, u_int)
ATOMIC_OPS(ulong, u_long)
ATOMIC_OPS(32, uint32_t)
ATOMIC_OPS(64, uint64_t)
#undef ATOMIC_OPS

/* The pointer forms take the address of any pointer; three arguments. */
static inline void *
atomic_cas_ptr(volatile void *p, void *expected, void *new)
{
	__atomic_compare_exchange_n((void *volatile *)(uintptr_t)p, &expected,
	    new, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	return (expected);
}

static inline void *
atomic_swap_ptr(volatile void *p, void *new)
{
	return (__atomic_exchange_n(
	    (void *volatile *)(uintptr_t)p, new, __ATOMIC_SEQ_CST));
}

/* OpenBSD's names. */
#define atomic_inc_int(p)	      atomic_inc_uint(p)
#define atomic_dec_int(p)	      atomic_dec_uint(p)
#define atomic_add_int(p, n)	      atomic_add_uint(p, (long)(n))
#define atomic_sub_int(p, n)	      atomic_add_uint(p, -(long)(n))
#define atomic_inc_int_nv(p)	      atomic_inc_uint_nv(p)
#define atomic_dec_int_nv(p)	      atomic_dec_uint_nv(p)
#define atomic_add_int_nv(p, n)	      atomic_add_uint_nv(p, (long)(n))
#define atomic_sub_int_nv(p, n)	      atomic_add_uint_nv(p, -(long)(n))
#define atomic_setbits_int(p, bits)   atomic_or_uint(p, bits)
#define atomic_clearbits_int(p, bits) atomic_and_uint(p, ~(bits))
#define atomic_load_int(p)	      atomic_load_relaxed(p)
#define atomic_load_long(p)	      atomic_load_relaxed(p)
#define atomic_store_int(p, v)	      atomic_store_relaxed(p, v)
#define atomic_store_long(p, v)	      atomic_store_relaxed(p, v)

#define atomic_load_relaxed(p)	      __atomic_load_n(p, __ATOMIC_RELAXED)
#define atomic_load_consume(p)	      __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define atomic_load_acquire(p)	      __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define atomic_store_relaxed(p, v)    __atomic_store_n(p, v, __ATOMIC_RELAXED)
#define atomic_store_release(p, v)    __atomic_store_n(p, v, __ATOMIC_RELEASE)

/* Single accesses the compiler may neither tear, repeat nor leave out. */
#define READ_ONCE(x)		      (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v)	      (*(volatile __typeof__(x) *)&(x) = (v))

#define membar_acquire()	      __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define membar_release()	      __atomic_thread_fence(__ATOMIC_RELEASE)
#define membar_producer()	      __atomic_thread_fence(__ATOMIC_RELEASE)
#define membar_consumer()	      __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define membar_datadep_consumer()     __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define membar_sync()		      __atomic_thread_fence(__ATOMIC_SEQ_CST)
/* Store before load as well: the BSDs defined these two both ways. */
#define membar_enter()		      __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define membar_exit()		      __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define membar_enter_after_atomic()   __insn_barrier()
#define membar_exit_before_atomic()   __insn_barrier()

#endif /* SYS_ATOMIC_H */
