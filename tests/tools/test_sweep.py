# SPDX-License-Identifier: ISC
"""xc fault sweep: every eligible event once, the table, the result file, its exit code."""

import re

import pytest

from support.fake import case, check_event, ends
from xclib.fault.source import AHEAD, Walk, Walks

pytestmark = pytest.mark.tool

LOST = ends("hang", "cpu 0 waits for cpu 1:\n  the IPI was lost", "sent, not pending at the target")
TAKEN = ends("hang", "cpu 1 took it and saw nothing", "taken, no work seen")


def sweep(xc, *arguments, **kwargs):
    return xc.run("fault", "sweep", *arguments, "--seed", "7", "-o", "out.jsonl", "-q", **kwargs)


@pytest.mark.parametrize("jobs", [1, 3, 8])
def test_ends_after_the_last_eligible_event(xc, jobs):
    """Whatever ran ahead: one row for each event, and one with nothing injected."""
    xc.fake.script(case("o1", eligible=5))
    done = sweep(xc, "o1", "--kind", "lost", "--jobs", jobs)
    assert done.status == 0, done.stderr
    rows = xc.rows()
    assert [row["n"] for row in rows] == [1, 2, 3, 4, 5, 6]
    assert [row["injected"] for row in rows] == [1, 1, 1, 1, 1, 0]
    assert {row["outcome"] for row in rows} == {"pass"}
    # What ran ahead of the end is bounded by the jobs there are.
    assert 6 <= len(xc.fake.calls()) < 6 + AHEAD * jobs


def test_ahead_of_a_slow_run():
    """While the row of an event is not known, only so many later ones are tried."""
    source = Walks([Walk("o1", 2, "user", "lost", "", (), 7, None, None)], 2)
    keys = [source.next()[0] for _ in range(2 * AHEAD)]
    assert keys == [(0, nth) for nth in range(1, 2 * AHEAD + 1)]
    assert source.next() is None
    row = {"outcome": "pass", "entries": [{"injected": 1}], "injected": 1}
    for key in keys[1:]:
        assert source.take(key, row) == ([], [])
    assert source.next() is None
    rows, useless = source.take(keys[0], row)
    assert [row["n"] for row in rows] == list(range(1, 2 * AHEAD + 1)) and useless == []
    assert source.next()[0] == (0, 2 * AHEAD + 1)


def test_case_with_a_plan_of_its_own(xc):
    """What the case's own plan injects does not keep the walk going."""
    xc.fake.script(case("o1", eligible=2, own=["kind=dup"]))
    sweep(xc, "o1", "--kind", "lost")
    assert [(row["n"], row["injected"]) for row in xc.rows()] == [(1, 3), (2, 3), (3, 2)]


def test_what_is_run(xc):
    """The same run again and again, but for nth; the command is the one that was run."""
    xc.fake.script(case("o1", eligible=1, table={"params": {"resend": 0}, "min_vcpus": 4}))
    sweep(xc, "o1", "--kind", "lost", "--fault", "vector=xcall", "--fault", "src=0,dst=2",
          "--param", "resend=1", "--timeout", "9", "-j", "1")
    commands = [["build/xcvm", "--case", "o1", "--vcpus", "4", "--apic", "user", "--fault",
                 f"kind=lost,vector=xcall,src=0,dst=2,nth={nth}", "--seed", "7", "--timeout", "9",
                 "--param", "resend=1", "build/xcguest.elf"] for nth in (1, 2)]
    assert [row["command"] for row in xc.rows()] == commands
    calls = xc.fake.calls()
    for call in calls:
        where = call.index("--events")
        del call[where:where + 2]
    assert calls == [command[1:] for command in commands]


@pytest.mark.parametrize("kind, given, apic", [
    ("lost", [], "user"), ("stall", [], "kernel"), ("stall", ["--apic", "user"], "user")])
def test_apic(xc, kind, given, apic):
    xc.fake.script(case("o1"))
    sweep(xc, "o1", "--kind", kind, *given)
    assert [row["apic"] for row in xc.rows()] == [apic]


