# SPDX-License-Identifier: ISC
"""Is B another than A?  The bootstrap over repetitions, worked out instead of drawn.

A figure is a percentile of a phase.  Each repetition, a VM of its own, gives one value of it, and
what is compared is the median of these: one repetition that the host disturbed does not move it.
The median of a resample can only be one of the values, with chances that follow from their ranks;
so the bootstrap's distribution of the ratio is known exactly, and nothing hangs on a seed.

Two builds that were measured in turn are compared repetition by repetition: what the host did to
both at once is in no ratio.
"""

import math
from dataclasses import dataclass
from statistics import median_low

from .result import ResultError

PERCENTS = (50, 99)
DRY_RUN = ("clock", "record")  # phases that are the host's alone
CONFIDENCE = 0.95
MARGIN = 0.05
SAME, WORSE, BETTER = "no difference", "worse", "better"


def median_weights(count):
    """How likely each of so many sorted values is the lower median of a resample of them."""
    half = (count + 1) // 2
    below = [sum(math.comb(count, hits) * (rank / count) ** hits
                 * (1 - rank / count) ** (count - hits) for hits in range(half, count + 1))
             for rank in range(count + 1)]
    return [high - low for low, high in zip(below, below[1:])]


def interval(first, second, chance):
    """(low, high) of the ratio second to first of the medians; beyond it on each side lies at most
    this chance of the bootstrap's distribution."""
    ratios = sorted((y / x, wx * wy)
                    for x, wx in zip(sorted(first), median_weights(len(first)))
                    for y, wy in zip(sorted(second), median_weights(len(second))))
    return _reach(ratios, chance), _reach(reversed(ratios), chance)


def paired_interval(ratios, chance):
    """(low, high) of the median of ratios, each of two repetitions that were run in turn: values of
    the ratios by rank, as many left out on each side as this chance allows."""
    ratios, count = sorted(ratios), len(ratios)
    total, out = 0.0, -1
    while total <= chance:
        out += 1
        total += math.comb(count, out) / 2 ** count
    rank = max(0, out - 1)
    return ratios[rank], ratios[-1 - rank]


def _reach(ratios, chance):
    total = 0.0
    for ratio, weight in ratios:
        total += weight
        if total > chance:
            return ratio
    raise AssertionError("the weights of a distribution are 1 in all")


def least_repetitions(figures, confidence=CONFIDENCE, paired=False):
    """How many repetitions on both sides it takes, that two equal sides are not likely to lie
    wholly apart in one of so many figures."""
    count = 1
    while figures * 2 / (2 ** count if paired else math.comb(2 * count, count)) > 1 - confidence:
        count += 1
    return count


@dataclass
class Figure:
    """One percentile of one phase, on both sides."""

    measurement: str
    phase: str
    percent: float
    first: float
    second: float
    ratio: float
    low: float
    high: float
    margin: float

    @property
    def verdict(self):
        if self.low > 1 + self.margin:
            return WORSE
        return BETTER if self.high < 1 / (1 + self.margin) else SAME


def _value(histogram, percent):
    """A clock that shows 0 counts as 1, for there is no ratio to 0."""
    return max(1, histogram.at(percent))


def _ratio(left, right, paired):
    """The ratio of the medians of two dicts by repetition; paired: the median of the ratios."""
    if paired:
        return median_low(right[key] / left[key] for key in left.keys() & right.keys())
    return median_low(right.values()) / median_low(left.values())


def _values(one, phase, percent):
    """Seed: of that repetition."""
    return {seed: _value(each, percent) for seed, each in one.by_seed(phase).items()}


def figure(pair, phase, percent, chance, margin, paired):
    """The Figure of a pair of Measurements."""
    left, right = (_values(one, phase, percent) for one in pair)
    if paired:
        reach = paired_interval([right[seed] / left[seed] for seed in left if seed in right],
                                chance)
    else:
        reach = interval(left.values(), right.values(), chance)
    return Figure(pair[0].label, phase, percent, median_low(left.values()),
                  median_low(right.values()), _ratio(left, right, paired), *reach, margin)


def _common(first, second, only):
    """(measurement of A, the same of B) for all that are in both."""
    ours, theirs = first.chosen(only), {one.key: one for one in second.chosen(only)}
    return [(one, theirs[one.key]) for one in ours if one.key in theirs]


@dataclass
class Comparison:
    """All Figures, and what is in both files but not often enough."""

    figures: list
    lacking: list  # (measurement, phase, repetitions that have it)
    need: int  # repetitions
    shift: float  # of the host
    paired: bool

    @property
    def worse(self):
        return any(one.verdict == WORSE for one in self.figures)


