/* SPDX-License-Identifier: ISC */
/* printf(9) and its relatives. */
#include <sys/systm.h>
#include <machine/hypercall.h>

struct sink {
	char *buf;
	size_t size, len; /* len counts what did not fit as well */
};

static void
put(struct sink *s, char c)
{
	if (s->len + 1 < s->size)
		s->buf[s->len] = c;
	s->len++;
}

struct spec {
	bool left, zero, alternate, is_signed;
	u_int width, base;
	int precision; /* -1: none */
};

static void
put_padded(struct sink *s, const struct spec *sp, const char *text, size_t len)
{
	size_t pad = sp->width > len ? sp->width - len : 0;

	for (; pad > 0 && !sp->left; pad--)
		put(s, ' ');
	for (size_t i = 0; i < len; i++)
		put(s, text[i]);
	for (; pad > 0; pad--)
		put(s, ' ');
}

static void
put_number(struct sink *s, const struct spec *sp, uint64_t value)
{
	char text[72];
	char *p = text + sizeof(text);
	bool negative = sp->is_signed && (int64_t)value < 0;
	u_int digits = sp->precision >= 0 ? (u_int)sp->precision : 1;
	u_int sign = negative + (sp->alternate ? 2 : 0);

	if (negative)
		value = -value;
	if (sp->zero && !sp->left && sp->precision < 0 && sp->width > sign)
		digits = sp->width - sign;
	digits = MIN(digits, 64);
	for (u_int n = 0; value != 0 || n < digits; n++) {
		*--p = "0123456789abcdef"[value % sp->base];
		value /= sp->base;
	}
	if (sp->alternate) {
		*--p = 'x';
		*--p = '0';
	}
	if (negative)
		*--p = '-';
	put_padded(s, sp, p, (size_t)(text + sizeof(text) - p));
}

static void
put_string(struct sink *s, const struct spec *sp, const char *text)
{
	size_t len = 0;

	if (text == NULL)
		text = "(null)";
	while (text[len] != '\0' &&
	       (sp->precision < 0 || len < (size_t)sp->precision))
		len++;
	put_padded(s, sp, text, len);
}

static const char *
get_decimal(const char *fmt, u_int *value)
{
	for (*value = 0; *fmt >= '0' && *fmt <= '9'; fmt++)
		*value = *value * 10 + (u_int)(*fmt - '0');
	return (fmt);
}

/* Flags, width and precision, up to the length modifier. */
static const char *
get_spec(const char *fmt, struct spec *sp)
{
	u_int precision;

	*sp = (struct spec){.base = 10, .precision = -1};
	for (;; fmt++) {
		if (*fmt == '-')
			sp->left = true;
		else if (*fmt == '0')
			sp->zero = true;
		else if (*fmt == '#')
			sp->alternate = true;
		else
			break;
	}
	fmt = get_decimal(fmt, &sp->width);
	if (*fmt == '.') {
		fmt = get_decimal(fmt + 1, &precision);
		sp->precision = (int)precision;
	}
	return (fmt);
}

int
vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	struct sink s = {.buf = buf, .size = size};
	struct spec sp;
	bool is_long;
	char c;

	while ((c = *fmt++) != '\0') {
		if (c != '%') {
			put(&s, c);
			continue;
		}
		fmt = get_spec(fmt, &sp);
		for (is_long = false; *fmt == 'l' || *fmt == 'z' || *fmt == 'j';
		     fmt++)
			is_long = true;
		switch (c = *fmt++) {
		case 'd':
		case 'i':
			sp.is_signed = true;
			sp.alternate = false;
			put_number(&s, &sp,
			    is_long ? (uint64_t)va_arg(ap, long)
				    : (uint64_t)va_arg(ap, int));
			break;
		case 'p':
			sp.alternate = is_long = true;
			/* FALLTHROUGH */
		case 'x':
			sp.base = 16;
			/* FALLTHROUGH */
		case 'u':
			if (sp.base == 10)
				sp.alternate = false;
			put_number(&s, &sp,
			    is_long ? va_arg(ap, u_long) : va_arg(ap, u_int));
			break;
		case 's':
			put_string(&s, &sp, va_arg(ap, const char *));
			break;
		case 'c':
			put(&s, (char)va_arg(ap, int));
			break;
		case '%':
			put(&s, '%');
			break;
		default:
			/* Its argument is unknown: what follows would be wrong. */
			panic("printf: conversion %%%c is not supported", c);
		}
	}
	if (size > 0)
		buf[MIN(s.len, size - 1)] = '\0';
	return ((int)s.len);
}

int
snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return (len);
}

int
vprintf(const char *fmt, va_list ap)
{
	char buf[XCVM_STRING_MAX];
	int len = vsnprintf(buf, sizeof(buf), fmt, ap);

	hypercall_console(buf, MIN((size_t)len, sizeof(buf) - 1));
	return (len);
}

int
printf(const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vprintf(fmt, ap);
	va_end(ap);
	return (len);
}
