# SPDX-License-Identifier: ISC
"""A run that did not pass says what its case holds the stacks to, and where that stands."""

import re

import pytest

from support.dropin import ROOT
from support.elf import Elf

pytestmark = pytest.mark.vmm

FOREIGN = 1  # XCVM_IMPL_FOREIGN


@pytest.fixture
def image(liar_image, tmp_path):
    """The liar's image, whose cases name O9 and O10; misuse_none checks a decision, too."""
    elf = Elf(liar_image.read_bytes())
    for case in elf.cases:
        case.contract = elf.case("figures").contract
    elf.case("misuse_text").decision = 8
    for impl in elf.impls:
        impl.flags = FOREIGN
    path = tmp_path / "clauses.elf"
    path.write_bytes(elf.data)
    return path


def clauses():
    """O9 and O10 as the document has them now."""
    lines = (ROOT / "docs" / "contract.md").read_text(encoding="utf-8").splitlines()
    return [{"id": name, "where": f"docs/contract.md:{number}", "text": found[1]}
            for name in ("O9", "O10") for number, line in enumerate(lines, 1)
            if (found := re.match(rf"- \*\*{name}\*\* (.*)", line))]


def told():
    return "".join(f"contract {clause['id']}: {clause['text']} ({clause['where']})\n"
                   for clause in clauses())


@pytest.mark.parametrize("case, verdict", [("misuse_none", "fail"), ("triple_fault", "crash"),
                                           ("hang_cli", "hang")])
def test_told(xcvm, image, case, verdict):
    done = xcvm.report("--case", case, "--timeout", "0.7", image)
    assert (done.end["verdict"], done.end["clauses"]) == (verdict, clauses())
    assert told() + "again: " in done.stdout


def test_told_of_what_differs(xcvm, image):
    done = xcvm.report("--case", "misuse_text", image)
    assert (done.end["verdict"], done.end["clauses"]) == ("differs", clauses())
    assert done.stdout.endswith(told())


@pytest.mark.parametrize("case, verdict", [("misuse_right", "pass"), ("skip", "skip")])
def test_not_told(xcvm, image, case, verdict):
    done = xcvm.report("--case", case, image)
    assert (done.end["verdict"], done.end["clauses"]) == (verdict, [])
    assert "contract O" not in done.stdout


def test_none_named(xcvm, liar_image):
    done = xcvm.report("--case", "triple_fault", liar_image)
    assert (done.end["verdict"], done.end["clauses"]) == ("crash", [])


def test_below_a_line_of_each(xcvm, image):
    done = xcvm.report("--each=misuse_*", "--timeout", "0.7", image)
    wrong = {run["case"] for run, end in zip(done.of("run"), done.of("end"), strict=True)
             if end["clauses"] == clauses()}
    assert wrong == {"misuse_text", "misuse_cpu", "misuse_none", "misuse_fail", "misuse_hang"}
    # What differs is a line alone.
    assert all(done.stdout.count(f"  {line}\n") == 4 for line in told().splitlines())
