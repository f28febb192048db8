# SPDX-License-Identifier: ISC
"""The histograms of xc perf against a naive model: a sorted list of the values."""

import math
import random

import pytest

from xclib.perf.hgrm import percentiles
from xclib.perf.histogram import INDEX_LIMIT, Histogram, bounds, index_of

pytestmark = pytest.mark.tool

PERCENTS = (0, 1, 25, 50, 90, 99, 99.9, 99.99, 100)
SHAPES = {
    "one": lambda dice: [7],
    "few": lambda dice: [dice.randrange(10) for _ in range(7)],
    "exact": lambda dice: list(range(1, 1001)),
    "narrow": lambda dice: [int(dice.gauss(5000, 20)) for _ in range(5000)],
    "wide": lambda dice: [int(10 ** dice.uniform(0, 9)) for _ in range(5000)],
    "two humps": lambda dice: [dice.choice((1200, 1100000)) + dice.randrange(99)
                               for _ in range(3001)],
    "huge": lambda dice: [2 ** 64 - 1, 2 ** 63, 5],
}


def naive_index(value):
    """From the description of the layout: 2048 buckets of width 1, then 1024 for each doubling."""
    if value < 2048:
        return value
    width, index = 2, 2048
    low = 2048
    while value >= low + 1024 * width:
        low, width, index = low + 1024 * width, width * 2, index + 1024
    return index + (value - low) // width


def naive_percentile(values, percent):
    values = sorted(values)
    rank = math.ceil(percent * len(values) / 100 - 1e-9)
    return values[max(1, rank) - 1]


@pytest.mark.parametrize("value", [0, 1, 2047, 2048, 2049, 4095, 4096, 2 ** 32, 2 ** 64 - 1])
def test_index(value):
    assert index_of(value) == naive_index(value)


def test_index_of_any_value():
    dice = random.Random(1)
    for _ in range(2000):
        value = dice.getrandbits(dice.randint(1, 64))
        low, high = bounds(index_of(value))
        assert index_of(value) == naive_index(value) < INDEX_LIMIT
        assert low <= value <= high
        assert high - low <= value / 1000


@pytest.mark.parametrize("name", SHAPES)
def test_percentiles(name):
    """Never below the true value, and above it by no more than a bucket is wide."""
    values = SHAPES[name](random.Random(2))
    made = Histogram.of(values)
    assert (made.count, made.min, made.max) == (len(values), min(values), max(values))
    for percent in PERCENTS:
        true = naive_percentile(values, percent)
        assert true <= made.at(percent) <= min(max(values), bounds(naive_index(true))[1])
    assert made.mean == pytest.approx(sum(values) / len(values), rel=1e-3)


def test_merged_is_as_if_recorded_together():
    dice = random.Random(3)
    parts = [SHAPES[name](dice) for name in ("few", "narrow", "wide", "one")]
    merged = Histogram.merged([Histogram.of(part) for part in [*parts, []]])
    whole = Histogram.of([value for part in parts for value in part])
    assert (merged.buckets, merged.min, merged.max) == (whole.buckets, whole.min, whole.max)


def test_what_a_percentile_needs():
    """p99.9 of 999 values would be the greatest: nothing is beyond it."""
    assert not Histogram.of(range(999)).tells(99.9)
    assert Histogram.of(range(1000)).tells(99.9)
    assert Histogram.of(range(1000)).at(99.9) == 998


def test_empty():
    assert Histogram().count == 0
    with pytest.raises(ValueError):
        Histogram().at(50)


@pytest.mark.parametrize("name", SHAPES)
def test_steps_of_the_percentile_text(name):
    """They go up, end at all values, and each says how many are not above."""
    values = SHAPES[name](random.Random(4))
    steps = list(percentiles(Histogram.of(values)))
    assert steps[-1] == (max(values), 1.0, len(values))
    for (value, part, total), (value2, part2, total2) in zip(steps, steps[1:]):
        assert value <= value2 and part < part2 and total <= total2
    for value, part, total in steps:
        assert total == sum(index_of(each) <= index_of(value) for each in values)
        assert total >= part * len(values) - 1e-6
