# SPDX-License-Identifier: ISC
"""The figures: what of the results goes into each; drawn by draw.py."""

from dataclasses import dataclass

from .compare import DRY_RUN
from .hgrm import percentiles

KINDS = ("curve", "stack", "heat", "cost")
WHOLE = "call"
# In the order in which they pass.  What is no step of a call is not stacked.
STEPS = ("call to icr", "icr to handler", "handler to ack", "handler to softint",
         "softint to function", "handler to function", "function", "function to waiter")
BANDS = 3  # more of them hide each other
BANDED = ", and bands that hold 80 of 100"
HEAT_PAIRS = 3  # two figures are read faster than a picture of them
WHOLES = (WHOLE, "round trip")
HEATED = (*WHOLES, "icr to handler")
CURVE_END = 1 - 1e-6  # a curve ends where it would leave the picture


@dataclass
class Curve:
    """Percentiles of each phase of one measurement."""

    name: str
    title: str
    lines: list  # (phase, [(1 / (1 - percentile), cycles)])
    kind: str = "curve"


@dataclass
class Stack:
    """Medians of the steps of each measurement, and of what its caller pays."""

    name: str
    title: str
    bars: list  # (label, [(step, cycles)], whole or None)
    kind: str = "stack"


@dataclass
class Heat:
    """Median of a phase for each pair of CPUs."""

    name: str
    title: str
    cpus: list
    targets: list
    cells: dict  # (cpu, target): cycles
    kind: str = "heat"


@dataclass
class Cost:
    """A phase against the number of CPUs."""

    name: str
    title: str
    lines: list  # (label, [(vcpus, p50, p10, p90)])
    kind: str = "cost"


def points(histogram):
    """(1 / (1 - percentile), cycles), to where the values end."""
    found = [(1 / (1 - part), value) for value, part, _ in percentiles(histogram)
             if part < CURVE_END]
    last = min(histogram.count, 1 / (1 - CURVE_END))
    return [point for point in found if point[0] <= last] + [(last, histogram.max)]


def _curves(measurements):
    for one in measurements:
        yield Curve(f"curve-{one.label}", f"{one.label}: percentiles of each phase",
                    [(phase, points(one.merged(phase))) for phase in one.phases])


def main_phase(one):
    """The phase that stands for the whole."""
    return next((phase for phase in HEATED
                 if phase in one.phases), one.phases[0])


def _stacks(measurements):
    bars = {}
    for one in measurements:
        steps = [(step, one.merged(step).at(50)) for step in STEPS if step in one.phases]
        if len(steps) > 1:
            whole = next((phase for phase in WHOLES if phase in one.phases), None)
            bars.setdefault(one.data["api"], []).append(
                (one.label, steps, whole and one.merged(whole).at(50)))
    for api, own in bars.items():
        yield Stack(f"stack-{api}", f"{api}: where the time goes; medians of the phases", own)


def _heats(measurements):
    for one in measurements:
        for phase in filter(HEATED.__contains__, one.phases):
            pairs = [pair for pair in one.pairs(phase) if pair[1] is not None]
            if len(pairs) >= HEAT_PAIRS:
                yield Heat(f"heat-{one.label}-{phase}",
                           f"{one.label}: median of '{phase}', from CPU to CPU",
                           sorted({cpu for cpu, _ in pairs}), sorted({to for _, to in pairs}),
                           {pair: one.merged(phase, pair).at(50) for pair in pairs})


def _costs(measurements):
    lines = {}
    for one in measurements:
        phase = main_phase(one)
        if phase in DRY_RUN:
            continue
        given = "".join(f" {name}={value}" for name, value in one.data["given"].items())
        merged = one.merged(phase)
        lines.setdefault(one.data["api"], {}).setdefault(
            f"{one.data['case']}{given}: {phase}", []).append(
            (one.data["vcpus"], *(merged.at(percent) for percent in (50, 10, 90))))
    for api, own in lines.items():
        own = [(label, sorted(found)) for label, found in own.items() if len(found) > 1]
        if own:
            yield Cost(f"cost-{api}", f"{api}: cost against the number of CPUs; medians"
                       f"{BANDED if len(own) <= BANDS else ''}", own)


MAKERS = dict(zip(KINDS, (_curves, _stacks, _heats, _costs)))


def figures(measurements, kinds=KINDS):
    """All figures of these kinds that the measurements make."""
    for kind in kinds:
        yield from MAKERS[kind](measurements)
