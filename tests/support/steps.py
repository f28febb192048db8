# SPDX-License-Identifier: ISC
"""A case run in single steps (tests/unit/drive_steps.c), and what a path through it is long.

The CPUs take turns.  So a path inside one CPU is as long as the instructions it has run, and one
from CPU to CPU as the turns that have passed.
"""

import bisect
import re
import struct
import subprocess
from dataclasses import dataclass

INSTRUCTION = re.compile(r"^ *([0-9a-f]+):\t(.*)$")
JUMP = re.compile(r"^(j\w+|call|ret|iretq?|syscall|sysret)\b")


@dataclass(frozen=True)
class Step:
    """One instruction that a CPU has run."""

    turn: int
    cpu: int
    address: int
    function: str
    entry: bool  # it is the function's first
    text: str


def symbols(image):
    """Functions, by address."""
    lines = subprocess.run(["nm", str(image)], capture_output=True, text=True, check=True).stdout
    words = [line.split() for line in lines.splitlines()]
    return sorted((int(word[0], 16), word[2]) for word in words
                  if len(word) == 3 and word[1] in "tT")


def listing(image):
    """Instructions, by address."""
    lines = subprocess.run(["objdump", "-d", "--no-show-raw-insn", str(image)],
                           capture_output=True, text=True, check=True).stdout
    found = (INSTRUCTION.match(line) for line in lines.splitlines())
    return {int(match[1], 16): match[2].strip() for match in found if match}


class Listing:
    """Of an image."""

    def __init__(self, image):
        self.code = listing(image)
        self.addresses = sorted(self.code)
        self.names = symbols(image)
        self.starts = [address for address, _ in self.names]

    def step(self, turn, cpu, address):
        """What stands there."""
        start, name = self.names[bisect.bisect_right(self.starts, address) - 1]
        return Step(turn, cpu, address, name, address == start, self.code.get(address, ""))

    def between(self, address, after):
        """Instructions that were run as one step with the one before: where nothing jumps."""
        at = bisect.bisect_right(self.addresses, address)
        while address < after and not JUMP.match(self.code.get(address, "")):
            address = self.addresses[at]
            at += 1
            if address >= after:
                break
            yield address


def run(program, xcvm_options, image):
    """All steps, in order."""
    done = subprocess.run([program, *map(str, xcvm_options), str(image)], capture_output=True,
                          check=False, timeout=120)
    assert done.returncode == 0, done.stderr.decode()
    found, steps, turn, last, before = Listing(image), [], 0, -1, {}
    for record, in struct.iter_unpack("<Q", done.stdout):
        cpu, address = record >> 32, record & 0xffffffff
        turn += cpu <= last
        last = cpu
        step = found.step(turn, cpu, address)
        if cpu in before and before[cpu].function == step.function and \
                address - before[cpu].address < 32:
            steps += [found.step(turn, cpu, more)
                      for more in found.between(before[cpu].address, address)]
        steps.append(step)
        before[cpu] = step
    return steps


class Path:
    """From step to step."""

    def __init__(self, steps):
        self.steps, self.at = steps, 0

    def to(self, cpu, wanted):
        """Go to the next step of the CPU that is wanted."""
        for index in range(self.at, len(self.steps)):
            step = self.steps[index]
            if step.cpu == cpu and wanted(step):
                self.at = index
                return step
        raise AssertionError("no such step")

    def count(self, cpu, wanted):
        """The same; how many instructions of the CPU came before it, with where we are."""
        first = self.at
        self.to(cpu, wanted)
        return sum(step.cpu == cpu for step in self.steps[first:self.at])


def enters(*names):
    """The first instruction of a function."""
    return lambda step: step.entry and step.function in names


def does(text, *names):
    """An instruction, in a function, or in any."""
    return lambda step: step.text.startswith(text) and (not names or step.function in names)


def inside(*names):
    """Any instruction of a function."""
    return lambda step: step.function in names
