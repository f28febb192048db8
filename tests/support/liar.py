# SPDX-License-Identifier: ISC
"""Build the lying guest of tests/fixtures/liar."""

import os
import shlex
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "tests" / "fixtures" / "liar"
FLAGS = ("-std=gnu11", "-O2", "-g", "-Wall", "-Wextra", "-Werror", "-m64", "-ffreestanding",
         "-mgeneral-regs-only", "-mno-red-zone", "-fno-pic", "-fno-pie", "-fno-stack-protector",
         "-fno-asynchronous-unwind-tables", "-fcf-protection=none", "-fno-omit-frame-pointer",
         "-static", "-nostdlib", "-Wl,--build-id=sha1", "-Wl,-z,noexecstack",
         "-Wl,-z,max-page-size=4096")


def build(target, *defines):
    """Compile the image to `target` (one compiler run, no shared temporary files)."""
    command = [*shlex.split(os.environ.get("CC", "gcc")), *FLAGS, "-DXCVM_GUEST", *defines,
               "-idirafter", str(ROOT / "guest" / "include"), "-Wl,-T," + str(SOURCE / "liar.ld"),
               *map(str, sorted(SOURCE.glob("*.c"))), "-o", str(target)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return target
