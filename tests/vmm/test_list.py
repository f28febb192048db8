# SPDX-License-Identifier: ISC
"""--list: the case table as JSON lines, without KVM."""

import json
import os
import re

import pytest

from support.elf import Elf
from xclib.table import APIS, KINDS, list_cases

pytestmark = pytest.mark.vmm


@pytest.fixture
def table(xcvm, liar_image):
    done = xcvm.run("--list", liar_image)
    assert (done.status, done.stderr) == (0, "")
    assert done.stdout.endswith("\n")
    return {line["name"]: line for line in map(json.loads, done.stdout.splitlines())}


def natural(name):
    """A key that sorts o2 before o10."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def test_all_cases_by_api_and_name(table, liar_image):
    elf = Elf(liar_image.read_bytes())
    names = {elf.string(case.name): APIS[case.api] for case in elf.cases}
    assert {name: line["api"] for name, line in table.items()} == names
    assert list(table) == sorted(names, key=lambda name: (APIS.index(names[name]), natural(name)))


def test_a_line_says_what_the_table_says(table):
    line = table["figures"]
    expected = {"name": "figures", "api": "x2apic", "kind": "stress", "contract": ["O9", "O10"],
                "min_vcpus": 1, "max_vcpus": 4, "params": {"count": 3, "limit": 2 ** 64 - 1},
                "doc": "Report parameters and extremes."}
    assert {name: line[name] for name in expected} == expected


def test_empty_fields(table):
    assert table["smoke"]["contract"] == []
    assert table["smoke"]["params"] == {}
    assert table["lie_start_twice"]["min_vcpus"] == 2


def test_misuse_declares_its_panic(table):
    assert "plainly" in json.dumps(table["misuse_right"])
    assert table["misuse_right"]["kind"] == "misuse"


def test_apis_and_kinds(table):
    assert {line["api"] for line in table.values()} <= set(APIS)
    assert {line["kind"] for line in table.values()} == set(KINDS)


def test_the_plugin_reads_it(xcvm_path, liar_image, table):
    cases = list_cases(xcvm_path, liar_image)
    assert [case.name for case in cases] == list(table)
    figures = next(case for case in cases if case.name == "figures")
    assert figures.counts((1, 2, 4, 8)) == [1, 2, 4]


def test_full_disk(xcvm, liar_image):
    with open("/dev/full", "wb") as full:
        done = xcvm.run("--list", liar_image, stdout=full)
    assert done.status == 2
    assert "No space left" in done.stderr


def test_reader_goes_away(xcvm, liar_image):
    """A pipe nobody reads: no signal, no endless write; the status says that it was not told."""
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as pipe:
        done = xcvm.run("--list", liar_image, stdout=pipe)
    assert done.status == 2
    assert "Broken pipe" in done.stderr
