# SPDX-License-Identifier: ISC
"""Where trials come from: the draws of a campaign, and the walks of a sweep.

A source has next(): (key, Trial), or None while there is nothing to start; take(key, row): the
rows to keep now, and the keys whose runs are of no use any more; restore(rows): what a result file
has of it.
"""

from dataclasses import dataclass, field

from .draw import draw
from .trial import Trial

AHEAD = 4  # events that a sweep may be ahead of the first whose row it does not know, for each job
GIVE_UP = 3  # runs in a row that do not say whether a fault was injected


class Draws:
    """A campaign: draw after draw, until there were enough or the time is over."""

    def __init__(self, space, count=None, seconds=None, clock=lambda: 0.0):
        self.space, self.count, self.seconds, self.clock = space, count, seconds, clock
        self.n, self.known = 0, set()

    def restore(self, rows):
        self.known = {row["n"] for row in rows}

    def next(self):
        while self.n in self.known:
            self.n += 1
        if self.count is not None and self.n >= self.count:
            return None
        if self.seconds is not None and self.clock() >= self.seconds:
            return None
        self.known.add(self.n)
        return self.n, draw(self.space, self.n)

    def take(self, key, row):
        return [{"n": key, **row}], []


@dataclass
class Walk:
    """One case under one fault at its first eligible event, its second, and so on; or with a place
    under a fault there that is drawn anew, with a seed of its own, in each of `last` runs."""

    case: str
    vcpus: int
    apic: str
    kind: str
    extra: str  # what is said of the fault beside kind and nth, beginning with a comma, or ""
    params: tuple
    seed: int
    timeout: float
    limit: float  # of the case
    last: int = None  # nth to walk to at most
    place: str = None  # function+offset
    where: str = None  # that, and the line
    started: int = 0
    kept: int = 0
    unsure: int = 0
    end: str = None
    ahead: dict = field(default_factory=dict)  # rows of later events that wait for earlier ones

    @property
    def label(self):
        if self.place:
            return self.where
        params = "".join(f" {name}={value}" for name, value in self.params)
        return f"{self.case}[{self.vcpus}] {self.kind}{self.extra}{params}"

    def trial(self, nth):
        if self.place:
            return Trial(self.case, self.vcpus, self.apic,
                         (f"kind={self.kind},function={self.place}{self.extra}",), self.params,
                         self.seed + nth - 1, self.timeout, self.limit)
        return Trial(self.case, self.vcpus, self.apic,
                     (f"kind={self.kind}{self.extra},nth={nth}",), self.params, self.seed,
                     self.timeout, self.limit)

    def keep(self, row):
        """Go one step on."""
        self.kept += 1
        entries = row["entries"]
        # The walked entry is the last: those of the case's own plan come first.
        met = entries[-1]["injected"] if entries else row["injected"]
        self.unsure = self.unsure + 1 if entries is None and not met else 0
        if row["outcome"] == "refused":
            self.end = "refused"
        elif self.place:
            self.end = "complete" if self.kept == self.last else None
        elif self.unsure == GIVE_UP:
            self.end = "given up"
        elif entries is not None and not met:
            self.end = "complete"
        elif self.last is not None and self.kept >= self.last:
            self.end = "cut"


class Walks:
    """A sweep.  Later events are tried before earlier ones are known only where a job is free."""

    def __init__(self, walks, jobs=1):
        self.walks, self.ahead = walks, AHEAD * jobs

    def restore(self, rows):
        for row in rows:
            walk = self.walks[row["walk"]]
            walk.keep(row)
            walk.started = walk.kept

    def next(self):
        open_ = [(walk.started - walk.kept, index) for index, walk in enumerate(self.walks)
                 if walk.end is None and (walk.last is None or walk.started < walk.last)
                 and walk.started - walk.kept < self.ahead]
        if not open_:
            return None
        index = min(open_)[1]
        walk = self.walks[index]
        walk.started += 1
        return (index, walk.started), walk.trial(walk.started)

    def take(self, key, row):
        index, nth = key
        walk = self.walks[index]
        walk.ahead[nth] = {"walk": index, "n": nth, **row}
        rows = []
        while walk.end is None and walk.kept + 1 in walk.ahead:
            rows.append(walk.ahead.pop(walk.kept + 1))
            walk.keep(rows[-1])
        if walk.end is None:
            return rows, []
        return rows, [(index, later) for later in range(walk.kept + 1, walk.started + 1)
                      if later not in walk.ahead]
