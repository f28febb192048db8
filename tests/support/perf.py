# SPDX-License-Identifier: ISC
"""Measurements made up: cases of the fake xcvm, and result files."""

import itertools
import json
import random
from pathlib import Path

from xclib.perf.histogram import Histogram

from .fake import (HOST, IMPLEMENTATION, case, histogram_event, metric_event, run_event,
                   section_event)

SCHEMA = json.loads(
    (Path(__file__).resolve().parents[2] / "docs" / "perf.schema.json").read_text("utf-8"))
PARAMS = {"icr_fence": 1, "budget_ms": 200, "warmup": 100}
STATS = {"vm": {}, "vcpus": [{"cpu": 0, "exits": 1500}, {"cpu": 1, "exits": 500}]}
CONTEXT = {
    "date": "2026-11-27T12:00:00Z", "seconds": 83.5, "xcvm": "0.1", "xcvm_sha256": "1" * 64,
    "abi": 3, "image": "build/xcguest.elf", "image_sha256": "2" * 64, "build_id": "00ff",
    "implementations": [IMPLEMENTATION], "host": HOST, "isolated": "", "tsc_khz": 2000000,
    "load": {"before": 0.1, "after": 1.0}, "stolen_s": 0.0, "emulated": False, "insn_cycles": 1,
    "apic": "kernel", "pin": "auto", "fence": True, "budget_ms": 200, "repetitions": 11, "seed": 5,
    "session": "a"}


def histogram(phase, values, cpu=0, target=1):
    """As a result file and an event have it."""
    made = Histogram.of(values)
    return {"phase": phase, "cpu": cpu, "target": target, "count": made.count, "min": made.min,
            "max": made.max, "buckets": [list(one) for one in made.buckets]}


def bench(name, *histograms, operations=1000, **table):
    """A case of the fake that measures."""
    histograms = histograms or (histogram("call", range(1, 101)),)
    made = case(name, section_event(name=name, operations=operations, stats=STATS),
                *(histogram_event(**each) for each in histograms),
                metric_event("operations", operations),
                metric_event("tsc offset of cpu1", 3, "cycles"),
                table={"kind": "bench", "params": PARAMS, **table})
    made["events"][0] = run_event(kind="bench", params=PARAMS, tsc_khz=2000000)
    return made


def repetition(*histograms, operations=1000, seed=5):
    return {"seed": seed, "seconds": 0.25, "insn_cycles": 1, "histograms": list(histograms),
            "sections": [{"name": "s", "operations": operations, "elapsed_ns": 10 ** 8,
                          "user_exits": [3, 0], "stats": STATS}],
            "metrics": [{"name": "operations", "value": operations, "unit": ""},
                        {"name": "tsc offset of cpu1", "value": 3, "unit": "cycles"},
                        {"name": "tsc offset of cpu2", "value": 5, "unit": "cycles"}]}


def measurement(name, *repetitions, vcpus=2, **fields):
    return {"case": name, "api": "ipi", "doc": "What it is.", "vcpus": vcpus, "pin": [0, 1],
            "params": PARAMS, "given": {}, "command": ["xcvm", "--case", name, "image"],
            "repetitions": list(repetitions), **fields}


SESSIONS = itertools.count()


def result(*measurements, missing=(), **context):
    """A result file's object, of a session of its own; `host` in the context adds to the fake's."""
    context.setdefault("session", str(next(SESSIONS)))
    context = {**CONTEXT, **context, "host": {**HOST, **context.get("host", {})}}
    context["repetitions"] = max((len(one["repetitions"]) for one in measurements), default=1)
    # As a file gives it back: its own objects, whatever the caller shares between two.
    return json.loads(json.dumps({"version": 1, "context": context,
                                  "measurements": measurements, "missing": missing}))


def noisy(name, seed, scale=1.0, repetitions=11, phases=("call", "function"), noise=0.03,
          values=100, drifts=()):
    """A measurement as a host gives it: each repetition a little slower or faster than the next."""
    dice = random.Random(seed)
    made = []
    for number in range(repetitions):
        drift = dice.lognormvariate(0, noise) * (drifts[number] if drifts else 1)
        made.append(repetition(*(histogram(phase, [
            int(1000 * scale * drift * dice.lognormvariate(0, 0.1)) for _ in range(values)])
            for phase in phases), seed=number))
    return measurement(name, *made)


def put(folder, name, found):
    """Write it; the name again."""
    (folder / name).write_text(json.dumps(found))
    return name
