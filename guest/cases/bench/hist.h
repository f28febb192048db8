/* SPDX-License-Identifier: ISC */
/*
 * Histograms in the layout of <xcvm/abi.h>, for values below HIST_LIMIT;
 * greater ones count as the greatest.
 */
#ifndef CASES_HIST_H
#define CASES_HIST_H

#include <sys/types.h>
#include <xcvm/abi.h>

#define HIST_LIMIT (1ULL << 36)
/* One more than the index of HIST_LIMIT - 1. */
#define HIST_COUNTS \
	((36 - XCVM_HISTOGRAM_HALF_SHIFT + 1) << XCVM_HISTOGRAM_HALF_SHIFT)

struct hist {
	uint64_t h_count;
	uint64_t h_min, h_max;
	uint32_t h_counts[HIST_COUNTS];
};

/* An empty one; thread context.  Panics when memory is short. */
struct hist *hist_create(void);

/* Where the value is counted. */
static inline u_int
hist_index(uint64_t value)
{
	/* No shorter than what has a count for each value. */
	u_int length =
	    63 - (u_int)__builtin_clzll(value | XCVM_HISTOGRAM_SMALL);
	u_int b = length - XCVM_HISTOGRAM_HALF_SHIFT;

	return ((b << XCVM_HISTOGRAM_HALF_SHIFT) + (u_int)(value >> b));
}

/*
 * Count a value.  One user at a time; no call, no division, no memory but
 * the histogram's.
 */
static inline void
hist_record(struct hist *h, uint64_t value)
{
	if (__predict_false(value >= HIST_LIMIT))
		value = HIST_LIMIT - 1;
	h->h_counts[hist_index(value)]++;
	h->h_count++;
	if (value < h->h_min)
		h->h_min = value;
	if (value > h->h_max)
		h->h_max = value;
}

/* A value that half of them do not exceed, to three digits; 0 of none. */
uint64_t hist_median(const struct hist *);

/* Hand it to the VMM, if there is anything in it. */
void hist_ship(const struct hist *, const char *phase, u_int cpu, u_int target);

#endif /* CASES_HIST_H */
