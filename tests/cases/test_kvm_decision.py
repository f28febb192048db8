# SPDX-License-Identifier: ISC
"""The verdict of a case that checks a decision of ours, with an implementation that is not."""

import json

import pytest

from support.elf import Elf

FOREIGN = 1  # XCVM_IMPL_FOREIGN


@pytest.fixture
def decided(liar_image, tmp_path):
    """decided(case, ...): the liar's image with that case's decision and what is foreign set."""
    def make(name, decision=8, foreign=("cpu_xcall",), limit_ms=0):
        elf = Elf(liar_image.read_bytes())
        elf.case(name).decision = decision
        elf.case(name).limit_ms = limit_ms
        for impl in elf.impls:
            if any(elf.string(impl.path).endswith(f"/{api}.c") for api in foreign):
                impl.flags = FOREIGN
        path = tmp_path / "decided.elf"
        path.write_bytes(elf.data)
        return path
    return make


@pytest.mark.parametrize("name, was", [
    ("misuse_text", "crash: cpu 0: panic: "), ("misuse_none", "fail: the expected panic"),
    ("misuse_fail", "fail: 1 check failed"), ("misuse_hang", "hang: the time limit of 0.7 s")])
def test_differs(xcvm, decided, name, was):
    done = xcvm.report("--case", name, "--timeout", "0.7", decided(name))
    assert (done.status, done.end["verdict"], done.end["code"]) == (4, "differs", 4)
    assert done.end["reason"].startswith(f"differs by decision 8: {was}")
    assert done.events[0]["decision"] == 8
    assert "\ndiffers in " in done.stdout and "again:" not in done.stdout


def test_a_pass_is_a_pass(xcvm, decided):
    done = xcvm.report("--case", "misuse_right", decided("misuse_right"))
    assert (done.status, done.end["verdict"]) == (0, "pass")


@pytest.mark.parametrize("decision, foreign", [(0, ["cpu_xcall"]), (8, []), (8, ["ipi"])])
def test_fails_plainly(xcvm, decided, decision, foreign):
    """No decision, or the API's implementation is ours."""
    done = xcvm.report("--case", "misuse_none", decided("misuse_none", decision, foreign))
    assert (done.status, done.end["verdict"]) == (1, "fail")
    assert "differs" not in done.end["reason"]


def test_an_impossible_exit_is_nobodys_decision(xcvm, decided):
    done = xcvm.report("--case", "triple_fault", decided("triple_fault", 8))
    assert (done.status, done.end["verdict"]) == (3, "crash")


def test_listed(xcvm, decided):
    done = xcvm.run("--list", decided("misuse_none", 12))
    lines = {line["name"]: line for line in map(json.loads, done.stdout.splitlines())}
    decisions = {name: line["decision"] for name, line in lines.items() if line["decision"]}
    assert decisions == {"misuse_none": 12}
    foreign = {line["api"]: (line["implementation"] or {}).get("foreign")
               for line in lines.values()}
    assert foreign == {"kernel": None, "x2apic": None, "cpu_xcall": True, "ipi": False}


@pytest.mark.parametrize("decision, foreign, limit, listed", [
    (8, ["cpu_xcall"], 0, 10000), (8, ["cpu_xcall"], 700, 700), (8, ["ipi"], 0, None),
    (0, ["cpu_xcall"], 0, None)])
def test_waiting_in_vain_is_cut_short(xcvm, decided, decision, foreign, limit, listed):
    """The time limit of a case that somebody else's implementation may well hang in."""
    done = xcvm.run("--list", decided("misuse_hang", decision, foreign, limit_ms=limit))
    lines = {line["name"]: line for line in map(json.loads, done.stdout.splitlines())}
    assert lines["misuse_hang"]["limit_ms"] == listed
    assert lines["misuse_none"]["limit_ms"] is None


def test_implementations_are_told(xcvm, decided):
    done = xcvm.report("--case", "smoke", decided("smoke", 0))
    found = done.events[0]["implementations"]
    assert [(entry["api"], entry["path"], entry["foreign"]) for entry in found] == [
        ("cpu_xcall", "liar/cpu_xcall.c", True), ("ipi", "liar/ipi.c", False)]
    assert "tests  cpu_xcall of liar/cpu_xcall.c, sha256 0011" in done.stdout
    assert "tests  ipi of liar/ipi.c, sha256 " in done.stdout
