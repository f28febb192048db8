# SPDX-License-Identifier: ISC
"""xc perf report, and what a result file is read as: nothing in it is believed."""

import copy
import gzip
import json
import re

import jsonschema
import pytest

from support.perf import SCHEMA, histogram, measurement, noisy, put, repetition, result

pytestmark = pytest.mark.tool

EMULATED = "guest kernel code is EMULATED on this host"
GOOD = result(measurement("bench_a", repetition(histogram("call", range(1, 1001)),
                                                histogram("function", [70000] * 4, 1, None))))


def report(xc, found, *arguments):
    return xc.run("perf", "report", put(xc.folder, "a.json", found), *arguments)


def rows(done):
    """phase: the cells of its line."""
    cells = [re.split("  +", line.strip()) for line in done.stdout.splitlines()
             if line.startswith("  ")]
    return {row[0]: row[1:] for row in cells}


def test_table(xc):
    done = report(xc, GOOD)
    assert done.status == 0, done.stderr
    assert rows(done)["cycles"] == ["n", "min", "p50", "p90", "p99", "p99.9", "max"]
    assert rows(done)["call"] == ["1,000", "1", "500", "900", "990", "999", "1,000"]
    assert rows(done)["function"] == ["4", "70,000", "70,000", "-", "-", "-", "70,000"]
    assert "exits per operation: 2.00, 0.00 of them to xcvm" in done.stdout


def test_repetitions_count_together(xc):
    parts = [repetition(histogram("call", [5] * 10)), repetition(histogram("call", [7] * 90))]
    done = report(xc, result(measurement("bench_a", *parts)))
    assert rows(done)["call"][:5] == ["100", "5", "7", "7", "7"]
    assert "2,000" in done.stdout.replace("2000", "2,000")


def test_nanoseconds(xc):
    """2 GHz: half as many as cycles."""
    done = report(xc, GOOD, "--unit", "ns")
    assert rows(done)["ns"][:2] == ["n", "min"]
    assert rows(done)["call"][1:4] == ["0.5", "250", "450"]


def test_pairs(xc):
    done = report(xc, GOOD, "--pairs")
    assert "    cpu 0 to 1" in done.stdout and "    cpu 1 " in done.stdout


@pytest.mark.parametrize("emulated, cycles, first", [
    (True, 2100, f"{EMULATED} (2100 cycles an instruction): no time here is that of the hardware"),
    (False, 1, "guest code runs on the CPU itself"),
    (None, None, "it is not known whether guest kernel code is emulated on this host")])
def test_first_line(xc, emulated, cycles, first):
    done = report(xc, {**GOOD, "context": {**GOOD["context"], "emulated": emulated,
                                           "insn_cycles": cycles}})
    assert done.stdout.splitlines()[0] == first


def test_conditions(xc):
    text = report(xc, GOOD).stdout
    for word in ("kvm_fake (kvm.halt_poll_ns=0), Fake CPU, 2 CPUs, Linux 6.1",
                 "governor performance, SMT off", "load 0.10 before", "build id 00ff",
                 "cpu_xcall of kern/xc.c", "apic kernel, fence on, pin auto, budget 200 ms, seed 5",
                 "pinned to 0,1", "1000 operations in 1 repetition",
                 "tsc offset of each CPU: 3 to 5 cycles"):
        assert word in text
    assert "was busy" not in text


def test_a_busy_host_is_told(xc):
    found = copy.deepcopy(GOOD)
    found["context"]["load"]["before"] = 8.5
    assert "the host was busy before the first measurement" in report(xc, found).stdout


def test_missing_is_told(xc):
    missing = {"case": "bench_b", "vcpus": 2, "given": {}, "verdict": "hang", "reason": "why",
               "command": ["xcvm", "--case", "bench_b"]}
    text = report(xc, {**GOOD, "missing": [missing]}).stdout
    assert "1 measurement missing:\nbench_b[2] hang: why\n    xcvm --case bench_b\n" in text


