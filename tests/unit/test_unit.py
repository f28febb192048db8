# SPDX-License-Identifier: ISC
"""The unit tests in C: modules of the VMM on the host, without KVM."""

import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.vmm

SOURCES = sorted(Path(__file__).resolve().parent.glob("test_*.c"))


@pytest.mark.parametrize("name", [source.stem for source in SOURCES])
def test_unit(xcvm_path, name):
    program = xcvm_path.parent / "unit" / name
    if not program.exists():
        pytest.fail(f"no {program}: run `make units` first", pytrace=False)
    done = subprocess.run([program], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=False)
    lines = done.stdout.splitlines()
    failed = "\n".join(line for line in lines if not line.startswith("ok "))
    assert done.returncode == 0, failed + done.stderr
    assert failed == "" and done.stderr == ""
    assert lines, "the program tested nothing"
