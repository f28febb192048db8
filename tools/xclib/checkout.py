# SPDX-License-Identifier: ISC
"""The checkout that this package belongs to, and building in it or in a copy of it."""

import os
import shlex
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def compiler(build):
    """The compiler that a build's objects were made with, so that they need not be made again."""
    try:
        return shlex.split((build / "guest-mp" / "flags").read_text(encoding="utf-8"))[0]
    except (OSError, IndexError):
        return "gcc"


def make(folder, *arguments):
    """make in a folder, without what a make above us has left; the finished process."""
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    return subprocess.run(["make", "--no-print-directory", *map(str, arguments)], cwd=folder,
                          env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, check=False)


def make_copy(folder, cc, *products):
    """make products below build/ in a copy of the checkout; the finished process."""
    # CURDIR stands in the flags: with the checkout's own, its objects still are good.
    return make(folder, f"CC={cc}", f"CURDIR={ROOT}", *(f"build/{name}" for name in products))
