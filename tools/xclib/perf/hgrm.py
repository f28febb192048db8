# SPDX-License-Identifier: ISC
"""HdrHistogram's percentile text, as its outputPercentileDistribution writes it."""

import math

from .histogram import BITS, HALF, HALF_BITS

TICKS = 5  # steps for each halving of what lies above
FOOT = (BITS - HALF_BITS, 2 * HALF)


def percentiles(histogram):
    """(value, percentile from 0 to 1, how many are not above): finer the nearer it comes to 1."""
    percent, total = 0.0, 0
    while total < histogram.count:
        value = histogram.at(percent)
        total = histogram.up_to(value)
        yield value, percent / 100, total
        halvings = 2 ** (int(math.log2(100 / (100 - percent))) + 1)
        percent += 100 / (TICKS * halvings)
    yield histogram.max, 1.0, total


def hgrm(histogram, remarks=()):
    """The text; a remark is a line of its own, which plotters pass over."""
    lines = [f"#[{remark}]" for remark in remarks]
    lines += ["       Value     Percentile TotalCount 1/(1-Percentile)", ""]
    for value, part, total in percentiles(histogram):
        tail = f" {1 / (1 - part):14.2f}" if part < 1 else ""
        lines.append(f"{value:12.3f} {part:2.12f} {total:10d}{tail}")
    buckets, sub_buckets = FOOT
    lines += [f"#[Mean    = {histogram.mean:12.3f}, StdDeviation   = {histogram.deviation:12.3f}]",
              f"#[Max     = {histogram.max:12.3f}, Total count    = {histogram.count:12d}]",
              f"#[Buckets = {buckets:12d}, SubBuckets     = {sub_buckets:12d}]"]
    return "\n".join(lines) + "\n"
