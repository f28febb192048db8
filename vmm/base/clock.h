/* SPDX-License-Identifier: ISC */
/*
 * The clock: monotonic host time, since some point in the past.
 */
#ifndef VMM_BASE_CLOCK_H
#define VMM_BASE_CLOCK_H

#include <stdint.h>

#define NS_PER_US 1000ULL
#define NS_PER_S  1000000000ULL
#define US_PER_S  1000000ULL

/* CLOCK_MONOTONIC in nanoseconds, in microseconds.  Any thread. */
uint64_t clock_ns(void);
uint64_t clock_us(void);

#endif /* VMM_BASE_CLOCK_H */
