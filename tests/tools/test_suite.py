# SPDX-License-Identifier: ISC
"""tools/suite: each configuration run, the worst as exit code, what did not pass named last."""

import shlex
import signal
import subprocess

import pytest

from support.dropin import ROOT

XCVM = """#!/bin/sh
# Stands for xcvm --each: what each configuration prints and ends with is given.
echo "given: $*"
case "$*" in
%s
esac
exit 0
"""

BAD = r"""echo; echo "Did not pass:"
    echo "hang  n1_low  xcall  N1  30.00 s  cpu 0 waits"
    echo "fail  o2_sum  cpu_xcall  O2  1.0 ms  one == two"
    echo; echo "9 cases: 7 pass, 1 fail, 1 hang; 1.0 s"; exit 5"""


@pytest.fixture(name="suite")
def fixture_suite(tmp_path):
    """Start tools/suite with a stand-in for xcvm, made of (pattern, commands)."""
    def start(cases, *counts):
        xcvm = tmp_path / "xcvm"
        xcvm.write_text(XCVM % "\n".join(f"{pattern}) {commands} ;;"
                                         for pattern, commands in cases), encoding="utf-8")
        xcvm.chmod(0o755)
        return subprocess.Popen(
            [ROOT / "tools/suite", "-j", "3", xcvm, "image.elf", "up.elf", *counts],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={"PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path)})
    return start


def ended(process):
    text = process.communicate(timeout=60)[0]
    return process.returncode, text


def test_each_configuration(suite, tmp_path):
    code, text = ended(suite([], "2", "4/user"))
    assert code == 0
    assert [line for line in text.splitlines() if line.startswith("given")] == [
        "given: --each --jobs 3 --vcpus 2 --apic kernel image.elf",
        "given: --each --jobs 3 --vcpus 4 --apic user image.elf",
        "given: --each --jobs 3 --vcpus 1 --apic kernel up.elf"]
    assert text.endswith("== all 3 configurations passed\n")
    assert list(tmp_path.iterdir()) == [tmp_path / "xcvm"], "left something behind"


def test_what_did_not_pass_is_named_last(suite):
    code, text = ended(suite([("*image.elf", BAD), ("*up.elf", "exit 1")], "2"))
    assert code == 5
    assert text.endswith("""
== 0 of 2 configurations passed; not:
   code 5: image.elf, 2 vCPUs
      hang  n1_low  xcall  N1  30.00 s  cpu 0 waits
      fail  o2_sum  cpu_xcall  O2  1.0 ms  one == two
   code 1: up.elf, 1 vCPU
""")


def test_no_kvm_ends_it(suite):
    code, text = ended(suite([("*image.elf", "exit 6")], "2", "4"))
    assert code == 6
    assert text.count("given:") == 1


def test_a_signal_reaches_xcvm(suite, tmp_path):
    told = tmp_path / "told"
    spin = f"trap 'echo ended >{shlex.quote(str(told))}; exit 143' TERM; echo up; " \
        "while kill -0 $PPID; do :; done"
    process = suite([("*image.elf", spin)], "2")
    for line in process.stdout:
        if line == "up\n":
            break
    process.send_signal(signal.SIGTERM)
    code, _ = ended(process)
    assert (code, told.read_text(encoding="utf-8")) == (143, "ended\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["told", "xcvm"]
