# SPDX-License-Identifier: ISC
"""Draw fault plans from a seed: the nth draw of a seed is the same on every host and Python."""

import math
import random
from dataclasses import dataclass

from .trial import Trial

# What becomes of an interrupt on its way: with the APIC that xcvm models only.
DELIVERY_KINDS = ("lost", "dup", "delay", "reorder", "misroute")
KINDS = DELIVERY_KINDS + ("nmi", "spurious", "stall", "slow", "preempt")
APICS = ("kernel", "user")
IPIS = ("resched", "xcall", "ipi", "test")  # the guest kernel's vectors
VECTORS = IPIS + ("timer",)
# What preempt is drawn for, by the API of the case: what carries it, and the stack itself.
CARRIERS = ("intr", "lapic_", "softint_", "cond_", "sleep", "wakeup", "sched_")
FUNCTIONS = {"cpu_xcall": ("cpu_xcall", "xcall_"), "xcall": ("xc_", "ipi_"), "ipi": ("ipi_",)}
# Drawn for the cases that have it, unless --param says otherwise; but what a case that brings
# its own fault must come to hangs on its own value.
RESEND = ("resend", (0, 1))
SECOND_FAULT = 0.25  # chance that a plan has two entries


@dataclass(frozen=True)
class Space:
    """What is drawn from."""

    seed: int
    cases: tuple  # of table.Case
    vcpus: tuple
    kinds: tuple
    apics: tuple
    functions: tuple  # of the guest, for preempt
    params: tuple = ()  # of (name, values)
    timeout: float = None


class Dice:
    """Draws out of random.random() alone, which is the same in every release of Python."""

    def __init__(self, text):
        self.random = random.Random(text).random

    def chance(self, probability):
        return self.random() < probability

    def number(self, low, high):
        """A number from low to high, both included."""
        return low + int(self.random() * (high - low + 1))

    def magnitude(self, low, high):
        """A number from low to high, each order of magnitude as likely as the next."""
        return min(high, round(math.exp(
            math.log(low) + self.random() * (math.log(high + 1) - math.log(low)))))

    def pick(self, values):
        return values[self.number(0, len(values) - 1)]


def _attributes(dice):
    """Which of the eligible events: Linux's fault attributes, or one event exactly."""
    form = dice.random()
    if form < 0.4:
        return {"nth": dice.magnitude(1, 60)}
    fields = {}
    if form < 0.8:
        fields["probability"] = dice.magnitude(2, 100)
    elif form < 0.9:
        fields["interval"] = dice.number(2, 20)
    if dice.chance(0.2):
        fields["space"] = dice.magnitude(1, 50)
    if dice.chance(0.5):
        fields["times"] = dice.magnitude(1, 20)
    return fields


def _delivery(dice, kind, vcpus):
    """A fault that befalls an interrupt on its way."""
    fields = {}
    if dice.chance(0.5):
        rare = IPIS[3:] + (("nmi",) if kind != "nmi" else ())
        fields["vector"] = dice.pick(IPIS[:3] if dice.chance(0.8) else rare)
    for name in ("src", "dst"):
        if dice.chance(0.15):
            fields[name] = dice.number(0, vcpus - 1)
    if kind == "delay" or (kind == "reorder" and dice.chance(0.5)):
        fields["delay_us"] = dice.magnitude(10, 200000)
    if kind == "misroute" and dice.chance(0.5):
        fields["to"] = dice.pick([cpu for cpu in range(vcpus) if cpu != fields.get("dst")])
    return fields


def _ticking(dice, kind, vcpus):
    """A fault at points of time."""
    fields = {"every_us": dice.magnitude(200, 50000)}
    if kind == "spurious":
        return {**fields, "vector": dice.pick(VECTORS), "to": dice.number(0, vcpus - 1)}
    if kind in ("nmi", "slow") or dice.chance(0.5):
        fields["dst"] = dice.number(0, vcpus - 1)
    if kind == "stall":
        fields["stall_us"] = dice.magnitude(100, 200000)
    if kind == "slow":
        fields["duty"] = dice.number(5, 95)
    return fields


def _entry_of(dice, vcpus, functions):
    """A fault at the entry of a function."""
    fields = {"function": dice.pick(functions), "for_us": dice.magnitude(10, 50000)}
    if dice.chance(0.5):
        fields["dst"] = dice.number(0, vcpus - 1)
    return fields


def _fault(dice, kind, apic, vcpus, functions):
    """One --fault argument."""
    if kind in DELIVERY_KINDS or (kind == "nmi" and apic == "user" and dice.chance(0.5)):
        fields = _delivery(dice, kind, vcpus)
    elif kind == "preempt":
        fields = _entry_of(dice, vcpus, functions)
    else:
        fields = _ticking(dice, kind, vcpus)
    if dice.chance(0.15):
        fields["after"] = dice.magnitude(100, 100000)
    fields = {"kind": kind, **fields, **_attributes(dice)}
    return ",".join(f"{name}={value}" for name, value in fields.items())


def _kinds(space, apic, vcpus):
    """The kinds that make sense: nothing can go to another CPU where there is none."""
    return [kind for kind in space.kinds
            if (apic == "user" or kind not in DELIVERY_KINDS) and (kind != "misroute" or vcpus > 1)]


def apics_of(kinds, apics):
    """The APICs out of `apics` that have any of these kinds."""
    return tuple(apic for apic in apics
                 if apic == "user" or any(kind not in DELIVERY_KINDS for kind in kinds))


def functions_of(space, api):
    """The functions that preempt is drawn for in a case of an API; all of them if none is of it."""
    return ([name for name in space.functions
             if name.startswith(CARRIERS + FUNCTIONS.get(api, ()))] or space.functions)


def counts_of(space, case):
    """The vCPU counts a case can be drawn with."""
    return [count for count in case.counts(space.vcpus) if _kinds(space, "user", count)]


def draw(space, n):
    """The Trial number n, from 0."""
    dice = Dice(f"{space.seed} {n}")
    case = dice.pick(space.cases)
    vcpus = dice.pick(counts_of(space, case))
    # The kind first: each as often as any other, whichever APIC it needs.
    kind = dice.pick(_kinds(space, "user" if "user" in space.apics else "kernel", vcpus))
    apic = dice.pick(apics_of((kind,), space.apics))
    kinds = [kind]
    if dice.chance(SECOND_FAULT):
        kinds.append(dice.pick(_kinds(space, apic, vcpus)))
    functions = functions_of(space, case.api)
    faults = tuple(_fault(dice, kind, apic, vcpus, functions) for kind in kinds)
    params = tuple((name, dice.pick(values)) for name, values in space.params
                   if name in case.params and (case.kind != "fault" or (name, values) != RESEND))
    return Trial(case.name, vcpus, apic, faults, params, dice.number(0, 2 ** 32 - 1),
                 space.timeout, case.limit)
