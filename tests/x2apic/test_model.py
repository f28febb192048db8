# SPDX-License-Identifier: ISC
"""The VMM's x2APIC model against a naive second one: the same operations, the same registers."""

import random

import pytest

from support import x2apic as x
from support.x2apic import X2apics
from support.x2apic_naive import Machine

pytestmark = pytest.mark.vmm

MACHINES = {"one": [0], "four": [0, 1, 2, 3], "a cluster and one": list(range(17)),
            "sparse": [1, 15, 16, 255, 256, 0x12345, 0xfffff, 0xfffffffe]}
STEPS = {"one": 2000, "four": 1500, "a cluster and one": 400, "sparse": 1000}
REGISTERS = ([x.TPR, x.EOI, x.SVR, x.ESR, x.INITIAL, x.DIVIDE, x.DEADLINE, x.BASE]
             + list(x.LVTS))


class Driver:
    """Random operations, on both."""

    def __init__(self, program, ids, seed):
        self.random = random.Random(f"{seed} {ids}")
        self.ids = ids
        self.first = X2apics(program, ids, enable=False)
        self.second = Machine(ids)
        self.now = 0
        self.done = []  # for the report of a difference

    def cpu(self):
        return self.random.randrange(len(self.ids))

    def vector(self):
        """Often one of a few, so that they meet; sometimes an illegal one."""
        pick = self.random
        return pick.choice([pick.randrange(256), pick.randrange(0x30, 0x34), pick.randrange(20)])

    def destination(self):
        """Of an ICR command, with its bit for logical."""
        pick = self.random
        number = pick.choice(self.ids)
        return pick.choice([
            x.dest(number), x.dest(x.BROADCAST), x.dest(pick.getrandbits(32)),
            x.LOGICAL | x.dest(x.BROADCAST), x.LOGICAL | x.dest(pick.getrandbits(32)),
            x.LOGICAL | x.dest((number >> 4 & 0xffff) << 16 | pick.getrandbits(16))])

    def command(self):
        pick = self.random
        mode = pick.choice([x.FIXED] * 6 + [x.LOWEST] * 3 + [x.NMI, pick.randrange(8) << 8])
        shorthand = pick.choice([0, 0, 0, x.TO_SELF, x.TO_ALL, x.TO_OTHERS])
        extra = pick.choice([0, 0, x.ASSERT, x.ASSERT, x.LEVEL, x.ASSERT | x.LEVEL,
                             1 << pick.randrange(32)])
        return self.destination() | mode | shorthand | extra | self.vector()

    def value(self, msr):
        """Mostly one that makes sense for the register."""
        pick = self.random
        if pick.random() < 0.1:
            return pick.choice([0, 1, 1 << pick.randrange(64), pick.getrandbits(64)])
        if msr == x.TPR:
            return pick.choice([0, self.vector()])
        if msr == x.SVR:
            return pick.choice([0, x.ENABLED, x.ENABLED, x.ENABLED]) | self.vector()
        if msr in (x.EOI, x.ESR):
            return 0
        if msr == x.LVT_TIMER:
            return (pick.choice([0, x.PERIODIC, x.TSC_DEADLINE]) | pick.choice([0, 0, x.MASKED])
                    | self.vector())
        if msr in x.LVTS:
            return pick.choice([0, 0, x.MASKED]) | self.vector()
        if msr == x.INITIAL:
            return pick.choice([0, pick.randrange(1, 50), pick.randrange(1, 1000)])
        if msr == x.DIVIDE:
            return pick.choice([0, 1, 2, 3, 8, 9, 10, 11])
        if msr == x.DEADLINE:
            return pick.choice([0, self.now, max(self.now - 1, 0),
                                self.now + pick.randrange(5000)])
        return pick.choice([0xfee00c00, 0xfee00d00, 0xfee00400, 0xfee00800, 0xfee00000])

    def operation(self):
        """One operation, as words of the driver's language."""
        pick = self.random
        kind = pick.choices(["write", "icr", "self", "any", "accept", "take", "cr8", "wait", "due"],
                            [25, 20, 5, 3, 5, 20, 4, 10, 8])[0]
        cpu = self.cpu()
        if kind == "write":
            msr = pick.choice(REGISTERS)
            return "write", cpu, msr, self.value(msr)
        if kind == "icr":
            return "write", cpu, x.ICR, self.command()
        if kind == "self":
            return "write", cpu, x.SELF, pick.choice([self.vector(), pick.getrandbits(10)])
        if kind == "any":
            msr = pick.randrange(0x800, 0x900)
            return "write", cpu, msr, pick.choice([0, 1, self.vector()])
        if kind == "accept":
            return "accept", cpu, self.vector(), pick.randrange(2)
        if kind == "cr8":
            return pick.choice([("cr8", cpu), ("cr8", cpu, pick.randrange(16))])
        if kind == "wait":
            return "wait", pick.choice([1, pick.randrange(200), pick.randrange(5000)])
        return kind, cpu

    def on_first(self, name, *words):
        if name == "write":
            answer = self.first.ask("write", *words, self.now)
            return "refused" if answer.startswith("refused ") else answer
        if name == "take":
            return self.first.ask("take", *words, self.now)
        return self.first.ask(name, *words)

    def on_second(self, name, cpu, *words):
        apic = self.second.apics[cpu]
        if name == "write":
            return self.second.write(cpu, *words)
        if name == "accept":
            return apic.accept(words[0], bool(words[1]))
        if name == "take":
            return str(apic.take())
        if name == "cr8":
            if words:
                apic.tpr = 16 * words[0]
            return str(apic.tpr // 16)
        due = apic.due()
        return "never" if due is None else f"0x{due:x}"

    def step(self):
        """One operation on both; what differs, as a list of sentences."""
        name, *words = operation = self.operation()
        self.done.append(operation)
        if name == "wait":
            self.now += words[0]
            self.second.advance(self.now)
            differ = []
        else:
            first, second = self.on_first(name, *words), self.on_second(name, *words)
            differ = [] if first == second else [f"answers '{first}', should '{second}'"]
        self.first.now = self.now
        first, second = self.first.dump(), self.second.dump()
        return differ + [f"CPU {cpu}: MSR 0x{msr:x} is {first.get((cpu, msr))}, should be {value}"
                         for (cpu, msr), value in second.items()
                         if first.get((cpu, msr)) != value] + [
            f"CPU {cpu}: MSR 0x{msr:x} can be read" for cpu, msr in first.keys() - second.keys()]


def words_of(operation):
    return " ".join(f"0x{word:x}" if isinstance(word, int) else word for word in operation)


@pytest.mark.parametrize("name", MACHINES)
def test_both_models_agree(x2apic_program, xcvm_settings, name):
    print(f"seed {xcvm_settings.seed}")
    driver = Driver(x2apic_program, MACHINES[name], xcvm_settings.seed)
    for number in range(STEPS[name]):
        differ = driver.step()
        if differ:
            last = "\n".join(map(words_of, driver.done[-12:]))
            pytest.fail(f"seed {xcvm_settings.seed}, step {number}, at TSC {driver.now}:\n{last}\n"
                        + "\n".join(differ), pytrace=False)
    assert driver.first.close() == 0
    kinds = {operation[0] for operation in driver.done}
    assert kinds == {"write", "accept", "take", "cr8", "wait", "due"}
