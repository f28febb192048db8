/* SPDX-License-Identifier: ISC */
/* The string functions the kernel and the compiler ask for. */
#include <sys/systm.h>

void *
memmove(void *dst, const void *src, size_t len)
{
	char *d = dst;
	const char *s = src;

	if (d <= s || d >= s + len)
		return (memcpy(dst, src, len));
	while (len-- > 0)
		d[len] = s[len];
	return (dst);
}

int
memcmp(const void *a, const void *b, size_t len)
{
	const u_char *x = a, *y = b;

	for (size_t i = 0; i < len; i++)
		if (x[i] != y[i])
			return (x[i] - y[i]);
	return (0);
}

size_t
strlen(const char *s)
{
	size_t len = 0;

	while (s[len] != '\0')
		len++;
	return (len);
}

int
strcmp(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b)
		a++, b++;
	return ((u_char)*a - (u_char)*b);
}

size_t
strlcpy(char *dst, const char *src, size_t size)
{
	size_t len = strlen(src);

	if (size > 0) {
		size_t n = MIN(len, size - 1);

		memcpy(dst, src, n);
		dst[n] = '\0';
	}
	return (len);
}
