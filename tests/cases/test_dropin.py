# SPDX-License-Identifier: ISC
"""make with another kernel's file in place of ours: what is built, and what is said when not."""

import json
import re

import pytest

from support.dropin import FIXTURES, ROOT, VARIABLES, Workshop, sha256
from support.elf import Elf

pytestmark = pytest.mark.tool

OURS = {"cpu_xcall": "guest/kern/kern_xcall.c",
        "xcall": "guest/kern/subr_xcall.c guest/kern/subr_xcall_box.c",
        "ipi": "guest/kern/subr_ipi.c guest/kern/subr_ipi_msg.c"}


@pytest.fixture
def workshop(tmp_path, xcvm_settings):
    return Workshop(tmp_path / "build", xcvm_settings.build)


def table(image):
    """What the image says of what is under test: {path: sha256}."""
    elf = Elf(image.read_bytes())
    return {elf.string(impl.path): elf.string(impl.sha256) for impl in elf.impls}


def compiled(done):
    return re.findall(r"^  (?:CC|AS|LD) +(\S+)", done.stdout, re.MULTILINE)


def test_ours_are_named(workshop):
    assert table(workshop.image()) == {path: sha256(path) for path in OURS.values()}


@pytest.mark.parametrize("api, file", [
    ("cpu_xcall", "kern_xcall.c"), ("xcall", "subr_xcall.c"), ("ipi", "subr_ipi.c"),
    ("xcall", "old_xcall.c"), ("ipi", "old_ipi.c")])
def test_it_replaces_ours(workshop, api, file):
    source = FIXTURES / file
    image = workshop.image(**{api: source})
    expected = {path: sha256(path) for other, path in OURS.items() if other != api}
    assert table(image) == {**expected, str(source): sha256(source)}
    assert workshop.make("xcguest-up.elf", **{api: source}).returncode == 0


def test_only_what_changed_is_made_again(workshop, tmp_path):
    source = tmp_path / "subr_ipi.c"
    source.write_text((ROOT / FIXTURES / "subr_ipi.c").read_text())
    image = str(workshop.build / "xcguest.elf")
    assert workshop.image() and compiled(workshop.make("xcguest.elf")) == []
    for change in ("", "\n/* changed */\n"):
        with source.open("a") as stream:
            stream.write(change)
        done = workshop.make("xcguest.elf", ipi=source)
        assert compiled(done) == [str(source), image], done
        assert table(workshop.build / "xcguest.elf")[str(source)] == sha256(source)
        assert compiled(workshop.make("xcguest.elf", ipi=source)) == []
    assert compiled(workshop.make("xcguest.elf")) == [image]
    assert set(table(workshop.build / "xcguest.elf")) == set(OURS.values())


# file: (words that have to be there, kinds of name that are missing)
BAD = {
    "header.c": (["fatal error"], ["header <sys/nonesuch.h>"]),
    "function.c": (["error"], ["function uvm_pagewait", "function pserialize_perform"]),
    "member.c": (["error", "pool_cache_group"], ["member ci_biglock_wanted of struct cpu_info"]),
    "syntax.c": (["expected ';'"], []),
    "incomplete.c": (["does not define xc_broadcast", "does not define xc_wait"],
                     ["function mutex_enter_politely"]),
}


@pytest.mark.parametrize("file", BAD)
def test_a_file_that_does_not_fit(workshop, file):
    """The compiler's own message and the missing names, not a page of make's output."""
    source = FIXTURES / "bad" / file
    done = workshop.make("xcguest.elf", xcall=source)
    words, missing = BAD[file]
    assert done.returncode != 0
    for text in [str(source) if file != "incomplete.c" else "xcall", *words]:
        assert text in done.stderr, done.stderr
    assert re.findall(r"not in xcvm's kernel interface: (.*)", done.stderr) == missing
    assert len(done.stderr.splitlines()) < 25, done.stderr
    assert not (workshop.build / "xcguest.elf").exists()


def test_the_wrong_variable(workshop):
    done = workshop.make("xcguest.elf", xcall=FIXTURES / "subr_ipi.c")
    assert done.returncode != 0
    assert "is it given as the right variable?" in done.stderr
    assert "does not define xc_unicast" in done.stderr


@pytest.mark.parametrize("api", VARIABLES)
@pytest.mark.parametrize("path, words", [("no/such/file.c", "there is no file no/such/file.c"),
                                         ("tests", "tests is no file")])
def test_no_such_file(workshop, api, path, words):
    done = workshop.make("xcguest.elf", **{api: path})
    assert done.returncode != 0
    assert words in done.stderr and len(done.stderr.splitlines()) < 8, done.stderr


def test_what_decides_is_named(xcvm_path, workshop, xcvm):
    """A case that checks a decision names it among its contract ids."""
    done = xcvm.run("--list", workshop.image())
    cases = [json.loads(line) for line in done.stdout.splitlines()]
    decisions = [case for case in cases if case["decision"] is not None]
    assert {case["api"] for case in decisions} == set(VARIABLES)
    for case in decisions:
        assert f"D{case['decision']}" in case["contract"], case["name"]
