/* SPDX-License-Identifier: ISC */
/*
 * Text for a terminal.
 */
#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "base/utf8.h"

void
text_safe(FILE *out, const char *text, size_t len)
{
	const unsigned char *s = (const unsigned char *)text;

	while (len > 0) {
		size_t n = utf8_len(s, len);
		bool control = n == 0 || (*s < ' ' && *s != '\t') ||
			       *s == 0x7f || (*s == 0xc2 && s[1] < 0xa0);

		if (n == 0)
			n = 1;
		for (size_t i = 0; i < n; i++)
			fprintf(out, control ? "\\x%02x" : "%c", s[i]);
		s += n;
		len -= n;
	}
}

void
text_string(FILE *out, const char *text)
{
	text_safe(out, text, strlen(text));
}

void
text_duration(FILE *out, uint64_t us, int width)
{

	if (us < 1000000)
		fprintf(out, "%*.1f ms", width, (double)us / 1000);
	else
		fprintf(out, "%*.2f s", width - 1, (double)us / 1000000);
}
