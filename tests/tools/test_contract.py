# SPDX-License-Identifier: ISC
"""docs/contract.md and the cases know each other, and tools/contract sees when they do not."""

import re
import subprocess

import pytest

from support.dropin import ROOT

pytestmark = pytest.mark.tool

CONTRACT = (ROOT / "docs" / "contract.md").read_text(encoding="utf-8")


@pytest.fixture
def lint(xcvm_settings, xcvm_path, tmp_path):
    """lint(text): tools/contract over that contract and the session's images; (code, lines)."""
    def run(text):
        document = tmp_path / "contract.md"
        document.write_text(text, encoding="utf-8")
        images = [xcvm_settings.build / name for name in ("xcguest.elf", "xcguest-up.elf")]
        done = subprocess.run([ROOT / "tools" / "contract", "--document", document, "lint",
                               xcvm_path, *images], capture_output=True, text=True, check=False)
        assert done.stderr == ""
        return done.returncode, [line.replace(f"{document}", "FILE")
                                 for line in done.stdout.splitlines()]
    return run


def clause(name):
    """The whole line of a clause."""
    return re.search(rf"^- \*\*{name}\*\* .*\n", CONTRACT, re.MULTILINE)[0]


def line_of(name):
    return CONTRACT[:CONTRACT.index(clause(name))].count("\n") + 1


def test_they_agree(lint):
    assert lint(CONTRACT) == (0, [])


def test_an_id_without_a_clause(lint):
    code, said = lint(CONTRACT.replace(clause("O9"), ""))
    assert code == 1 and len(said) == 1
    assert re.match(r"case \w+: names O9, which FILE does not have: ", said[0])


def test_a_clause_without_a_case(lint):
    code, said = lint(CONTRACT.replace(clause("O9"), clause("O9") + "- **O99** It flies.\n"))
    assert code == 1 and len(said) == 1
    assert said[0].startswith(f"FILE:{line_of('O9') + 1}: O99 is checked by no case: ")


def test_an_id_twice(lint):
    code, said = lint(CONTRACT.replace(clause("O10"), clause("O10") + clause("O9")))
    assert code == 1 and len(said) == 1
    assert said[0].startswith(f"FILE:{line_of('O10') + 1}: O9 is on line {line_of('O9')} already")


def test_a_decision_without_a_clause(lint):
    code, said = lint(CONTRACT.replace(clause("D7"), ""))
    assert code == 1
    assert any(re.match(r"case d7_\w+: checks decision 7, and FILE has no D7: ", line)
               for line in said)


def test_a_reason_that_is_out_of_date(lint):
    code, said = lint(CONTRACT.replace(clause("O9"), clause("O9") + "  no case: too hard\n"))
    assert code == 1 and len(said) == 1
    assert re.match(rf"FILE:{line_of('O9')}: O9 says `no case`, and \w+ checks it", said[0])


def test_a_reason_that_is_missing(lint):
    text = re.sub(r"(\*\*N35\*\*.*\n)  no case: .*\n", r"\1", CONTRACT)
    code, said = lint(text)
    assert code == 1 and len(said) == 1
    assert said[0].startswith(f"FILE:{line_of('N35')}: N35 is checked by no case: ")


@pytest.mark.parametrize("line, words", [
    ("- **o9** It flies.", "not a clause"),
    ("- **O9**: It flies.", "not a clause"),
    ("- **O9** It flies", "not a clause"),
    ("- **O99** It flies" + " and flies" * 20 + ".", "O99 has 209 characters"),
    ("  no case: it flies", "follow a clause"),
])
def test_a_form_that_is_none(lint, line, words):
    code, said = lint(f"{CONTRACT}\n{line}\n")
    assert code == 1
    assert words in said[0] and said[0].startswith(f"FILE:{CONTRACT.count(chr(10)) + 2}: ")


def test_no_contract(tmp_path):
    path = tmp_path / "none.md"
    done = subprocess.run([ROOT / "tools" / "contract", "--document", path, "table"],
                          capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (f"{path}: No such file or directory: say where the contract is with "
                           "--document\n")
