/* SPDX-License-Identifier: ISC */
/* The cost of measuring itself, and what a histogram makes of values. */
#include "bench/bench.h"

static void
dry(struct bench *b)
{
	uint64_t first, second, third;

	if (!b->b_recording)
		return;
	first = cpu_counter();
	second = cpu_counter();
	hist_record(b->b_phases[BENCH_CLOCK], second - first);
	third = cpu_counter();
	hist_record(b->b_phases[BENCH_RECORD], third - second);
}

CASE(bench_dry_run, BENCH, .api = XCVM_API_KERNEL,
    .doc = "What it costs to read the clock twice, and to record a value.",
    PARAMS(PARAM_BENCH))
{
	bench_run(dry, curcpu(), BENCH_BIT(CLOCK) | BENCH_BIT(RECORD));
}

#define VALUES 500

CASE(bench_histogram, .api = XCVM_API_KERNEL, .kind = XCVM_KIND_BENCH,
    .doc = "Values of all lengths, drawn from the seed, into a histogram.")
{
	struct hist *h = hist_create();
	struct rng rng = rng_init(0);

	for (u_int i = 0; i < VALUES; i++)
		hist_record(h, rng_next(&rng) >> rng_below(&rng, 64));
	case_metric("median", "cycles", hist_median(h));
	hist_ship(h, "values", 0, XCVM_NO_CPU);
}
