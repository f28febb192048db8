/* SPDX-License-Identifier: ISC */
/*
 * A histogram as <xcvm/abi.h> lays it out.
 */
#include <xcvm/abi.h>

#include "base/histogram.h"

#define SHIFT	XCVM_HISTOGRAM_HALF_SHIFT
#define HALF	(1U << SHIFT)
#define SMALLER (2 * HALF) /* values that have a count each */

uint32_t
histogram_index(uint64_t value)
{
	unsigned length = 64 - (unsigned)__builtin_clzll(value | 1);
	unsigned b = length > SHIFT + 1 ? length - (SHIFT + 1) : 0;

	return ((b << SHIFT) + (uint32_t)(value >> b));
}

uint64_t
histogram_highest(uint32_t index)
{
	unsigned b = index < SMALLER ? 0 : (index >> SHIFT) - 1;

	return (((uint64_t)(index - (b << SHIFT)) << b) + ((1ULL << b) - 1));
}

uint64_t
histogram_sum(
    const uint32_t *counts, uint32_t ncounts, uint32_t *first, uint32_t *last)
{
	uint64_t sum = 0;

	*first = *last = 0;
	for (uint32_t i = 0; i < ncounts; i++) {
		if (counts[i] == 0)
			continue;
		if (sum == 0)
			*first = i;
		*last = i;
		sum += counts[i];
	}
	return (sum);
}

uint64_t
histogram_quantile(const uint32_t *counts, uint32_t ncounts, uint64_t count,
    uint64_t max, unsigned permille)
{
	uint64_t want = (count * permille + 999) / 1000, seen = 0;

	if (want == 0)
		want = 1;
	for (uint32_t i = 0; i < ncounts; i++) {
		seen += counts[i];
		if (seen >= want) {
			uint64_t value = histogram_highest(i);

			return (value < max ? value : max);
		}
	}
	return (max);
}
