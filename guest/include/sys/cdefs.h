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

#define __predict_true(e)  __builtin_expect((e) != 0, 1)
#define __predict_false(e) __builtin_expect((e) != 0, 0)

#define __arraycount(a)	   (sizeof(a) / sizeof((a)[0]))
#define __insn_barrier()   __asm volatile("" ::: "memory")

#define CTASSERT(e)	   _Static_assert(e, #e)

#endif /* SYS_CDEFS_H */
