# SPDX-License-Identifier: ISC
"""xc perf export: the forms that other programs read."""

import json
import re

import pytest

from support.fake import FRAME, end_event, run_event, vcpu_event
from support.perf import histogram, measurement, noisy, put, repetition, result
from xclib.perf.trace import arrows, records

pytestmark = pytest.mark.tool

EMULATED = "guest kernel code is EMULATED on this host"
ONE = result(measurement("bench_a", repetition(histogram("call", range(1, 10001)))), emulated=True)


def export(xc, form, found, *arguments):
    return xc.run("perf", "export", "--format", form, put(xc.folder, "a.json", found), *arguments)


# ---- HdrHistogram -------------------------------------------------------------------------------

def test_hgrm(xc):
    """Every line as its own reader parses it."""
    done = export(xc, "hgrm", ONE)
    assert done.status == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"#[{EMULATED}")
    assert "       Value     Percentile TotalCount 1/(1-Percentile)" in lines
    rows = [line.split() for line in lines if line and line[0] == " " and "Value" not in line]
    assert rows[0] == ["1.000", "0.000000000000", "1", "1.00"]
    median = next(row for row in rows if row[1] == "0.500000000000")
    assert (median[0], median[2], median[3]) == ("5003.000", "5003", "2.00")
    assert rows[-1] == ["10000.000", "1.000000000000", "10000"]
    assert all(len(row) == 4 for row in rows[:-1])
    assert re.fullmatch(r"#\[Mean    = +5000\.\d+, StdDeviation   = +288\d\.\d+\]", lines[-3])
    assert re.fullmatch(r"#\[Max     = +10000\.000, Total count    = +10000\]", lines[-2])


def test_hgrm_of_several(xc):
    found = result(noisy("bench_a", 1), noisy("bench_b", 2))
    done = export(xc, "hgrm", found)
    assert done.status == 2
    assert "--format hgrm: 4 phases: give --output FOLDER" in done.stderr
    assert export(xc, "hgrm", found, "-o", "all").status == 0
    assert sorted(path.name for path in (xc.folder / "all").iterdir()) == [
        f"bench_{name}-2-{phase}.hgrm" for name in "ab" for phase in ("call", "function")]
    one = export(xc, "hgrm", found, "--only", "bench_a", "--phase", "call").stdout
    assert one == (xc.folder / "all" / "bench_a-2-call.hgrm").read_text()


# ---- Google Benchmark ---------------------------------------------------------------------------

def test_gbench(xc):
    """What its compare.py wants of a file; the times are the medians, in ns."""
    found = json.loads(export(xc, "gbench", result(noisy("bench_a", 1), emulated=True)).stdout)
    assert found["context"]["xc_headline"].startswith(EMULATED)
    assert found["context"]["num_cpus"] == 2
    entries = [one for one in found["benchmarks"] if one["name"].startswith("bench_a[2]/call")]
    plain = [one for one in entries if one["run_type"] == "iteration"]
    assert [one["repetition_index"] for one in plain] == list(range(11))
    for one in plain:
        assert one["time_unit"] == "ns" and one["iterations"] == 100
        assert one["real_time"] == one["p50"] == one["cpu_time"]
        assert 400 < one["p50"] < 600 and one["min"] <= one["p50"] <= one["p99"] <= one["max"]
    assert [one["aggregate_name"] for one in entries[11:]] == ["mean", "median", "stddev"]
    mean = sum(one["real_time"] for one in plain) / 11
    assert entries[11]["real_time"] == pytest.approx(mean)


def test_written_whole(xc):
    """To a file, over what was there; a full disk leaves that."""
    (xc.folder / "out").write_text("old")
    size = len(export(xc, "gbench", ONE).stdout)
    done = xc.run("perf", "export", "--format", "gbench", "a.json", "-o", "out",
                  file_size=size - 10)
    assert (done.status, done.stderr) == (2, "xc: out: File too large\n")
    assert (xc.folder / "out").read_text() == "old"
    assert [path.name for path in xc.folder.iterdir() if path.name.startswith(".")] == []
    assert export(xc, "gbench", ONE, "-o", "out").status == 0
    assert json.loads((xc.folder / "out").read_text())["benchmarks"]


# ---- Chrome's trace events ----------------------------------------------------------------------

def record(tsc, what, target=1, function="f", primitive="cpu_xcall"):
    return {"tsc": tsc, "what": what, "primitive": primitive, "target": target,
            "function": function and {**FRAME, "function": function}}


CALL = [
    run_event(case="bench_a", vcpus=2, seed=1, tsc_khz=2000000),
    vcpu_event(0, trace=[record(1000, "send"), record(1400, "ipi", function=None)]),
    vcpu_event(1, trace=[record(3000, "received", 1, None), record(4000, "dispatch"),
                         record(5000, "done")]),
    end_event("hang"),
]


