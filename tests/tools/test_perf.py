# SPDX-License-Identifier: ISC
"""xc perf run: what is measured, in which order, what is kept of it, and when nothing is."""

import gzip
import json
import re
import shutil
import signal
from types import SimpleNamespace

import jsonschema
import pytest

from support.fake import case, check_event
from support.perf import PARAMS, SCHEMA, bench, histogram
from xclib.perf.measure import Build, Item, Session
from xclib.perf.options import powers
from xclib.perf.result import Results, load

pytestmark = pytest.mark.tool


def measure(xc, *arguments, **kwargs):
    return xc.run("perf", "run", "--seed", "5", "-q", "-o", "out.json", *arguments, **kwargs)


def names(xc):
    """What was run: `case[vcpus]`, in order."""
    return [f"{call[call.index('--case') + 1]}[{call[call.index('--vcpus') + 1]}]"
            for call in xc.fake.calls()]


def test_result(xc):
    """All that the file holds, and that the schema says the same of it."""
    xc.fake.script(bench("bench_a", histogram("call", [5, 6, 7]), histogram("call", [9], 1, None),
                         histogram("function", [70000] * 4)))
    done = measure(xc, "--vcpus", "2", "--repetitions", "2")
    assert (done.status, done.stdout) == (0, "out.json: 1 measurement\n"), done.stderr
    found = json.loads((xc.folder / "out.json").read_text())
    jsonschema.validate(found, SCHEMA)
    one, = load(xc.folder / "out.json").measurements
    assert one.label == "bench_a[2]"
    assert one.phases == ("call", "function")
    assert (one.merged("call").count, one.merged("call").max) == (8, 9)
    assert one.pairs("call") == [(0, 1), (1, None)]
    assert one.exits() == (2.0, 0.0)
    assert [each["seed"] for each in one.repetitions] == [5, 6]
    context = found["context"]
    assert context["emulated"] is True and context["insn_cycles"] == 2100
    assert (context["fence"], context["budget_ms"], context["pin"]) == (True, 200, "auto")
    assert context["tsc_khz"] == 2000000
    assert found["missing"] == []


def test_what_is_run(xc):
    xc.fake.script(bench("bench_a"), case("o1"))
    measure(xc, "--vcpus", "2", "--repetitions", "1", "--fence", "off", "--budget", "50",
            "--param", "warmup=7", "--pin", "1,0", "--apic", "user", "--timeout", "9")
    call, = xc.fake.calls()
    where = call.index("--events")
    del call[where:where + 2]
    assert call == ["--case", "bench_a", "--vcpus", "2", "--apic", "user", "--pin", "1,0",
                    "--seed", "5", "--timeout", "9", "--param", "icr_fence=0", "--param",
                    "budget_ms=50", "--param", "warmup=7", "build/xcguest.elf"]


def test_without_a_choice(xc):
    """All measurements, and nothing that is none: it has no budget."""
    xc.fake.script(bench("bench_a"), case("o1"), bench("other"), bench("bench_n", params={}))
    measure(xc, "--vcpus", "2", "--repetitions", "1")
    assert names(xc) == ["bench_a[2]", "other[2]"]
    xc.fake.script(case("o1"))
    done = measure(xc)
    assert (done.status, done.stderr) == (2, f"xc: {xc.fake.image} holds no measurement\n")


def test_in_turn(xc):
    """A host that changes slowly changes for all measurements alike."""
    xc.fake.script(bench("bench_a"), bench("bench_b", min_vcpus=2))
    measure(xc, "--vcpus", "1,2", "--repetitions", "2")
    assert names(xc) == ["bench_a[1]", "bench_a[2]", "bench_b[2]"] * 2


def test_with_a_baseline(xc):
    """Two builds in turn, each of them first as often as the other; two files."""
    other = xc.folder / "other"
    shutil.copytree(xc.fake.build, other)
    xc.fake.script(bench("bench_a"), bench("bench_b"))
    (other / "xcguest.elf").write_text(json.dumps({"cases": [bench("bench_a")]}))
    done = measure(xc, "--vcpus", "2", "--repetitions", "2", "--baseline", "other")
    assert (done.status, done.stdout) == (
        0, "out.json: 2 measurements\nout-baseline.json: 1 measurement\n"), done.stderr
    ours, theirs = (load(xc.folder / f"out{name}.json") for name in ("", "-baseline"))
    assert (ours.context["image"], theirs.context["image"]) == (
        "build/xcguest.elf", "other/xcguest.elf")
    assert [one.label for one in theirs.measurements] == ["bench_a[2]"]
    assert len(theirs.measurements[0].repetitions) == 2
    assert xc.run("perf", "compare", "out.json", "out-baseline.json").status == 2  # too few


