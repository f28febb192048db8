# SPDX-License-Identifier: ISC
"""Look into a core of the guest with gdb, in batch mode and without anyone's ~/.gdbinit."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass

import pytest

FRAME = re.compile(r"#\d+\s+(?:0x[0-9a-f]+ in )?(?P<function>[\w?<>. ]+?)(?: \(.*\))?"
                   r"(?: at (?P<file>\S+):(?P<line>\d+))?$")
SETTINGS = ("set width 0", "set height 0", "set print frame-arguments none")


@dataclass(frozen=True)
class Frame:
    """One line of a backtrace; `file` and `line` are None where there are none."""

    function: str
    file: str
    line: int


def _frame(text):
    match = FRAME.match(text)
    assert match, f"not a frame: {text!r}"
    line = match["line"]
    return Frame(match["function"], match["file"], int(line) if line else None)


class Gdb:
    """gdb on an image and a core of it."""

    def __init__(self, image, core):
        self.program = shutil.which("gdb")
        if self.program is None:
            pytest.skip("gdb is not there and could not be installed: make deps")
        self.files = [str(image), str(core)]

    def run(self, *commands):
        """What these commands print, and gdb before them when it opens the core."""
        options = [word for text in SETTINGS for word in ("-iex", text)]
        options += [word for text in commands for word in ("-ex", text)]
        done = subprocess.run([self.program, "-nx", "-batch", *options, *self.files],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              env={**os.environ, "LC_ALL": "C"}, check=False)
        assert done.returncode == 0, done
        assert "may not match" not in done.stderr, done.stderr
        return done.stdout

    def value(self, expression):
        """An integer."""
        return int(re.search(r"^\$1 = (-?\d+)", self.run(f"print {expression}"), re.M)[1])

    def threads(self):
        """CPU indices in gdb's order, as `info threads` lists them."""
        told = self.run("info threads")
        return [int(lwp) - 1 for lwp in re.findall(r"^[* ] +\d+ +LWP (\d+) ", told, re.M)]

    def backtraces(self):
        """CPU index to frames, innermost first."""
        found, frames = {}, None
        for line in self.run("thread apply all bt").splitlines():
            if thread := re.match(r"Thread \d+ \(LWP (\d+)\):", line):
                frames = found.setdefault(int(thread[1]) - 1, [])
            elif line.startswith("#") and frames is not None:
                frames.append(_frame(line))
        return found

    def registers(self, names):
        """CPU index to register to value."""
        found, registers = {}, None
        for line in self.run(f"thread apply all info registers {' '.join(names)}").splitlines():
            if thread := re.match(r"Thread \d+ \(LWP (\d+)\):", line):
                registers = found.setdefault(int(thread[1]) - 1, {})
            elif registers is not None and (value := re.match(r"(\w+) +(0x[0-9a-f]+)", line)):
                registers[value[1]] = int(value[2], 16)
        return found
