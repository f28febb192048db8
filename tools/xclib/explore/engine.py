# SPDX-License-Identifier: ISC
"""Run the units, keep a row of each, and the schedule of each order that fails."""

import time
from pathlib import Path

from ..errors import NoKvm, XcError
from ..progress import clock_text, counted
from ..run import Run, case_command
from .plan import params

GUARD_SECONDS = 60  # of a unit, beyond its own time
WAIT_SECONDS = 1
GOOD = ("pass", "skip", "differs")
BROKEN = "broken"
METRICS = {"orders": "orders", "points passed": "points", "points chosen at": "chosen",
           "points of the longest order": "longest", "shared granules": "shared",
           "microseconds explored": "microseconds", "passes": "passes",
           "orders of the last pass": "pass_orders", "exhausted": "exhausted"}


def schedule_path(output, unit):
    stem = output[:-len(".jsonl")] if output.endswith(".jsonl") else output
    name = str(unit.strategy).replace(":", "")
    shard = f"-{unit.shard}" if unit.shards > 1 else ""
    return f"{stem}-{unit.case}-{name}{shard}.sched"


def row_of(unit, result, schedule):
    """What is kept of a unit's run."""
    figures = {METRICS[event["name"]]: event["value"] for event in result.report.of("metric")
               if event["name"] in METRICS}
    row = {"unit": unit.key, "outcome": result.verdict, "reason": result.reason, **figures}
    if result.verdict not in GOOD and Path(schedule).exists():
        row["schedule"] = schedule
    return row


class Engine:
    def __init__(self, store, xcvm, image, waiting):
        self.store, self.xcvm, self.image = store, xcvm, image
        self.waiting = list(waiting)
        self.all = len(self.waiting)
        self.left_ms = sum(unit.milliseconds for unit in self.waiting)
        self.begun = time.monotonic()
        self.jobs = 1
        self.found = {row["unit"][0] for row in store.rows if row["outcome"] not in GOOD}

    def status(self):
        orders = sum(row.get("orders", 0) for row in self.store.rows)
        left = self.left_ms / 1000 / self.jobs
        return (f"{len(self.store.rows)} of {self.all} runs, {orders} orders, "
                f"{counted(len(self.found), 'case')} that can fail; about {clock_text(left)} left")

    def _start(self, unit):
        header = self.store.header
        seconds = unit.milliseconds / 1000 + GUARD_SECONDS / 2
        command = case_command(self.xcvm, self.image, unit.case, unit.vcpus, header["seed"],
                               seconds, params(unit, header["model"], header["params"]))
        schedule = schedule_path(self.store.path, unit)
        command[1:1] = ["--schedule", schedule]
        return Run(command, unit.case, unit.vcpus, unit.milliseconds / 1000 + GUARD_SECONDS)

    def _next(self):
        """The next unit that is worth it: a case that has failed is done."""
        while self.waiting:
            unit = self.waiting.pop(0)
            if unit.case not in self.found:
                return unit
            self.left_ms -= unit.milliseconds
        return None

    def _keep(self, unit, result, progress):
        if result.refused:
            error = NoKvm if result.refused == "nokvm" else XcError
            raise error(result.stderr.strip().removeprefix("xcvm: ") or "xcvm refused to run")
        self.left_ms -= unit.milliseconds
        row = row_of(unit, result, schedule_path(self.store.path, unit))
        self.store.add(row)
        if row["outcome"] in GOOD or unit.case in self.found:
            return
        self.found.add(unit.case)
        progress.tell(f"{row['outcome']:5} {unit.case}  {unit.strategy}, order "
                      f"{row.get('orders', 1)}: {row['reason']}")

    def run(self, pool, signals, progress):
        self.jobs = pool.jobs
        while not signals.stop:
            while pool.free and (unit := self._next()) is not None:
                pool.add(unit, self._start(unit))
            if not pool.running:
                return
            progress.tick()
            for unit, result in pool.wait(WAIT_SECONDS):
                if not signals.stop:
                    self._keep(unit, result, progress)
        pool.end_all()
