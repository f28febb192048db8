# SPDX-License-Identifier: ISC
"""The rows of *.toml fit the source and the image, whether or not they are run."""

import pytest

from support.mutant import ROOT, find_once, load_rows
from xclib.fault.places import WAYS
from xclib.table import list_cases


@pytest.mark.parametrize("row", load_rows(), ids=lambda row: row.cases[0])
def test_the_place_is_there(row):
    find_once((ROOT / row.file).read_text(encoding="utf-8"), row.old)
    assert row.old != row.new
    assert row.at is None or row.at in WAYS


def test_the_cases_are_there(xcvm_path, our_image):
    known = {case.name: case for case in list_cases(xcvm_path, our_image)}
    for row in load_rows():
        for name in row.cases:
            assert name in known, f"{name}: there is no such case"
            assert row.vcpus is None or known[name].counts([row.vcpus]) == [row.vcpus], name
            assert set(row.params) <= set(known[name].params), name