def test_table(xc):
    xc.fake.script(
        case("o1", eligible=3, when={"2": LOST, "3": TAKEN}, table={"params": {"resend": 0}}),
        case("o2", eligible=1, when={"1": ends("fail", "1 check failed")},
             table={"min_vcpus": 3}),
        case("o3"))
    done = sweep(xc, "o*", "--kind", "lost", "--vcpus", "2,4", "--param", "resend=0,1", "-j", "1")
    assert done.status == 0
    head, _, rest = done.stdout.partition("\n\n")
    assert re.fullmatch(r"fault sweep, seed 7: 20 runs in [0-9:]+, 0 failures, 9 findings", head)
    table, _, stories = rest.partition("\n9 findings\n")
    assert table == """\
walk                            runs  faulted  pass  fail  hang
o1[2] lost resend=0                4        3     2     0     2
o1[2] lost resend=1                4        3     2     0     2
o1[4] lost resend=0                4        3     2     0     2
o1[4] lost resend=1                4        3     2     0     2
o2[4] lost                         2        1     1     1     0
o3[2] lost (no eligible event)     1        0     1     0     0
o3[4] lost (no eligible event)     1        0     1     0     0
all                               20       13    11     1     8

walk: the diagnosis of what hung
o1[2] lost resend=0  sent, not pending at the target:  1
o1[2] lost resend=0  taken, no work seen:              1
o1[2] lost resend=1  sent, not pending at the target:  1
o1[2] lost resend=1  taken, no work seen:              1
o1[4] lost resend=0  sent, not pending at the target:  1
o1[4] lost resend=0  taken, no work seen:              1
o1[4] lost resend=1  sent, not pending at the target:  1
o1[4] lost resend=1  taken, no work seen:              1
all                  sent, not pending at the target:  4
all                  taken, no work seen:              4
"""
    assert stories.splitlines()[:2] == [
        "hang: o1[2] kind=lost,nth=2: cpu 0 waits for cpu 1: the IPI was lost",
        "    build/xcvm --case o1 --vcpus 2 --apic user --fault kind=lost,nth=2 --seed 7 "
        "--param resend=0 build/xcguest.elf"]
    assert stories.splitlines()[-2] == "fail: o2[4] kind=lost,nth=1: 1 check failed"


def test_limit(xc):
    xc.fake.script(case("o1", eligible=9))
    done = sweep(xc, "o1", "--kind", "lost,dup", "--limit", "2")
    assert done.status == 0
    assert sorted((row["walk"], row["n"]) for row in xc.rows()) == [(0, 1), (0, 2), (1, 1), (1, 2)]
    assert "\no1[2] dup (cut at 2)      2        2     2\n" in done.stdout


BAD = {
    "unprovoked": case("o1", verdict="fail", reason="1 check failed"),
    "unexplained": case("o1", eligible=1, when={"1": ends("hang", "the time limit passed")}),
    "broken": case("o1", eligible=1, when={"1": {"signal": 11}}),
    "refused": {**case("o1", stderr="xcvm: --fault kind=lost,nth=1: no\n"), "events": [],
                "status": 2},
}
WORDS = {
    "unprovoked": "fail: 1 check failed",
    "unexplained": "the time limit passed",
    "broken": "xcvm was killed by SIGSEGV",
    "refused": "xcvm: --fault kind=lost,nth=1: no",
}


@pytest.mark.parametrize("outcome", BAD)
def test_failures(xc, outcome):
    """What no fault excuses ends with 1 and is told first; --fail-on says otherwise."""
    xc.fake.script(BAD[outcome])
    done = sweep(xc, "o1", "--kind", "lost")
    assert done.status == 1
    assert xc.rows()[0]["outcome"] == outcome
    assert "\n\n1 failure\n" in done.stdout
    assert f"\n{outcome}: o1[2] kind=lost,nth=1: {WORDS[outcome]}\n    build/xcvm " in done.stdout
    assert xc.run("fault", "report", "--fail-on", "none", "out.jsonl").status == 0
    assert xc.run("fault", "report", "--fail-on", outcome, "out.jsonl").status == 1


