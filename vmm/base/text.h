/* SPDX-License-Identifier: ISC */
/*
 * Text for a terminal.
 */
#ifndef VMM_BASE_TEXT_H
#define VMM_BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Text from a guest: control characters cannot reach the terminal. */
void text_safe(FILE *out, const char *text, size_t len);

/* text_safe() of a whole string. */
void text_string(FILE *out, const char *text);

/* "12.3 ms", "4.56 s", right-aligned to `width`. */
void text_duration(FILE *out, uint64_t us, int width);

#endif /* VMM_BASE_TEXT_H */
