/* SPDX-License-Identifier: ISC */
/* For the VMM's x2APIC model in a guest: not the kernel's memset(). */
#ifndef MODEL_LIBC_STRING_H
#define MODEL_LIBC_STRING_H

#include <stddef.h>

static inline void *
memset(void *dst, int c, size_t len)
{
	void *d = dst;

	__asm volatile("rep stosb" : "+D"(d), "+c"(len) : "a"(c) : "memory");
	return (dst);
}

#endif /* MODEL_LIBC_STRING_H */
