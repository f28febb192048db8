/* SPDX-License-Identifier: ISC */
/* The layout of a histogram, against what HdrHistogram's definition says. */
#include <xcvm/abi.h>

#include "base/histogram.h"
#include "unit.h"

#define MAX UINT64_MAX

/* Bucket by bucket: the values of one are its first, and so many from there. */
static void
layout(void)
{
	uint64_t lowest = 0;

	for (uint32_t i = 0; i < XCVM_HISTOGRAM_COUNTS; i++) {
		uint64_t width = i < 2048 ? 1 : 1ULL << (i / 1024 - 1);

		if (!CHECK_EQ(histogram_index(lowest), i) ||
		    !CHECK_EQ(histogram_index(lowest + width - 1), i) ||
		    !CHECK_EQ(histogram_highest(i), lowest + width - 1))
			return;
		lowest += width;
	}
	CHECK_EQ(lowest, 0); /* all 64 bits have been gone through */
	CHECK_EQ(histogram_index(MAX), XCVM_HISTOGRAM_COUNTS - 1);
}

/* Three digits: what shares a count differs by less than one in 1000. */
static void
precision(void)
{
	for (uint64_t v = 2048; v < MAX / 3; v *= 3)
		CHECK((histogram_highest(histogram_index(v)) - v) * 1000 < v);
}

static void
sum(void)
{
	uint32_t counts[3000] = {0}, first, last;

	CHECK_EQ(histogram_sum(counts, 3000, &first, &last), 0);
	counts[5] = UINT32_MAX;
	counts[2999] = 2;
	CHECK_EQ(
	    histogram_sum(counts, 3000, &first, &last), 1ULL + UINT32_MAX + 1);
	CHECK_EQ(first, 5);
	CHECK_EQ(last, 2999);
	CHECK_EQ(histogram_sum(counts, 2999, &first, &last), UINT32_MAX);
	CHECK_EQ(last, 5);
}

static void
quantile(void)
{
	uint32_t counts[4096] = {0};

	for (uint32_t i = 1; i <= 100; i++)
		counts[i] = 10;
	counts[4095] = 1;
	CHECK_EQ(histogram_quantile(counts, 4096, 1001, 8185, 0), 1);
	CHECK_EQ(histogram_quantile(counts, 4096, 1001, 8185, 500), 51);
	CHECK_EQ(histogram_quantile(counts, 4096, 1001, 8185, 990), 100);
	/* Never above what has been seen. */
	CHECK_EQ(histogram_quantile(counts, 4096, 1001, 8185, 1000), 8185);
	CHECK_EQ(histogram_quantile(counts, 4096, 1001, MAX, 1000), 8191);
	counts[4095] = 0;
	CHECK_EQ(histogram_quantile(counts, 0, 0, 0, 500), 0);
}

UNIT_MAIN(TEST(layout), TEST(precision), TEST(sum), TEST(quantile))
