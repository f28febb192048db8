/* SPDX-License-Identifier: ISC */
/*
 * memcpy() and memset() in accesses that the model machine sees: this file is
 * instrumented, alone of its folder.
 */
#include <sys/systm.h>

void *
memcpy(void *dst, const void *src, size_t len)
{
	char *d = dst;
	const char *s = src;

	for (; len >= 8 && ((uintptr_t)d | (uintptr_t)s) % 8 == 0; len -= 8) {
		*(volatile uint64_t *)d = *(const volatile uint64_t *)s;
		d += 8;
		s += 8;
	}
	while (len-- > 0)
		*(volatile char *)d++ = *(const volatile char *)s++;
	return (dst);
}

void *
memset(void *dst, int c, size_t len)
{
	const uint64_t word = (u_char)c * 0x0101010101010101ULL;
	char *d = dst;

	for (; len >= 8 && (uintptr_t)d % 8 == 0; len -= 8, d += 8)
		*(volatile uint64_t *)d = word;
	while (len-- > 0)
		*(volatile char *)d++ = (char)c;
	return (dst);
}
