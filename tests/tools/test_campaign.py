# SPDX-License-Identifier: ISC
"""xc fault campaign: the same draws from the same seed, interrupted or not."""

import argparse
import re
import signal
import subprocess

import pytest

from support.fake import case, ends
from xclib.fault.draw import DELIVERY_KINDS, KINDS, Space, counts_of, draw, functions_of
from xclib.fault.options import functions_for_preempt
from xclib.fault.trial import Trial
from xclib.symbols import SymbolError, functions
from xclib.table import Case

pytestmark = pytest.mark.tool

# `preempt` wants an image with symbols; a fake's is JSON.
MOST = ",".join(kind for kind in KINDS if kind != "preempt")
LOST = ends("hang", "cpu 0 waits for cpu 1: the IPI was lost", "sent, not pending at the target")
TEN = [case(f"c{n}", eligible=400, table={"params": {"resend": 0}}, when={"lost": LOST})
       for n in range(10)]
VARIES = ("at", "seconds")


def campaign(xc, *arguments, **kwargs):
    return xc.run("fault", "campaign", *arguments, "-q", **kwargs)


def drawn(xc, *arguments, name="out.jsonl"):
    """The rows of a campaign of 40, in the order of the draws, without what time makes of them."""
    done = campaign(xc, "--kinds", MOST, "--count", "40", "-o", name, *arguments)
    assert done.status == 0, done.stderr
    return fixed(xc.rows(name))


def fixed(rows):
    return sorted(({name: value for name, value in row.items() if name not in VARIES}
                   for row in rows), key=lambda row: row["n"])


def test_same_seed_same_runs(xc):
    xc.fake.script(*TEN)
    first = drawn(xc, "--seed", "3", "-j", "1", name="1.jsonl")
    assert [row["n"] for row in first] == list(range(40))
    assert drawn(xc, "--seed", "3", "-j", "5", name="2.jsonl") == first
    assert drawn(xc, "--seed", "4", name="3.jsonl") != first


def test_what_is_drawn(xc):
    xc.fake.script(*TEN)
    rows = drawn(xc, "--seed", "3", "--vcpus", "1,3", "--cases", "c[0-4]", "--cases", "c7")
    assert {row["case"] for row in rows} == {"c0", "c1", "c2", "c3", "c4", "c7"}
    assert {row["vcpus"] for row in rows} == {1, 3}
    assert {row["apic"] for row in rows} == {"kernel", "user"}
    assert {row["params"]["resend"] for row in rows} == {0, 1}
    assert len({row["seed"] for row in rows}) == 40


def test_a_fault_case_keeps_its_own_parameters(xc):
    """Whether it hangs or sends again is what it is about."""
    xc.fake.script(case("c", table={"kind": "fault", "params": {"resend": 1}}))
    campaign(xc, "--kinds", "lost", "--count", "20", "-o", "own.jsonl")
    assert all("resend" not in row["params"] for row in xc.rows("own.jsonl"))
    campaign(xc, "--kinds", "lost", "--count", "20", "--param", "resend=0", "-o", "given.jsonl")
    assert {row["params"]["resend"] for row in xc.rows("given.jsonl")} == {0}


def test_params_are_drawn_from_what_is_given(xc):
    xc.fake.script(case("c", table={"params": {"resend": 0, "n": 1}}))
    campaign(xc, "--kinds", "lost", "--count", "20", "--param", "resend=1", "--param", "n=3,4",
             "--fail-on", "none", "-o", "out.jsonl")
    assert {(row["params"]["resend"], row["params"]["n"]) for row in xc.rows()} == {(1, 3), (1, 4)}


def test_resume_after_an_interrupt(xc):
    """Ctrl-C leaves a whole file and no process; what --resume adds makes it the same as one run
    that nobody interrupted."""
    xc.fake.script(*TEN)
    whole = drawn(xc, "--seed", "3", name="whole.jsonl")
    live = xc.start("fault", "campaign", "--kinds", MOST, "--count", "40", "--seed", "3", "-j", "3",
                    "-o", "out.jsonl")
    file = xc.folder / "out.jsonl"
    while not file.exists() or file.read_text().count("\n") < 6:
        assert live.process.poll() is None, "ended before it could be interrupted"
    live.signal(signal.SIGINT)
    done = live.finish()
    assert done.status == 130
    assert done.stderr.endswith("go on with: xc fault campaign --resume out.jsonl\n")
    some = fixed(xc.rows())
    assert 5 <= len(some) < 40
    assert f"{len(some)} runs" in done.stdout
    done = campaign(xc, "--resume", "out.jsonl")
    assert done.status == 0, done.stderr
    assert "40 runs" in done.stdout
    assert fixed(xc.rows()) == whole


