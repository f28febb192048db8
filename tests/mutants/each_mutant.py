# SPDX-License-Identifier: ISC
"""Every case can fail: it passes over the code as it is, and not over a mistake in it."""

import shutil

import pytest

from support.mutant import PROPERTY, Mutant
from xclib.fault.begin import extra_at_place
from xclib.fault.places import every_place, places_of
from xclib.run import run_case
from xclib.table import list_cases

RED = ("fail", "crash", "hang")
TRIES = 10  # over a mistake: it may take luck to show
VCPUS_A_SECOND = 20  # that a busy host starts and runs, beside what a case takes on a few


@pytest.fixture(scope="session")
def table(xcvm_path, our_image):
    return {case.name: case for case in list_cases(xcvm_path, our_image)}


@pytest.fixture
def as_it_is(xcvm_path, our_image):
    return xcvm_path, our_image


def _aims(row, image, lines):
    """The faults of a run: none, or one at each place on those lines and behind them."""
    if row.at is None:
        return [()]
    near = range(lines.start, lines.stop + 1)
    found = [place for place in places_of(every_place(image), row.at, row.file)
             if place.line in near]
    assert found, f"no place of --at {row.at} is on lines {near} of {row.file}"
    return [(f"kind=preempt,function={place.name}{extra_at_place()}",) for place in found]


@pytest.fixture
def mutant(tmp_path, row, xcvm_settings, as_it_is):
    """((VMM, image), one of them with the mistake; the faults that a run is aimed with)"""
    xcvm, image = as_it_is
    made = Mutant(tmp_path, xcvm_settings.build)
    try:
        lines = made.change(row.file, row.old, row.new)
        built = (made.xcvm(), image) if row.in_vmm else (xcvm, made.image())
        yield built, _aims(row, built[1], lines)
    finally:
        shutil.rmtree(tmp_path)


@pytest.fixture
def judge(table, row, xcvm_settings, pytestconfig):
    """Run a case on a VMM and an image, each time with another seed: (verdict, reason)."""
    def run(made, name, time=0, faults=()):
        vcpus = row.vcpus or table[name].counts([1, 2])[-1]
        result = run_case(*made, name, vcpus, xcvm_settings.seed + time,
                          pytestconfig.option.run_timeout + vcpus / VCPUS_A_SECOND,
                          row.params.items(), apic=row.apic, faults=faults)
        return result.verdict, result.reason
    return run


def _aimed(judge, made, aims, name, time):
    """The first verdict of a run at each place that sees the mistake; else the last."""
    for faults in aims:
        verdict, reason = judge(made, name, time, faults)
        if verdict in RED:
            break
    return verdict, reason


def _over(judge, mutant, name, runs):
    """(a verdict that sees the mistake, else the last; what became of it, to be read; why)"""
    seen, told = 0, None
    for time in range(runs or TRIES):
        verdict, reason = _aimed(judge, *mutant, name, time)
        if verdict in RED:
            seen, told = seen + 1, told or (verdict, reason)
            if runs is None:
                break
    verdict, reason = told or (verdict, reason)
    if runs:
        return verdict, f"{verdict} in {seen} of {runs} runs", reason
    return verdict, f"{verdict} at try {time + 1}" if time else verdict, reason


def test_each_sees_it(row, names, as_it_is, mutant, judge, record_property):
    right = {name: judge(as_it_is, name) for name in names}
    over_it = {name: _over(judge, mutant, name, row.runs) for name in names}
    for name, (verdict, became, _) in over_it.items():
        line = f"{name} | {row.place} | {row.change} | {became}"
        record_property(PROPERTY, (line, verdict in RED))
    assert {name: why for name, why in right.items() if why[0] != "pass"} == {}
    assert {name: why for name, why in over_it.items() if why[0] not in RED} == {}