def _phases(first, second, only):
    """(measurement of A, of B, phase) for all that is in both."""
    pairs = _common(first, second, only)
    if not pairs:
        raise ResultError(f"{first.path} and {second.path} have no measurement in common")
    found = [(a, b, phase) for a, b in pairs for phase in a.phases if phase in b.phases]
    if not found:
        raise ResultError(f"{first.path} and {second.path} have no phase in common")
    return found


def _times(a, b, phase, paired):
    """How many repetitions have a phase, on the side that has less, or on both.  A guest leaves one
    out where the clocks of its CPUs could not be told apart well enough."""
    left, right = a.by_seed(phase), b.by_seed(phase)
    return len(left.keys() & right.keys()) if paired else min(len(left), len(right))


def host_shift(pairs, emulated, paired):
    """By how much differs what the code under test has no part in, as a fraction: the dry runs, and
    what a single instruction takes where it is emulated."""
    controls = [tuple(_values(one, phase, 50) for one in pair) for pair in pairs
                for phase in DRY_RUN if all(phase in one.phases for one in pair)]
    if emulated:
        controls.append(tuple({(one.key, each["seed"]): each["insn_cycles"] for one in side
                               for each in one.repetitions if each["insn_cycles"]}
                              for side in zip(*pairs)))
    ratios = [_ratio(left, right, paired) for left, right in controls if left.keys() & right.keys()]
    return max((max(ratio, 1 / ratio) for ratio in ratios), default=1) - 1


def compare(first, second, only=(), margin=MARGIN, confidence=CONFIDENCE):
    """The Comparison of two Results; all its verdicts together hold with that confidence."""
    paired = first.context["session"] == second.context["session"]
    phases = _phases(first, second, only)
    need = least_repetitions(len(phases) * len(PERCENTS), confidence, paired)
    times = [_times(*one, paired) for one in phases]
    enough = [one for one, many in zip(phases, times) if many >= need]
    if not enough:
        path = min((first, second), key=lambda one: one.context["repetitions"]).path
        raise ResultError(f"{path}: repetitions: {max(times)}, but {len(phases) * len(PERCENTS)} "
                          f"figures can only be told apart with {need}: measure with --repetitions "
                          f"{need}, or choose fewer measurements with --only")
    shift = host_shift(_common(first, second, ()),
                       first.context["emulated"] and second.context["emulated"], paired)
    chance = (1 - confidence) / (2 * len(enough) * len(PERCENTS))
    figures = [figure((a, b), phase, percent, chance, max(margin, shift), paired)
               for a, b, phase in enough for percent in PERCENTS]
    lacking = [(a.label, phase, many) for (a, b, phase), many in zip(phases, times) if many < need]
    return Comparison(figures, lacking, need, shift, paired)


# What has no comparing, and what may well be what is compared; read from the context.
DECISIVE = {
    "KVM module": lambda context: context["host"]["module"],
    "guest kernel code emulated": lambda context: context["emulated"],
}
CONDITIONS = {
    "CPU": lambda context: context["host"]["cpu"],
    "CPUs": lambda context: context["host"]["cpus"],
    "kernel": lambda context: context["host"]["kernel"],
    "governor": lambda context: context["host"]["governor"],
    "SMT": lambda context: context["host"]["smt"],
    "isolated CPUs": lambda context: context["isolated"],
    "apic": lambda context: context["apic"],
    "pin": lambda context: context["pin"],
    "fence": lambda context: context["fence"],
    "budget_ms": lambda context: context["budget_ms"],
    "image": lambda context: context["build_id"] or context["image_sha256"],
    "xcvm": lambda context: context["xcvm_sha256"],
}


def differences(first, second, readers):
    """(what, of A, of B) for all conditions that differ."""
    rows = [(what, read(first.context), read(second.context)) for what, read in readers.items()]
    if readers is CONDITIONS:
        names = [*first.context["host"]["params"], *second.context["host"]["params"]]
        rows += [(name, *(one.context["host"]["params"].get(name) for one in (first, second)))
                 for name in dict.fromkeys(names)]
    return [row for row in rows if row[1] != row[2]]


def check_alike(first, second, force):
    """Refuse to compare what has no comparing."""
    found = differences(first, second, DECISIVE)
    if found and not force:
        what, left, right = found[0]
        raise ResultError(f"{what}: {left} in {first.path}, {right} in {second.path}: these cannot "
                          "be compared; --force does it all the same")
    return found