def trace(xc, events, *arguments):
    (xc.folder / "e.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
    return xc.run("perf", "export", "--format", "trace", "e.jsonl", *arguments)


def test_trace(xc):
    done = trace(xc, CALL)
    assert done.status == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["otherData"]["emulated"] is True
    events = found["traceEvents"]
    tracks = {event["tid"]: event["args"]["name"] for event in events
              if event["name"] == "thread_name"}
    assert tracks == {0: "vCPU 0", 1: "vCPU 1"}
    slices = {event["name"]: (event["tid"], event["ts"], event["dur"]) for event in events
              if event["ph"] == "X"}
    assert slices == {"send f": (0, 0.0, 1), "ipi": (0, 0.2, 1), "received": (1, 1.0, 1),
                      "f": (1, 1.5, 0.5)}
    flows = {(event["name"], event["ph"]): (event["tid"], event["ts"], event["id"])
             for event in events if event["ph"] in "sf"}
    assert flows == {("call", "s"): (0, 0.0, 2), ("call", "f"): (1, 1.5, 2),
                     ("interrupt", "s"): (0, 0.2, 1), ("interrupt", "f"): (1, 1.0, 1)}
    for end in [event for event in events if event["ph"] in "sf"]:
        assert any(each["ph"] == "X" and each["tid"] == end["tid"]
                   and each["ts"] <= end["ts"] <= each["ts"] + each["dur"] for each in events
                   if "ts" in each)


def test_a_broadcast_has_an_arrow_to_each(xc):
    found = records([vcpu_event(0, trace=[record(1, "send", None)]),
                     vcpu_event(1, trace=[record(2, "dispatch", 1)]),
                     vcpu_event(2, trace=[record(3, "dispatch", 2)])])
    assert [(sender, cpu) for sender, _, cpu, _ in arrows(found)] == [(0, 1), (0, 2)]


def test_no_arrow_without_both_ends():
    found = records([vcpu_event(0, trace=[record(4, "send", function="g"), record(5, "send"),
                                          record(9, "send")]),
                     vcpu_event(1, trace=[record(2, "dispatch"), record(6, "dispatch"),
                                          record(7, "dispatch"), record(8, "received", 1, None)])])
    assert [(sent["tsc"], got["tsc"]) for _, sent, _, got in arrows(found)] == [(5, 6)]


def test_a_lost_interrupt_has_no_arrow():
    """The handler is the next one's, which also serves what was merged with it."""
    found = records([vcpu_event(0, trace=[record(n, "ipi", function=None) for n in (1, 4, 5)]),
                     vcpu_event(1, trace=[record(6, "received", 1, None),
                                          record(7, "received", 1, None)])])
    assert [(sent["tsc"], got["tsc"]) for _, sent, _, got in arrows(found)] == [(5, 6)]


def test_no_arrow_from_before_a_full_ring():
    """Where it arrived may be what the ring has lost."""
    ring = [record(100 + n, "done") for n in range(63)]
    found = records([vcpu_event(0, trace=[record(5, "send"), record(150, "send")]),
                     vcpu_event(1, trace=[*ring, record(200, "dispatch")])])
    assert [(sent["tsc"], got["tsc"]) for _, sent, _, got in arrows(found)] == [(150, 200)]


def test_a_function_that_has_not_ended(xc):
    events = json.loads(trace(xc, CALL[:2] + [vcpu_event(1, trace=[record(3, "dispatch")])]
                              + CALL[3:]).stdout)["traceEvents"]
    assert [event["name"] for event in events if event["ph"] == "B"] == ["f"]


def test_told_twice(xc):
    """SIGQUIT, and again: the same records."""
    assert trace(xc, CALL[:3] + CALL[1:]).stdout == trace(xc, CALL).stdout


@pytest.mark.parametrize("events, words", [
    ([], "e.jsonl: no events: a file of xcvm --events is wanted"),
    ([run_event(case="c", vcpus=1, seed=1), end_event()], "e.jsonl: no trace: a run tells its"),
    ([5], "e.jsonl: line 1: event: not an object"),
    ([{"event": "vcpu"}], "e.jsonl: not the events of a run: KeyError('trace')"),
])
def test_bad_events(xc, events, words):
    done = trace(xc, events, "-o", "out")
    assert done.status == 2
    assert done.stderr.startswith(f"xc: {words}")
    assert not (xc.folder / "out").exists()


@pytest.mark.parametrize("arguments, words", [
    (["--format", "gbench", "--phase", "call"], "--phase: goes with --format hgrm alone"),
    (["--format", "trace", "--only", "x"], "--only: a trace is of one run"),
    (["--format", "hgrm", "--phase", "x"], "--phase x: no chosen measurement has it"),
    (["--format", "csv"], "invalid choice: 'csv'"),
])
def test_refusals(xc, arguments, words):
    done = xc.run("perf", "export", *arguments, put(xc.folder, "a.json", ONE))
    assert done.status == 2
    assert words in done.stderr
