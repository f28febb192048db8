/* SPDX-License-Identifier: ISC */
/*
 * Arrays that grow by one element at a time.
 */
#ifndef VMM_BASE_ARRAY_H
#define VMM_BASE_ARRAY_H

#include <stddef.h>

/*
 * An array that has so far grown by this function alone has `count` elements
 * of `size` bytes, and is to have one more: the array, elsewhere perhaps, with
 * room for it.  NULL when memory runs out; `array` stays as it is then.
 */
void *array_grow(void *array, size_t count, size_t size);

#endif /* VMM_BASE_ARRAY_H */
