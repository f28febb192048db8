# SPDX-License-Identifier: ISC
"""What is explored: a unit is one run of xcvm, of one case by one strategy for some time."""

from dataclasses import dataclass

MODELS = ("sc", "tso", "weak", "weak_rmw")
STRATEGIES = ("random", "pct", "delay", "freeze")
DEPTHS = {"random": 0, "pct": 3, "delay": 2, "freeze": 1}
DEFAULT = "delay:2,freeze,pct:3,random"
DEPTH_LIMIT = 8
MANY = 10 ** 15  # orders: time is the bound
# Parameters of the model machine that are for xc to give.
OURS = ("orders", "explore_ms", "memory", "strategy", "depth", "bases", "shards", "shard",
        "record")
FIRST_MS = 20  # a unit has at least so long


@dataclass(frozen=True)
class Strategy:
    """A name and how many points of change an order has."""

    name: str
    depth: int

    def __str__(self):
        return f"{self.name}:{self.depth}" if self.name in ("pct", "delay") else self.name

    @property
    def systematic(self):
        return self.name in ("delay", "freeze")


@dataclass(frozen=True)
class Unit:
    case: str
    vcpus: int
    strategy: Strategy
    shard: int
    shards: int
    milliseconds: int

    @property
    def key(self):
        return [self.case, self.vcpus, str(self.strategy), self.shard, self.shards]


def parse_strategies(text):
    """`delay:2,random` as Strategies; ValueError says what is wrong."""
    found = []
    for part in text.split(","):
        name, colon, depth = part.strip().partition(":")
        if name not in STRATEGIES:
            raise ValueError(f"'{part}' is no strategy: give {', '.join(STRATEGIES)}, such as "
                             f"{DEFAULT}")
        if colon and name not in ("pct", "delay"):
            raise ValueError(f"'{part}': {name} has no depth: say {name}")
        if colon and (not depth.isdigit() or not 1 <= int(depth) <= DEPTH_LIMIT):
            raise ValueError(f"'{part}': a depth is from 1 to {DEPTH_LIMIT}, such as {name}:2")
        found.append(Strategy(name, int(depth) if colon else DEPTHS[name]))
    return tuple(found)


def vcpus_of(case, wanted):
    """How many CPUs the case is explored with, or None: it does not take that many."""
    if wanted is None:
        return max(2, case.min_vcpus) if not case.max_vcpus or case.max_vcpus >= 2 else 1
    fits = case.min_vcpus <= wanted and (not case.max_vcpus or wanted <= case.max_vcpus)
    return wanted if fits else None


def units(cases, wanted, strategies, seconds, jobs):
    """All units, in turn: the first strategy of all cases, then the second, ..."""
    chosen = [(case, vcpus_of(case, wanted)) for case in cases]
    chosen = [(case, vcpus) for case, vcpus in chosen if vcpus is not None]
    if not chosen:
        return []
    # Few cases are shared by all jobs.
    shards = max(1, jobs // len(chosen))
    each = 1000 * seconds * jobs / (len(chosen) * len(strategies) * shards)
    return [Unit(case.name, vcpus, strategy, shard, shards, max(FIRST_MS, int(each)))
            for strategy in strategies for case, vcpus in chosen for shard in range(shards)]


def params(unit, model, given=()):
    """The parameters of xcvm for a unit."""
    return [("orders", MANY), ("explore_ms", unit.milliseconds), ("memory", MODELS.index(model)),
            ("strategy", STRATEGIES.index(unit.strategy.name)), ("depth", unit.strategy.depth),
            ("shards", unit.shards), ("shard", unit.shard), *given]
