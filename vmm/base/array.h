/* SPDX-License-Identifier: ISC */
/*
 * Arrays that grow by one element at a time.
 */
#ifndef VMM_BASE_ARRAY_H
#define VMM_BASE_ARRAY_H

#include <stddef.h>

/*
 * Make room for one more element in an array of `count` elements of `size`
 * bytes that has grown by this function alone, or is NULL.  Returns the array,
 * which may have moved; NULL when memory runs out, and `array` is as it was.
 */
void *array_grow(void *array, size_t count, size_t size);

#endif /* VMM_BASE_ARRAY_H */
