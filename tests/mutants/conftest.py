# SPDX-License-Identifier: ISC
"""`make mutants`: which cases, and the table of what became of them."""

import fnmatch

import pytest

from support.mutant import PROPERTY, load_rows
from xclib.errors import did_you_mean
from xclib.table import list_cases
from xcvm_pytest.settings import settings

KINDS = ("conformance", "stress", "misuse", "fault")  # what a measurement shows is no verdict


def pytest_addoption(parser):
    group = parser.getgroup("mutants", "each case over a mistake in the code under it")
    group.addoption("--case", metavar="GLOB", action="append", default=[],
                    help="only these cases; repeatable")
    group.addoption("--run-timeout", type=float, metavar="SECONDS", default=4,
                    help="time limit of each run (default: %(default)g)")


def pytest_configure(config):
    """A glob that matches no row's case is a slip, also beside one that does."""
    known = sorted({name for row in load_rows() for name in row.cases})
    for glob in config.getoption("--case", []):
        if not fnmatch.filter(known, glob):
            raise pytest.UsageError(
                f"--case {glob}: no row has such a case{did_you_mean(glob, known)}")


def _wanted(config, name):
    return any(fnmatch.fnmatchcase(name, glob) for glob in config.option.case or ["*"])


def pytest_generate_tests(metafunc):
    """An item for each row, with those of its cases that are wanted."""
    if "names" not in metafunc.fixturenames:
        return
    found = []
    for row in load_rows():
        names = [name for name in row.cases if _wanted(metafunc.config, name)]
        if names:
            found.append(pytest.param(row, names, id=names[0]))
    metafunc.parametrize("row, names", found)


def _without_row(config):
    """The wanted cases that no row names."""
    chosen = settings(config)
    named = {name for row in load_rows() for name in row.cases}
    return [case.name for case in list_cases(chosen.xcvm, chosen.build / "xcguest.elf")
            if case.kind in KINDS and case.name not in named and _wanted(config, case.name)]


def pytest_terminal_summary(terminalreporter, config):
    rows = [value for outcome in ("passed", "failed")
            for report in terminalreporter.stats.get(outcome, ()) if report.when == "call"
            for name, value in report.user_properties if name == PROPERTY]
    if not rows:
        return
    terminalreporter.section("case | file:function | change | became")
    for line, _ in sorted(rows):
        terminalreporter.write_line(line)
    terminalreporter.write_line(
        f"{len(rows)} cases over mistakes: {sum(red for _, red in rows)} saw them")
    without = _without_row(config)
    terminalreporter.write_line(f"cases without a row: {' '.join(without) or 'none'}")
