/* SPDX-License-Identifier: ISC */
/* The integer types and short names every kernel source expects. */
#ifndef SYS_TYPES_H
#define SYS_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/cdefs.h>

typedef unsigned char u_char;
typedef unsigned short u_short;
typedef unsigned int u_int;
typedef unsigned long u_long;
typedef uint8_t u_int8_t;
typedef uint16_t u_int16_t;
typedef uint32_t u_int32_t;
typedef uint64_t u_int64_t;

typedef int pri_t; /* scheduling priority: greater is sooner */
typedef unsigned long vaddr_t;
typedef unsigned long paddr_t;
typedef unsigned long cpuid_t;

/* 64-bit loads and stores are single accesses. */
#define __HAVE_ATOMIC64_LOADSTORE 1

struct cpu_info;
struct lwp;
typedef struct lwp lwp_t;

#endif /* SYS_TYPES_H */
