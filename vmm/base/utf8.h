/* SPDX-License-Identifier: ISC */
/*
 * Where a well-formed UTF-8 character ends.
 */
#ifndef VMM_BASE_UTF8_H
#define VMM_BASE_UTF8_H

#include <stddef.h>

/*
 * Length of the well-formed character that begins at `s`, of which `left`
 * bytes (at least 1) can be read; 0 if there is none.
 */
size_t utf8_len(const unsigned char *s, size_t left);

#endif /* VMM_BASE_UTF8_H */