def test_resume_after_a_crash(xc):
    """A last line that was cut off is run again; --count goes further than was asked first."""
    xc.fake.script(*TEN)
    whole = drawn(xc, "--seed", "3", name="whole.jsonl")
    campaign(xc, "--kinds", MOST, "--count", "9", "--seed", "3", "-o", "out.jsonl")
    file = xc.folder / "out.jsonl"
    file.write_bytes(file.read_bytes()[:-30])
    assert campaign(xc, "--resume", "out.jsonl", "--count", "40").status == 0
    assert fixed(xc.rows()) == whole


def test_resume_a_sweep(xc):
    xc.fake.script(case("o1", eligible=7), case("o2", eligible=3))
    arguments = ["fault", "sweep", "o1", "o2", "--kind", "lost", "--seed", "3", "-q", "-o"]
    xc.run(*arguments, "whole.jsonl")
    whole = [(row["walk"], row["n"], row["injected"]) for row in xc.rows("whole.jsonl")]
    lines = (xc.folder / "whole.jsonl").read_text().splitlines(keepends=True)
    (xc.folder / "out.jsonl").write_text("".join(lines[:6]))
    before = len(xc.fake.calls())
    done = xc.run("fault", "sweep", "--resume", "out.jsonl", "-q", "-j", "1")
    assert len(xc.fake.calls()) == before + 7
    assert done.status == 0
    assert "12 runs" in done.stdout
    rows = [(row["walk"], row["n"], row["injected"]) for row in xc.rows()]
    assert sorted(rows) == sorted(whole)


def test_time(xc):
    """No run is started after the time, and what was spent counts when it is resumed."""
    xc.fake.script(*TEN)
    assert campaign(xc, "--kinds", MOST, "--time", "1s", "-o", "out.jsonl").status == 0
    count = len(xc.rows())
    assert count > 0
    assert max(row["at"] for row in xc.rows()) >= 0.5
    lines = (xc.folder / "out.jsonl").read_text()
    (xc.folder / "out.jsonl").write_text(re.sub(r'"at": [0-9.]+', '"at": 1.0', lines))
    campaign(xc, "--resume", "out.jsonl")
    assert len(xc.rows()) == count


def test_two_do_not_write_one_file(xc):
    xc.fake.script(case("c", eligible=1, endless=True))
    live = xc.start("fault", "campaign", "--kinds", "lost", "--count", "1", "-o", "out.jsonl")
    while not xc.fake.calls():
        assert live.process.poll() is None
    done = campaign(xc, "--resume", "out.jsonl")
    assert (done.status, done.stderr) == (2, "xc: out.jsonl: another xc is writing it\n")
    live.signal(signal.SIGTERM)
    assert live.finish().status == 143