def test_turns():
    """Neither build is always the one that comes after the other."""
    def build(name):
        made = Build("xcvm", name, "out", None)
        made.items = [Item(SimpleNamespace(name=case), 2, {}, {}, made) for case in "ab"]
        return made
    session = Session([build("A"), build("B")], SimpleNamespace(repetitions=2), 1)
    assert [[item.build.image + item.case.name for item in session._turn(number)]
            for number in (0, 1)] == [["Aa", "Ba", "Ab", "Bb"], ["Ba", "Aa", "Bb", "Ab"]]


def test_every_value_of_a_parameter(xc):
    xc.fake.script(bench("bench_a", params={**PARAMS, "k": 1}), bench("bench_b"))
    measure(xc, "--vcpus", "2", "--repetitions", "1", "--param", "k=1,2")
    assert [one.label for one in load(xc.folder / "out.json").measurements] == [
        "bench_a[2] k=1", "bench_a[2] k=2", "bench_b[2]"]


@pytest.mark.parametrize("pin, wanted", [
    ("off", None), ("auto", None), ("0", "0"), ("0-1", "0,1")])
def test_pinning(xc, pin, wanted):
    """auto does not put two vCPUs on one CPU."""
    xc.fake.script(bench("bench_a"))
    measure(xc, "--vcpus", "4000", "--repetitions", "1", "--pin", pin)
    call, = xc.fake.calls()
    assert (call[call.index("--pin") + 1] if "--pin" in call else None) == wanted


def test_auto_pins_where_it_can(xc):
    xc.fake.script(bench("bench_a"))
    measure(xc, "--vcpus", "1", "--repetitions", "1")
    call, = xc.fake.calls()
    assert "--pin" in call


def test_gzipped(xc):
    xc.fake.script(bench("bench_a"))
    xc.run("perf", "run", "-q", "--vcpus", "2", "--repetitions", "1", "-o", "out.json.gz")
    gzip.decompress((xc.folder / "out.json.gz").read_bytes())
    assert isinstance(load(xc.folder / "out.json.gz"), Results)


def test_default_name(xc):
    xc.fake.script(bench("bench_a"))
    done = xc.run("perf", "run", "-q", "--vcpus", "2", "--repetitions", "1")
    name = re.fullmatch(r"(xc-perf-[0-9-]+\.json): 1 measurement\n", done.stdout)[1]
    assert load(xc.folder / name).measurements


# ---- what fails ---------------------------------------------------------------------------------

FAILING = {
    "fail": case("bench_b", check_event(), verdict="fail", reason="checks failed"),
    "hang": case("bench_b", verdict="hang", reason="cpu 0 waits"),
    "skip": case("bench_b", verdict="skip", reason="no"),
    "broken": case("bench_b", cut=1),
}


@pytest.mark.parametrize("verdict", FAILING)
def test_a_measurement_that_fails(xc, verdict):
    """The rest is measured; the file says what is missing and why, and so does the exit code."""
    xc.fake.script(FAILING[verdict], bench("bench_a"))
    done = measure(xc, "bench_*", "--vcpus", "2", "--repetitions", "3")
    assert done.status == 1
    assert f"xc: bench_b[2]: {verdict}: " in done.stderr
    assert done.stdout == "out.json: 1 measurement, 1 missing\n"
    found = json.loads((xc.folder / "out.json").read_text())
    jsonschema.validate(found, SCHEMA)
    assert [one["verdict"] for one in found["missing"]] == [verdict]
    assert names(xc).count("bench_b[2]") == 1 and names(xc).count("bench_a[2]") == 3


