/* SPDX-License-Identifier: ISC */
/*
 * Arrays that grow.
 */
#include <stdlib.h>

#include "base/array.h"

void *
array_grow(void *array, size_t count, size_t size)
{
	/*
	 * The array has room for a power of two, and is full when `count` is a
	 * power of two.
	 */
	if ((count & (count - 1)) != 0)
		return (array);
	return (reallocarray(array, count == 0 ? 1 : 2 * count, size));
}
