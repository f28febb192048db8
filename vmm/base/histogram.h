/* SPDX-License-Identifier: ISC */
/*
 * A histogram as <xcvm/abi.h> lays it out: which values a count is for, and
 * what follows from all of them.  Pure.
 */
#ifndef VMM_BASE_HISTOGRAM_H
#define VMM_BASE_HISTOGRAM_H

#include <stdint.h>

/* The index of the count for `value`; below XCVM_HISTOGRAM_COUNTS. */
uint32_t histogram_index(uint64_t value);

/* The greatest value that is counted at `index`. */
uint64_t histogram_highest(uint32_t index);

/*
 * The sum of all counts.  `*first` and `*last` are the first and the last index
 * with a count that is not 0; 0 if there is none.
 */
uint64_t histogram_sum(
    const uint32_t *counts, uint32_t ncounts, uint32_t *first, uint32_t *last);

/*
 * The value that `permille` of all `count` values, but at least one of them, do
 * not exceed, as far as the counts know; never above max, and max if all counts
 * are 0.
 */
uint64_t histogram_quantile(const uint32_t *counts, uint32_t ncounts,
    uint64_t count, uint64_t max, unsigned permille);

#endif /* VMM_BASE_HISTOGRAM_H */
