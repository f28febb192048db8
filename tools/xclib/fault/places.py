# SPDX-License-Identifier: ISC
"""The places in the functions of a source file at which a sweep takes a vCPU away."""

import re
import subprocess
from collections import Counter
from dataclasses import dataclass

from ..errors import OptionError, XcError, did_you_mean

ACCESSES, INSTRUCTIONS, LINES, FUNCTIONS = WAYS = (
    "accesses", "instructions", "lines", "functions")
_FUNCTION = re.compile(r"^([0-9a-f]+) <([^>]+)>:$")
_INSTRUCTION = re.compile(r"^\s*([0-9a-f]+):\t(.*)$")
# What locks the bus: so prefixed, or an exchange with memory.
_ATOMIC = re.compile(r"^lock\b|^xchg\w*\s.*\(")


@dataclass(frozen=True)
class Place:
    """An instruction."""

    function: str
    offset: int
    file: str  # of the function, as the image's DWARF has it
    line: int
    text: str  # of the instruction

    @property
    def name(self):
        """As a fault plan has it."""
        return f"{self.function}+{self.offset:#x}" if self.offset else self.function

    @property
    def label(self):
        return f"{self.name} {self.file.rpartition('/')[2]}:{self.line}"


def _run(command, **kwargs):
    try:
        return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, **kwargs).stdout
    except FileNotFoundError:
        raise XcError(f"{command[0]} is missing: it is in Debian's package binutils") from None
    except subprocess.CalledProcessError as error:
        raise XcError(f"{' '.join(command)}: {error.stderr.strip()}") from None


def _instructions(image):
    """[(address, function, its address, text)]"""
    name = begin = None
    for line in _run(["objdump", "-d", "--no-show-raw-insn", image]).splitlines():
        if found := _FUNCTION.match(line):
            begin, name = int(found[1], 16), found[2]
        elif name and (found := _INSTRUCTION.match(line)):
            yield int(found[1], 16), name, begin, found[2]


def _lines(image, addresses):
    """{address: (file, line)}: the file of the function, and of what is inlined there the line of
    the innermost function of that file."""
    chains = {}  # from what is inlined outwards
    text = _run(["addr2line", "-a", "-i", "-e", image],
                input="".join(f"{address:#x}\n" for address in addresses))
    for line in text.splitlines():
        if line.startswith("0x"):
            chain = chains[int(line, 16)] = []
            continue
        file, _, number = line.partition(" ")[0].rpartition(":")
        chain.append((file.removeprefix("./"), int(number) if number.isdecimal() else 0))
    return {address: next(frame for frame in chain if frame[0] == chain[-1][0])
            for address, chain in chains.items() if all(line for _, line in chain)}


def every_place(image):
    """All instructions whose file and line are known, in functions that can be named."""
    code = list(_instructions(image))
    lines = _lines(image, [address for address, *_ in code])
    often = Counter(name for name, _ in {(name, begin) for _, name, begin, _ in code})
    return [Place(name, address - begin, *lines[address], text)
            for address, name, begin, text in code if address in lines and often[name] == 1]


def is_of(place, file):
    return place.file == file or place.file.endswith(f"/{file}")


def places_of(everywhere, way, file):
    """Those of a file at which a sweep strikes, or a refusal."""
    found, seen = [], set()
    for place in everywhere:
        if not is_of(place, file):
            continue
        key = {FUNCTIONS: place.function, LINES: (place.function, place.line)}.get(way, place)
        if key not in seen and (way != ACCESSES or _ATOMIC.match(place.text)):
            found.append(place)
        seen.add(key)
    if not seen:
        raise OptionError(f"--file {file}: no function of the image is of this file"
                          f"{did_you_mean(file, sorted({place.file for place in everywhere}))}")
    return found
