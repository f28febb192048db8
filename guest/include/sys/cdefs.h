/* SPDX-License-Identifier: ISC */
/* Compiler features under the names BSD kernel sources use. */
#ifndef SYS_CDEFS_H
#define SYS_CDEFS_H

#define __aligned(n)	   __attribute__((__aligned__(n)))
#define __dead		   __attribute__((__noreturn__))
#define __packed	   __attribute__((__packed__))
#define __printflike(f, a) __attribute__((__format__(__printf__, f, a)))
#define __section(s)	   __attribute__((__section__(s)))
#define __unused	   __attribute__((__unused__))
#define __diagused	   __unused
#define __used		   __attribute__((__used__))
#define __noinline	   __attribute__((__noinline__))
#define __weak		   __attribute__((__weak__))
#ifndef __always_inline
#define __always_inline inline __attribute__((__always_inline__))
#endif

#define __predict_true(e)      __builtin_expect((e) != 0, 1)
#define __predict_false(e)     __builtin_expect((e) != 0, 0)

#define __arraycount(a)	       (sizeof(a) / sizeof((a)[0]))
#define __insn_barrier()       __asm volatile("" ::: "memory")

#define CTASSERT(e)	       _Static_assert(e, #e)
#define __CTASSERT(e)	       CTASSERT(e)

/* A function pointer of another type; the caller knows what it does. */
#define __FPTRCAST(t, f)       ((t)(void *)(f))

/* Bits and fields of a word: __BITS(8, 15) is 0xff00. */
#define __BIT(n)	       (1UL << (n))
#define __BITS(lo, hi)	       ((~0UL >> (63 - ((hi) - (lo)))) << (lo))
#define __LOWEST_SET_BIT(mask) ((mask) & -(mask))
#define __SHIFTIN(x, mask)     ((x)*__LOWEST_SET_BIT(mask))
#define __SHIFTOUT(x, mask)    (((x) & (mask)) / __LOWEST_SET_BIT(mask))

/* What version control leaves in a source file. */
#define __KERNEL_RCSID(n, s)   _Static_assert(1, "")
#define __RCSID(s)	       _Static_assert(1, "")

#endif /* SYS_CDEFS_H */
