/* SPDX-License-Identifier: ISC */
/* memcpy() and memset(), one instruction each. */
#include <sys/systm.h>

void *
memcpy(void *dst, const void *src, size_t len)
{
	void *d = dst;

	__asm volatile("rep movsb"
		       : "+D"(d), "+S"(src), "+c"(len)
		       :
		       : "memory");
	return (dst);
}

void *
memset(void *dst, int c, size_t len)
{
	void *d = dst;

	__asm volatile("rep stosb" : "+D"(d), "+c"(len) : "a"(c) : "memory");
	return (dst);
}
