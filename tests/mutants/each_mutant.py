# SPDX-License-Identifier: ISC
"""Every case can fail: it passes over the code as it is, and not over a mistake in it."""

import shutil

import pytest

from support.mutant import PROPERTY, Mutant
from xclib.run import run_case
from xclib.table import list_cases

RED = ("fail", "crash", "hang")
TRIES = 10  # over a mistake: it may take luck to show


@pytest.fixture(scope="session")
def table(xcvm_path, our_image):
    return {case.name: case for case in list_cases(xcvm_path, our_image)}


@pytest.fixture
def as_it_is(xcvm_path, our_image):
    return xcvm_path, our_image


@pytest.fixture
def mutant(tmp_path, row, xcvm_settings, as_it_is):
    """(VMM, image), one of them with the mistake."""
    xcvm, image = as_it_is
    made = Mutant(tmp_path, xcvm_settings.build)
    try:
        made.change(row.file, row.old, row.new)
        yield (made.xcvm(), image) if row.in_vmm else (xcvm, made.image())
    finally:
        shutil.rmtree(tmp_path)


@pytest.fixture
def judge(table, row, xcvm_settings, pytestconfig):
    """Run a case on a VMM and an image, each time with another seed: (verdict, reason)."""
    def run(made, name, time=0):
        result = run_case(*made, name, row.vcpus or table[name].counts([1, 2])[-1],
                          xcvm_settings.seed + time, pytestconfig.option.run_timeout,
                          row.params.items(), apic=row.apic)
        return result.verdict, result.reason
    return run


def _over(judge, mutant, name):
    """The first verdict that sees the mistake, and at which try; else the last."""
    for time in range(TRIES):
        verdict, reason = judge(mutant, name, time)
        if verdict in RED:
            break
    return verdict, f"{verdict} at try {time + 1}" if time else verdict, reason


def test_each_sees_it(row, names, as_it_is, mutant, judge, record_property):
    right = {name: judge(as_it_is, name) for name in names}
    over_it = {name: _over(judge, mutant, name) for name in names}
    for name, (verdict, became, _) in over_it.items():
        line = f"{name} | {row.place} | {row.change} | {became}"
        record_property(PROPERTY, (line, verdict in RED))
    assert {name: why for name, why in right.items() if why[0] != "pass"} == {}
    assert {name: why for name, why in over_it.items() if why[0] not in RED} == {}
