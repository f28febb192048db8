# SPDX-License-Identifier: ISC
"""xc perf on the real thing: measured, kept, told, and handed on."""

import json

import jsonschema
import pytest

from support.perf import SCHEMA
from xclib.perf.result import load

pytestmark = pytest.mark.vmm

CASES = ("bench_dry_run", "bench_ipi_unicast_halted", "bench_cpu_xcall_sync")


def test_measure_and_tell(xc, xcvm_path, our_image):
    done = xc.run("perf", "run", "--xcvm", xcvm_path, "--image", our_image, "--vcpus", "2",
                  "--repetitions", "2", "--budget", "20", "-q", "-o", "out.json", *CASES)
    assert (done.status, done.stdout) == (0, "out.json: 3 measurements\n"), done.stderr
    jsonschema.validate(json.loads((xc.folder / "out.json").read_text()), SCHEMA)
    results = load(xc.folder / "out.json")
    assert [one.data["case"] for one in results.measurements] == list(CASES)
    assert results.context["tsc_khz"] and results.context["budget_ms"] == 20
    for one in results.measurements:
        assert one.operations >= 2 and one.exits()[1] == 0
    done = xc.run("perf", "report", "out.json", "--unit", "ns")
    assert done.status == 0, done.stderr
    assert done.stdout.splitlines()[0] == results.headline
    for word in ("bench_dry_run[2]", "clock", "round trip", "call to icr"):
        assert word in done.stdout
    names = [entry["name"] for entry in json.loads(
        xc.run("perf", "export", "--format", "gbench", "out.json").stdout)["benchmarks"]]
    assert "bench_cpu_xcall_sync[2]/call" in names


def test_trace_of_a_run(xc, xcvm, our_image):
    """A run that hangs tells its rings: a call is an arrow from the CPU that made it."""
    events = xc.folder / "events"
    done = xcvm.run("--case", "o17_sync_returns_after_the_function", "--apic", "user", "--fault",
                    "kind=lost,vector=xcall,nth=3", "--events", events, our_image)
    assert done.status == 5
    done = xc.run("perf", "export", "--format", "trace", "events")
    assert done.status == 0, done.stderr
    told = json.loads(done.stdout)["traceEvents"]
    assert {event["args"]["name"] for event in told if event["name"] == "thread_name"} == {
        "vCPU 0", "vCPU 1"}
    starts = {event["id"]: event for event in told if event["ph"] == "s"}
    ends = {event["id"]: event for event in told if event["ph"] == "f"}
    assert starts and starts.keys() == ends.keys()
    for number, start in starts.items():
        assert start["ts"] <= ends[number]["ts"]
    assert any(start["name"] == "call" and start["tid"] != ends[number]["tid"]
               for number, start in starts.items())
