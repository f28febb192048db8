/* SPDX-License-Identifier: ISC */
/*
 * The clock: monotonic host time.
 */
#include <time.h>

#include "base/clock.h"

uint64_t
clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return ((uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec);
}

uint64_t
clock_us(void)
{
	return (clock_ns() / NS_PER_US);
}
