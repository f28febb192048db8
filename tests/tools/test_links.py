# SPDX-License-Identifier: ISC
"""tools/links sees the links that lead nowhere, and those alone."""

import subprocess

import pytest

from support.dropin import ROOT

pytestmark = pytest.mark.tool


@pytest.fixture
def links(tmp_path):
    """links(text): what is said of page.md, with other.md and dir/ beside it."""
    (tmp_path / "other.md").write_text("# A heading, of f(9)\n## Twice\n## Twice\n"
                                       "```\n# no heading\n```\n", encoding="utf-8")
    (tmp_path / "dir").mkdir()

    def run(text):
        (tmp_path / "page.md").write_text(text, encoding="utf-8")
        done = subprocess.run([ROOT / "tools" / "links", "page.md"], cwd=tmp_path,
                              capture_output=True, text=True, check=False)
        assert done.stderr == ""
        return done.returncode, done.stdout
    return run


@pytest.mark.parametrize("text", [
    "[a](other.md) and [b](dir)", "[a](other.md#a-heading-of-f9)", "[a](other.md#twice-1)",
    "# Here\n[a](#here)", "[a](https://example.org/none)", "`[a](none.md)`",
    "```\n[a](none.md)\n```\n", "no link"])
def test_good(links, text):
    assert links(text) == (0, "")


@pytest.mark.parametrize("text, said", [
    ("[a](none.md)", "page.md:1: none.md: there is no none.md\n"),
    ("x\n[a](other.md) [b](other.md#none)", "page.md:2: other.md#none: other.md has no heading "
                                            "#none\n"),
    ("[a](other.md#no-heading)", "page.md:1: other.md#no-heading: other.md has no heading "
                                 "#no-heading\n"),
    ("[a](other.md#twice-2)", "page.md:1: other.md#twice-2: other.md has no heading #twice-2\n"),
    ("[a](#here)", "page.md:1: #here: page.md has no heading #here\n"),
    ("`x` [a](gone/away.c) `y`", "page.md:1: gone/away.c: there is no gone/away.c\n")])
def test_bad(links, text, said):
    assert links(text) == (1, said)