@pytest.mark.parametrize("events, words", [
    ([], "told no histogram"),
    ([{**histogram("call", [5]), "digits": 2, "unit": "cycles"}], "of 2 digits in cycles"),
    ([{**histogram("call", [5]), "digits": 3, "unit": "cycles", "count": 9}],
     "events.histograms[0].count: 9, but its buckets hold 1"),
])
def test_histograms_are_not_believed(xc, events, words):
    xc.fake.script(case("bench_a", *({"event": "histogram", "run": 1, "t_us": 1, **each}
                                     for each in events)))
    done = measure(xc, "bench_a", "--vcpus", "2", "--repetitions", "1")
    assert done.status == 1
    assert words in done.stderr
    assert "nothing was kept" in done.stderr
    assert not (xc.folder / "out.json").exists()


@pytest.mark.parametrize("number, code", [
    (signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_keeps_nothing(xc, number, code):
    xc.fake.script({**bench("bench_a"), "endless": True})
    live = xc.start("perf", "run", "-o", "out.json", "--vcpus", "2")
    while not xc.fake.calls():
        assert live.process.poll() is None
    pids = xc.runs(live)
    before = sorted(path.name for path in xc.folder.iterdir())
    live.signal(number)
    done = live.finish()
    assert done.status == code
    assert done.stderr.endswith("xc: stopped: nothing was kept\n")
    assert xc.gone(pids)
    assert sorted(path.name for path in xc.folder.iterdir()) == before
    assert not (xc.folder / "out.json").exists()


def test_full_disk(xc):
    """What cannot be written whole is not written."""
    xc.fake.script(bench("bench_a"))
    done = measure(xc, "--vcpus", "2", "--repetitions", "40", file_size=8000)
    assert (done.status, done.stderr) == (2, "xc: out.json: File too large\n")
    assert [path.name for path in xc.folder.iterdir() if "perf" in path.name] == []
    assert not (xc.folder / "out.json").exists()


def test_no_kvm(xc):
    xc.fake.script(bench("bench_a"), nokvm="no /dev/kvm: load the module")
    done = measure(xc, "--vcpus", "2")
    assert (done.status, done.stderr) == (6, "xc: no /dev/kvm: load the module\n")
    assert not (xc.folder / "out.json").exists()


def test_progress_off_a_terminal(xc):
    xc.fake.script(bench("bench_a"))
    done = xc.run("perf", "run", "--seed", "5", "--vcpus", "2", "--repetitions", "2", "-o", "o")
    assert done.stderr == "1 measurement, 2 repetitions, seed 5; result: o\n"


@pytest.mark.parametrize("arguments, words", [
    (["bench_x"], "bench_x: ./build/xcguest.elf has no such case: did you mean bench_"),
    (["--param", "k=1"], "--param k: no chosen case has this parameter; they have: budget_ms, "),
    (["--param", "icr_fence=0"], "--param icr_fence: say --fence"),
    (["--param", "budget_ms=9"], "--param budget_ms: say --budget"),
    (["bench_b", "--vcpus", "2"], "--vcpus: no chosen case runs with that many"),
    (["--pin", "x"], "'x' is no host CPU: give a list such as 0,2,4-7"),
    (["--budget", "0"], "'0' is too small: give a number from 1 up"),
    (["-o", "old.json"], "old.json: is there already: give another --output"),
    (["-o", "no/out.json"], "no/out.json: there is no folder no"),
    (["--baseline-output", "b.json"], "--baseline-output: goes with --baseline alone"),
    (["--baseline", "build", "--baseline-output", "out.json"], "is where the other result goes"),
    (["--baseline", "no"], "no VMM at ./no/xcvm: run `make` first"),
])
def test_refusals(xc, arguments, words):
    """Before anything is measured."""
    xc.fake.script(bench("bench_a"), bench("bench_b", max_vcpus=1))
    (xc.folder / "old.json").write_text("old")
    before = sorted(path.name for path in xc.folder.iterdir())
    done = measure(xc, *arguments)
    assert done.status == 2
    assert words in done.stderr.replace(str(xc.folder), ".")
    assert "Traceback" not in done.stderr
    assert xc.fake.calls() == []
    assert {path.name for path in xc.folder.iterdir()} - {"build"} == set(before) - {"build"}


@pytest.mark.parametrize("cpus, counts", [
    (1, (1,)), (2, (1, 2)), (6, (1, 2, 4, 6)), (8, (1, 2, 4, 8))])
def test_default_counts(cpus, counts):
    assert powers(cpus) == counts