def test_only(xc):
    found = result(noisy("bench_a", 1), noisy("bench_b", 2))
    text = report(xc, found, "--only", "*_b").stdout
    assert "bench_b[2]" in text and "bench_a" not in text
    assert "bench_a[2]" in report(xc, found, "--only", "bench_a[2]").stdout
    done = report(xc, found, "--only", "x")
    assert (done.status, done.stderr) == (
        2, "xc: a.json: no measurement matches x; it has bench_a[2], bench_b[2]\n")


# ---- bad files ----------------------------------------------------------------------------------

TEXT = json.dumps(GOOD)


BAD = {
    "empty": (b"", "a.json: empty: a result file of xc perf run is wanted"),
    "cut off": (TEXT[:-40].encode(), "a.json: not JSON, or cut off: "),
    "binary": (b"\xff\xfe", "a.json: not JSON, or cut off: "),
    "no object": (b"[]", "a.json: no result file of xc perf: it has no version"),
    "version": (b'{"version": 2}', "a.json: has version 2, this xc reads 1: use the xc that wrote"),
    "gzip cut off": (gzip.compress(TEXT.encode())[:-20], "a.json: Compressed file ended before"),
    "gzip broken": (gzip.compress(TEXT.encode())[:200] + b"x" * 99, "a.json: "),
    "NaN": (TEXT.replace("1,", "NaN,", 1).encode(), "a.json: not JSON"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_file(xc, name):
    data, words = BAD[name]
    (xc.folder / "a.json").write_bytes(data)
    for command in (["report", "a.json"], ["compare", "a.json", "a.json"],
                    ["export", "--format", "gbench", "a.json"]):
        done = xc.run("perf", *command)
        assert done.status == 2
        assert done.stderr.startswith(f"xc: {words}")
        assert done.stdout == "" and "Traceback" not in done.stderr


def test_no_file(xc):
    done = xc.run("perf", "report", "none.json")
    assert (done.status, done.stderr) == (2, "xc: none.json: No such file or directory\n")


ONE = ("measurements", 0, "repetitions", 0, "histograms", 0)


@pytest.mark.parametrize("path, value, words", [
    (("context",), None, "context: is missing"),
    (("context", "host", "module"), 5, "context.host.module: 5 is no text"),
    (("context", "emulated"), "no", "context.emulated: 'no' is neither true nor false"),
    (("context", "load", "before"), -1, "context.load.before: -1 is no number from 0 up"),
    (("measurements",), {}, "measurements: no list"),
    (("measurements", 0, "vcpus"), 0, "measurements[0].vcpus: 0 is no whole number from 1 to"),
    (("measurements", 0, "repetitions"), [], "measurements[0].repetitions: empty"),
    ((*ONE, "count"), 9, "histograms[0].count: 9, but its buckets hold 1000"),
    ((*ONE, "min"), 2, "histograms[0].min: 2 is not in the bucket where it must be"),
    ((*ONE, "max"), 99999, "histograms[0].max: 99999 is not in the bucket where it must be"),
    ((*ONE, "buckets"), [[5, 1], [4, 999]], "histograms[0].buckets: their indexes do not go up"),
    ((*ONE, "buckets"), [[5, 0]], "buckets[0]: a bucket is an index below 56320 and a count"),
    ((*ONE, "buckets"), [[56320, 1]], "buckets[0]: a bucket is an index below 56320 and a count"),
    ((*ONE, "buckets"), [["5", 1]], "buckets[0][0]: '5' is no whole number from 0"),
    ((*ONE, "phase"), None, "histograms[0].phase: is missing"),
    (("missing",), [3], "missing[0]: no object"),
])
def test_bad_field(xc, path, value, words):
    """The error names the field; None takes it away."""
    found = copy.deepcopy(GOOD)
    at = found
    for name in path[:-1]:
        at = at[name]
    if value is None:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    done = report(xc, found)
    assert done.status == 2
    assert done.stderr.startswith("xc: a.json: ") and words in done.stderr
    assert done.stderr.endswith(": measure again\n")


def test_the_schema_takes_what_the_tests_make():
    jsonschema.validate(GOOD, SCHEMA)
    jsonschema.validate(json.loads(json.dumps(result(noisy("bench_a", 1)))), SCHEMA)