BROKEN = {
    "sanitizer": ({"status": 99}, "the report says exit code 0, xcvm ended with 99"),
    "cut": ({"cut": -1}, "report: cut off, there is no 'end' event"),
    "half_a_line": ({"raw": '{"event"'}, "cut off before its end"),
    "hidden_check": ({"events": [*case("o1")["events"][:1], check_event(),
                                 *case("o1")["events"][1:]]}, "'pass' with a failed check"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_broken(xc, how):
    """A VMM that misbehaves is a failure, whatever verdict it gives."""
    change, words = BROKEN[how]
    xc.fake.script({**case("o1", eligible=1), **change})
    assert sweep(xc, "o1", "--kind", "lost", "--limit", "1").status == 1
    row = xc.rows()[0]
    assert row["outcome"] == "broken"
    assert words in row["reason"]


def test_left_process(xc):
    xc.fake.script(case("o1", eligible=1, leave=True))
    environment = {"PYTHONPATH": str(xc.patch("run.LEAVE_SECONDS", 0.5))}
    assert sweep(xc, "o1", "--kind", "lost", "--limit", "1", env=environment).status == 1
    assert [row["reason"] for row in xc.rows()] == ["xcvm left 1 process running"]


def test_finding_can_fail(xc):
    xc.fake.script(case("o1", eligible=1, when={"1": LOST}))
    assert sweep(xc, "o1", "--kind", "lost", "--fail-on", "hang").status == 1


def test_gives_up(xc):
    """Where no run says whether a fault was injected there is no end to find."""
    xc.fake.script(case("o1", cut=1))
    done = sweep(xc, "o1", "--kind", "lost", "-j", "2")
    assert done.status == 1
    assert [row["n"] for row in xc.rows()] == [1, 2, 3]
    assert "\no1[2] lost (given up)     3        0     0       3\n" in done.stdout


def test_no_kvm(xc):
    xc.fake.script(case("o1"), nokvm="/dev/kvm does not exist: load KVM")
    done = sweep(xc, "o1", "--kind", "lost")
    assert (done.status, done.stderr) == (6, "xc: /dev/kvm does not exist: load KVM\n")
    assert not (xc.folder / "out.jsonl").exists()


@pytest.mark.parametrize("arguments, words", [
    ([], "a sweep wants a CASE and --kind"),
    (["o1"], "a sweep wants a CASE and --kind"),
    (["o1", "--kind", "loss"], "'loss' is not known: give some of lost,"),
    (["o", "--kind", "lost"], "o: ./build/xcguest.elf has no such case: did you mean o1?"),
    (["o1", "--kind", "lost", "--apic", "kernel"], "--kind lost: KVM's APIC lets nobody in "
     "between: say --apic user"),
    (["o1", "--kind", "lost", "--fault", "nth=3"], "'nth=3': a sweep says nth itself"),
    (["o1", "--kind", "lost", "--fault", "vector"], "'vector' is no attribute: give KEY=VALUE"),
    (["o1", "--kind", "lost", "--param", "x=1"], "--param x: no chosen case has this parameter; "
     "they have: resend"),
    (["o1", "--kind", "lost", "--limit", "0"], "'0' is too small"),
    (["o1", "--kind", "lost", "--fail-on", "pass"], "'pass' is not known"),
    (["o1", "--kind", "lost", "--resume", "out.jsonl"], "not allowed with argument"),
])
def test_refusals(xc, arguments, words):
    xc.fake.script(case("o1", table={"params": {"resend": 0}}))
    done = sweep(xc, *arguments)
    assert done.status == 2
    assert words in done.stderr.replace(str(xc.folder), ".")
    assert "Traceback" not in done.stderr
    assert not (xc.folder / "out.jsonl").exists()