@pytest.mark.parametrize("number, code", [
    (signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_every_run(xc, number, code):
    xc.fake.script(case("c", eligible=1, endless=True))
    live = xc.start("fault", "campaign", "--kinds", "lost", "--count", "9", "-j", "4", "-o", "o")
    while len(xc.fake.calls()) < 4:
        assert live.process.poll() is None
    pids = xc.runs(live)
    assert len(pids) == 4
    live.signal(number)
    assert live.finish().status == code
    assert xc.gone(pids)
    assert [record["record"] for record in xc.records("o")] == ["header"]


def test_a_second_signal_kills(xc):
    """xcvm has five seconds to end by itself, unless the user presses Ctrl-C again."""
    xc.fake.script(case("c", eligible=1, endless=True, stubborn=True))
    environment = {"PYTHONPATH": str(xc.patch("pool.GRACE_SECONDS", 3600))}
    live = xc.start("fault", "campaign", "--kinds", "lost", "--count", "2", "-j", "2", "-o", "o",
                    env=environment)
    while xc.fake.said().count("ready") < 2:
        assert live.process.poll() is None
    pids = xc.runs(live)
    live.signal(signal.SIGINT)
    while xc.fake.said().count("term") < 2:
        assert live.process.poll() is None
    live.signal(signal.SIGINT)
    assert live.finish().status == 130
    assert xc.gone(pids)


def test_progress_off_a_terminal(xc):
    xc.fake.script(case("c", eligible=1, when={"lost": LOST}))
    done = xc.run("fault", "campaign", "--kinds", "lost", "--count", "3", "--seed", "1", "-j", "1",
                  "--vcpus", "2", "-o", "out.jsonl")
    lines = done.stderr.splitlines()
    assert lines[0] == ("1 case, 2 vCPUs, apic kernel,user, kinds lost, seed 1; 1 at a time; "
                        "results: out.jsonl")
    assert [line.partition(" ")[0] for line in lines[1:]] == [
        f"{row['outcome']}:" for row in xc.rows() if row["outcome"] != "pass"]
    assert "\x1b" not in done.stderr


@pytest.mark.parametrize("arguments, words", [
    ([], "a campaign wants --time or --count"),
    (["--count", "1", "--kinds", "lost", "--apic", "kernel"], "--kinds lost: KVM's APIC lets"),
    (["--count", "1", "--kinds", "lost", "--cases", "x*"], "x*: ./build/xcguest.elf has no such"),
    (["--count", "1"], "not a little-endian ELF64 file"),
    (["--count", "1", "--kinds", "misroute", "--vcpus", "1"], "no case is left"),
    (["--time", "soon"], "'soon' is no duration: give one such as 90s, 30m or 1h"),
    (["--resume", "none.jsonl"], "none.jsonl: No such file or directory"),
    (["--resume", "c.jsonl", "--seed", "1"], "--seed: decided when c.jsonl was begun"),
    (["--resume", "cases.toml"], "cases.toml:1: not JSON"),
    (["--resume", "s.jsonl"], "s.jsonl: is of xc fault sweep"),
    (["--resume", "c.jsonl", "--xcvm", "/bin/true"], "begun with another xcvm than /bin/true"),
    (["--count", "1", "--kinds", "lost", "-o", "c.jsonl"], "c.jsonl: is there already: go on with"),
    (["--count", "1", "--kinds", "lost", "-o", "no/c.jsonl"], "no/c.jsonl: No such file"),
])
def test_refusals(xc, arguments, words):
    xc.fake.script(case("c"))
    campaign(xc, "--count", "1", "--kinds", "lost", "-o", "c.jsonl")
    xc.run("fault", "sweep", "c", "--kind", "lost", "-o", "s.jsonl", "-q")
    before = sorted(path.name for path in xc.folder.iterdir())
    done = campaign(xc, *arguments)
    assert done.status == 2
    assert words in done.stderr.replace(str(xc.folder), ".")
    assert "Traceback" not in done.stderr
    assert sorted(path.name for path in xc.folder.iterdir()) == before


def test_full_disk(xc):
    """A row that cannot be written whole is not written, and the campaign ends."""
    xc.fake.script(case("c"))
    campaign(xc, "--count", "1", "--kinds", "lost", "--fail-on", "none", "-o", "out.jsonl")
    size = (xc.folder / "out.jsonl").stat().st_size
    done = campaign(xc, "--resume", "out.jsonl", "--count", "5", file_size=size + 100)
    assert done.status == 2
    assert done.stderr == "xc: out.jsonl: File too large: the results end here\n"
    assert (xc.folder / "out.jsonl").stat().st_size == size


def test_full_disk_ends_the_other_runs(xc):
    xc.fake.script(case("c1", eligible=400), case("c2", eligible=400, endless=True))
    live = xc.start("fault", "sweep", "c2", "c1", "--kind", "lost", "-j", "2", "-q", "-o", "out",
                    file_size=8000)
    pids = set()
    while live.process.poll() is None:
        pids.update(xc.runs(live))
    done = live.finish()
    assert (done.status, done.stderr) == (2, "xc: out: File too large: the results end here\n")
    assert len(xc.rows("out")) > 1
    assert len(pids) > 1
    assert xc.gone(pids)


# ---- the draws themselves -----------------------------------------------------------------------

CASES = tuple(Case(f"c{n}", "ipi", "conformance", (), n % 3 + 1, 0, {}, "x", None)
              for n in range(20))
SPACE = Space(5, CASES, (1, 2, 4), KINDS, ("kernel", "user"), ("ipi_send", "xc_wait"))
KEYS = {
    "lost": set(), "dup": set(), "delay": {"delay_us"}, "reorder": {"delay_us"},
    "misroute": {"to"}, "nmi": {"every_us"}, "spurious": {"vector", "to", "every_us"},
    "stall": {"every_us", "stall_us"}, "slow": {"every_us", "duty"},
    "preempt": {"function", "for_us"},
}
SELECTORS = {"kind", "vector", "src", "dst", "after"}
ATTRIBUTES = {"nth", "probability", "interval", "times", "space"}


def plans():
    for n in range(4000):
        trial = draw(SPACE, n)
        for fault in trial.faults:
            yield trial, dict(part.split("=") for part in fault.split(","))


def test_draws_are_plans_that_xcvm_takes():
    for trial, fields in plans():
        kind = fields["kind"]
        assert set(fields) <= KEYS[kind] | SELECTORS | ATTRIBUTES
        assert KEYS[kind] - {"to"} <= set(fields) or kind in ("reorder", "nmi")
        assert trial.apic == "user" or kind not in DELIVERY_KINDS
        assert not ("nth" in fields and ATTRIBUTES - {"nth"} & set(fields))
        assert "to" not in fields or fields["to"] != fields.get("dst") or kind == "spurious"
        assert all(int(fields[name]) < trial.vcpus for name in ("src", "dst", "to")
                   if name in fields)
        assert kind != "misroute" or trial.vcpus > 1


def test_every_kind_case_and_form_is_drawn():
    seen = {}
    for trial, fields in plans():
        for name in fields:
            seen.setdefault(name, set()).add(fields["kind"])
        seen.setdefault("cases", set()).add(trial.case)
        seen.setdefault("apics", set()).add((trial.apic, fields["kind"] in DELIVERY_KINDS))
    assert seen["kind"] == set(KINDS)
    for name in ATTRIBUTES | {"after", "dst"}:
        assert seen[name] == set(KINDS) - ({"spurious"} if name == "dst" else set())
    assert seen["cases"] == {case.name for case in CASES}
    assert seen["apics"] == {("user", True), ("user", False), ("kernel", False)}


def test_draws_stay_the_same():
    """A result file can be continued by a later xc: the draws of a seed are part of its format."""
    assert draw(SPACE, 13) == Trial(
        "c16", 4, "kernel",
        ("kind=stall,every_us=272,stall_us=1109,times=1",
         "kind=slow,every_us=38669,dst=1,duty=93,after=1043,interval=7"), (), 2544790102)


def test_functions_suit_the_case():
    """A function of another stack would never be entered."""
    names = ("cpu_xcall", "intr", "ipi_send", "xc_wait")
    space = Space(5, CASES, (2,), KINDS, ("user",), names)
    assert functions_of(space, "cpu_xcall") == ["cpu_xcall", "intr"]
    assert functions_of(space, "xcall") == ["intr", "ipi_send", "xc_wait"]
    assert functions_of(space, "ipi") == ["intr", "ipi_send"]
    assert functions_of(space, "kernel") == ["intr"]
    assert functions_of(Space(5, CASES, (2,), KINDS, ("user",), ("mine",)), "ipi") == ("mine",)


def test_counts_of():
    one = Space(5, CASES, (1,), ("misroute",), ("user",), ())
    assert [counts_of(one, case) for case in CASES[:3]] == [[], [2], [3]]


# ---- functions of an image ----------------------------------------------------------------------

def test_functions(liar_image):
    """As nm has it."""
    done = subprocess.run(["nm", "--defined-only", liar_image], capture_output=True, text=True,
                          check=True)
    code = {line.split()[2] for line in done.stdout.splitlines() if line.split()[1] in "tT"}
    found = functions(liar_image)
    assert list(found) == sorted(found)
    assert set(found) <= code and len(found) > 20
    assert {"xcvm_start"} | set(found) >= {name for name in code if name.startswith("case_")}


def test_functions_that_preempt_is_drawn_for(xcvm_settings):
    """Those that begin with a push: others do where a breakpoint stops the guest, only there."""
    image = xcvm_settings.build / "xcguest.elf"
    found = functions(image)
    assert found["intr_entry"] and found["cpu_switchto"] and not found["lwp_trampoline"]
    drawn = functions_for_preempt(argparse.Namespace(functions=None), image)
    assert "intr_entry" in drawn and all(found[name] for name in drawn)


@pytest.mark.parametrize("keep", [0, 10, 63, 5000])
def test_functions_of_a_cut_image(liar_image, tmp_path, keep):
    image = tmp_path / "image.elf"
    image.write_bytes(liar_image.read_bytes()[:keep])
    with pytest.raises(SymbolError):
        functions(image)
