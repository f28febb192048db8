/* SPDX-License-Identifier: ISC */
/*
 * A histogram as <xcvm/abi.h> lays it out: which values a count is for, and
 * what follows from all of them.  Pure.
 */
#ifndef VMM_BASE_HISTOGRAM_H
#define VMM_BASE_HISTOGRAM_H

#include <stdint.h>

/* Where value is counted; below XCVM_HISTOGRAM_COUNTS. */
uint32_t histogram_index(uint64_t value);

/* The greatest value that is counted there. */
uint64_t histogram_highest(uint32_t index);

/*
 * The sum of all counts; the first and the last index that is not 0, if the
 * sum is not.
 */
uint64_t histogram_sum(
    const uint32_t *counts, uint32_t ncounts, uint32_t *first, uint32_t *last);

/*
 * The value that `permille` of all `count` values, at least one, do not
 * exceed, as far as the counts know; never above max.  0 of no values.
 */
uint64_t histogram_quantile(const uint32_t *counts, uint32_t ncounts,
    uint64_t count, uint64_t max, unsigned permille);

#endif /* VMM_BASE_HISTOGRAM_H */
