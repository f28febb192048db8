# SPDX-License-Identifier: ISC
"""Measure: one run at a time, all measurements once, then all again.

In turn, because a host changes over minutes: so every measurement meets all of it, and so does each
of two builds.
"""

import itertools
import time
from dataclasses import dataclass, field

from ..pool import Pool
from ..progress import clock_text
from ..run import GUARD_SECONDS, TIMEOUT_SECONDS, Run, case_command
from . import host
from .gather import Failed, repetition
from .result import label

WAKE_SECONDS = 0.5  # for the clock in the progress line
SEED_LIMIT = 2 ** 64


@dataclass(eq=False)
class Item:
    """A measurement to make."""

    case: object  # table.Case
    vcpus: int
    given: dict  # parameters that are the measurement's own
    common: dict  # parameters that are conditions of all
    build: object = None  # Build
    done: list = field(default_factory=list)
    event: dict = None  # `run` of the first repetition
    command: list = None
    failed: Failed = None

    @property
    def label(self):
        return self.build.prefix + label(self.case.name, self.vcpus, self.given)

    def measured(self):
        """As the result file has it."""
        return {"case": self.case.name, "api": self.case.api, "doc": self.case.doc,
                "vcpus": self.vcpus, "pin": self.event["pin"], "params": self.event["params"],
                "given": self.given, "command": self.command, "repetitions": self.done}

    def missing(self):
        return {"case": self.case.name, "vcpus": self.vcpus, "given": self.given,
                "verdict": self.failed.verdict, "reason": self.failed.reason,
                "command": self.command}


@dataclass(eq=False)
class Build:
    """What is measured, and where its result goes."""

    xcvm: str
    image: str
    output: str
    context: object  # gather.Context
    prefix: str = ""
    items: list = field(default_factory=list)

    def plan(self, cases, counts, params, common):
        """Its Items: each case with each count that suits it and each combination of parameters."""
        self.items = [
            Item(case, vcpus, dict(given),
                 {name: value for name, value in common.items() if name in case.params}, self)
            for case in cases for vcpus in case.counts(counts)
            for given in itertools.product(*([(name, value) for value in values]
                                             for name, values in params if name in case.params))]


class Session:
    """All repetitions of all items of all builds, under way."""

    def __init__(self, builds, options, seed):
        self.builds, self.options, self.seed = builds, options, seed
        self.total = sum(len(build.items) for build in builds) * options.repetitions
        self.began, self.ended, self.now = time.monotonic(), 0, None

    def _turn(self, number):
        """The items of a repetition.  The builds take turns at each, and at going first."""
        builds = self.builds[::-1] if number % 2 else self.builds
        return [item for row in itertools.zip_longest(*(build.items for build in builds))
                for item in row if item is not None and not item.failed]

    def status(self):
        """The progress line."""
        spent = time.monotonic() - self.began
        about = f" of about {clock_text(spent / self.ended * self.total)}" if self.ended else ""
        return f"{clock_text(spent)}{about}  {self.ended} of {self.total} runs  | {self.now}"

    def _start(self, item, number):
        options = self.options
        pin = {"auto": host.free_cpus(item.vcpus), "off": None}.get(options.pin, options.pin)
        seed = (self.seed + number) % SEED_LIMIT
        command = case_command(item.build.xcvm, item.build.image, item.case.name, item.vcpus, seed,
                               options.timeout, [*item.common.items(), *item.given.items()],
                               options.apic, pin=pin)
        item.command = item.command or command
        guard = (options.timeout or item.case.limit or TIMEOUT_SECONDS) + GUARD_SECONDS
        self.now = f"{item.label}, repetition {number + 1} of {options.repetitions}"
        return Run(command, item.case.name, item.vcpus, guard), seed

    def _take(self, item, result, seed, progress):
        self.ended += 1
        try:
            found = repetition(result, seed)
        except Failed as error:
            item.failed, item.command = error, result.command
            self.ended += self.options.repetitions - len(item.done) - 1
            progress.tell(f"{error.verdict}: {item.label}: {error.reason}")
            return
        item.event = item.event or result.report.of("run")[0]
        item.done.append(found)
        item.build.context.take(result)

    def run(self, signals, progress):
        """Go on until all is measured, or a signal comes; nothing runs afterwards."""
        with Pool(1, signals) as pool:
            for number in range(self.options.repetitions):
                for item in self._turn(number):
                    run, seed = self._start(item, number)
                    pool.add(item, run)
                    while pool.running and not signals.stop:
                        progress.tick()
                        for ended, result in pool.wait(WAKE_SECONDS):
                            if not signals.stop:
                                self._take(ended, result, seed, progress)
                    if signals.stop:
                        pool.end_all()
                        return
