# SPDX-License-Identifier: ISC
"""From the events of runs to what a result file holds."""

import statistics
import time

from ..errors import NoKvm
from ..place import digest
from . import host
from .form import REPETITION, FormError

METRIC = ("name", "value", "unit")
HISTOGRAM = ("phase", "cpu", "target", "count", "min", "max", "buckets")
SECTION = ("name", "operations", "elapsed_ns", "user_exits", "stats")
DIGITS, UNIT = 3, "cycles"


class Failed(Exception):
    """A run gave no measurement."""

    def __init__(self, verdict, reason):
        super().__init__(reason)
        self.verdict, self.reason = verdict, " ".join(reason.split())


def _part(event, names):
    return {name: event.get(name) for name in names}


def repetition(result, seed):
    """One repetition out of a Result; Failed when it is none, NoKvm when there can be none."""
    end = result.end
    if result.refused == "nokvm" or end.get("verdict") == "nokvm":
        raise NoKvm(end.get("reason") or result.stderr.strip() or "no KVM")
    if result.refused:
        said = [line for line in result.stderr.splitlines() if line.strip()]
        raise Failed(result.refused, said[0] if said else result.reason)
    if result.verdict != "pass":
        checks = result.report.of("check")
        first = f"{checks[0].get('file')}:{checks[0].get('line')}: {checks[0].get('message')}" \
            if checks else ""
        raise Failed(result.verdict, f"{result.reason}{': ' if first else ''}{first}")
    histograms = [event for event in result.report.of("histogram") if event.get("count")]
    if not histograms:
        raise Failed("broken", "it passed, and told no histogram")
    for event in histograms:
        if (event.get("digits"), event.get("unit")) != (DIGITS, UNIT):
            raise Failed("broken", f"phase {event.get('phase')}: a histogram of "
                         f"{event.get('digits')} digits in {event.get('unit')}, where {DIGITS} in "
                         f"{UNIT} are wanted")
    found = {
        "seed": seed, "seconds": end.get("seconds"), "insn_cycles": end.get("insn_cycles"),
        "histograms": [_part(event, HISTOGRAM) for event in histograms],
        "sections": [_part(event, SECTION) for event in result.report.of("section")],
        "metrics": [_part(event, METRIC) for event in result.report.of("metric")]}
    try:
        REPETITION(found, "events")
    except FormError as error:
        raise Failed("broken", str(error)) from None
    return found


def pin_text(pin):
    return pin if isinstance(pin, str) else ",".join(map(str, pin))


class Context:
    """The conditions, gathered while it is measured."""

    def __init__(self, options, xcvm, image, seed, session):
        self.began, self.stolen = time.time(), host.stolen()
        self.load = host.load()
        self.run, self.ends = None, []
        self.given = {
            "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.began)),
            "xcvm_sha256": digest(xcvm), "image": image, "image_sha256": digest(image),
            "isolated": host.isolated(), "apic": options.apic, "pin": pin_text(options.pin),
            "repetitions": options.repetitions, "seed": seed, "session": session}

    def take(self, result):
        """Keep the first and the last event of a run that was a measurement."""
        if self.run is None:
            self.run = result.report.of("run")[0]
        self.ends.append(result.end)

    def _emulated(self):
        """Emulated if any run was: the probe may fail to tell."""
        said = {end.get("emulated") for end in self.ends}
        return next((answer for answer in (True, False) if answer in said), None)

    def finish(self):
        cycles = [end["insn_cycles"] for end in self.ends if end.get("insn_cycles")]
        params = self.run["params"]
        fence = params.get("icr_fence")
        stolen = host.stolen()
        return {
            **self.given, "seconds": round(time.time() - self.began, 1),
            "xcvm": self.run["xcvm"], "abi": self.run["abi"], "build_id": self.run["build_id"],
            "fence": None if fence is None else bool(fence), "budget_ms": params.get("budget_ms"),
            "implementations": self.run["implementations"],
            "host": self.run["host"], "tsc_khz": self.run["tsc_khz"],
            "load": {"before": self.load, "after": host.load()},
            "stolen_s": None if stolen is None or self.stolen is None
            else round(max(0.0, stolen - self.stolen), 2),
            "emulated": self._emulated(),
            "insn_cycles": statistics.median_low(cycles) if cycles else None}
