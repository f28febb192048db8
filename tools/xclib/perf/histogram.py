# SPDX-License-Identifier: ISC
"""Log-linear histograms in HdrHistogram's layout: 3 significant digits, from 1 up."""

import math
from bisect import bisect_left, bisect_right
from itertools import accumulate

HALF_BITS = 10  # 1024 buckets for each power of two: three digits
HALF = 1 << HALF_BITS
BITS = 64


def index_of(value):
    """The bucket of a value: its index in HdrHistogram's array of counts."""
    shift = (value | (2 * HALF - 1)).bit_length() - (HALF_BITS + 1)
    return (shift << HALF_BITS) + (value >> shift)


def bounds(index):
    """(lowest, highest) value that belongs to a bucket."""
    shift = max(0, (index >> HALF_BITS) - 1)
    low = (index - (shift << HALF_BITS)) << shift
    return low, low + (1 << shift) - 1


INDEX_LIMIT = index_of((1 << BITS) - 1) + 1


class Histogram:
    """Counts by bucket, and the exact least and greatest value."""

    def __init__(self, buckets=(), least=None, greatest=None):
        self.buckets = sorted((index, count) for index, count in buckets if count)
        self.sums = list(accumulate(count for _, count in self.buckets))
        self.count = self.sums[-1] if self.sums else 0
        self.min = least if least is not None else self._edge(0, 0)
        self.max = greatest if greatest is not None else self._edge(-1, 1)

    def _edge(self, at, end):
        return bounds(self.buckets[at][0])[end] if self.buckets else 0

    @classmethod
    def of(cls, values):
        """One of these values."""
        counts = {}
        for value in values:
            counts[index_of(value)] = counts.get(index_of(value), 0) + 1
        return cls(counts.items(), min(values, default=0), max(values, default=0))

    @classmethod
    def merged(cls, histograms):
        """All of them as one."""
        counts, filled = {}, [each for each in histograms if each.count]
        for each in filled:
            for index, count in each.buckets:
                counts[index] = counts.get(index, 0) + count
        return cls(counts.items(), min((each.min for each in filled), default=0),
                   max((each.max for each in filled), default=0))

    def at(self, percent):
        """The value that so many percent of all are not above; as far as the buckets tell."""
        if not self.count:
            raise ValueError("an empty histogram has no percentiles")
        # Rounded first: 99.9 percent of 1000 are 999, not the 1000 that binary fractions make.
        rank = max(1, math.ceil(round(percent * self.count / 100, 6)))
        found = bounds(self.buckets[bisect_left(self.sums, rank)][0])[1]
        return max(self.min, min(found, self.max))

    def up_to(self, value):
        """How many are in the buckets up to that of a value."""
        at = bisect_right(self.buckets, (index_of(value), math.inf))
        return self.sums[at - 1] if at else 0

    def tells(self, percent):
        """Is at least one value beyond that percentile?"""
        return self.count * (100 - percent) >= 100 - 1e-6

    def _middles(self):
        for index, count in self.buckets:
            low, high = bounds(index)
            yield (low + high + 1) // 2 if high > low else low, count

    @property
    def mean(self):
        return sum(value * count for value, count in self._middles()) / max(1, self.count)

    @property
    def deviation(self):
        """Standard deviation."""
        mean = self.mean
        return math.sqrt(sum(count * (value - mean) ** 2 for value, count in self._middles())
                         / max(1, self.count))
