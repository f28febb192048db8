/* SPDX-License-Identifier: ISC */
/* Histograms. */
#include <sys/kmem.h>
#include <machine/hypercall.h>
#include "bench/hist.h"

struct hist *
hist_create(void)
{
	struct hist *h = kmem_zalloc(sizeof(*h), KM_SLEEP);

	h->h_min = UINT64_MAX;
	return (h);
}

uint64_t
hist_median(const struct hist *h)
{
	uint64_t seen = 0;
	u_int i, b;

	if (h->h_count == 0)
		return (0);
	for (i = hist_index(h->h_min);; i++) {
		seen += h->h_counts[i];
		if (2 * seen >= h->h_count)
			break;
	}
	b = i > XCVM_HISTOGRAM_SMALL ? (i >> XCVM_HISTOGRAM_HALF_SHIFT) - 1 : 0;
	return ((uint64_t)(i - (b << XCVM_HISTOGRAM_HALF_SHIFT)) << b);
}

void
hist_ship(const struct hist *h, const char *phase, u_int cpu, u_int target)
{
	struct hypercall_histogram request = {
	    .phase = phase,
	    .counts = h->h_counts,
	    .ncounts = hist_index(h->h_max) + 1,
	    .count = h->h_count,
	    .min = h->h_min,
	    .max = h->h_max,
	    .cpu = cpu,
	    .target = target,
	};

	if (h->h_count != 0)
		hypercall_histogram(&request);
}
