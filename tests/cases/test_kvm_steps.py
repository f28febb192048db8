# SPDX-License-Identifier: ISC
"""What the stacks add, in instructions: docs/measuring.md says how many, and here they are counted.

A count, not a time: in single steps, with nothing traced, in a call that is not the first.
"""

import re
from pathlib import Path

import pytest

from support import steps
from support.steps import Path as Way
from support.steps import does, enters, inside

pytestmark = pytest.mark.vmm

DOC = Path(__file__).resolve().parents[2] / "docs" / "measuring.md"
# row of the table: (case, function called, the case's own operation)
CALLS = {
    "`cpu_xcall`": ("bench_cpu_xcall_async", "cpu_xcall", "xcall_async"),
    "`cpu_xcall_sync`": ("bench_cpu_xcall_sync", "cpu_xcall_sync", "xcall_sync"),
    "`ipi_trigger`": ("bench_ipi_trigger", "ipi_trigger", "trigger"),
    "`ipi_unicast`, `ipi_wait`": ("bench_ipi_message", "ipi_unicast", "message"),
    "`xc_unicast` LOW, `xc_wait`": ("bench_xc_unicast_low", "xc_unicast", "unicast_low"),
    "`xc_unicast` HIGH, `xc_wait`": ("bench_xc_unicast_high", "xc_unicast", "unicast_high"),
}
FUNCTIONS = ("bench_function", "bench_function_done", "number_handler", "function")
SENDS = ("lapic_icr_write", "lapic_ipi", "cpu_xcall_ipi", "cpu_ipi", "cpu_resched_ipi")
COMES_IN = ("trap_stubs", "intr_entry")
STUB = 1  # its first instruction is a step at the one that was interrupted


def stated(row):
    """The numbers of a row of the table in the document."""
    line, = [line for line in DOC.read_text(encoding="utf-8").splitlines()
             if line.startswith(f"| {row} |")]
    return [int(cell) if cell else None
            for cell in (re.sub(r"\D", "", part) for part in line.split("|")[2:-1])]


@pytest.fixture(name="walk")
def walk_fixture(xcvm_path, our_image):
    """Run a case in single steps; after two calls that warm up, the way to the third."""
    program = xcvm_path.parent / "unit" / "drive_steps"
    if not program.exists():
        pytest.fail(f"no driver at {program}: run `make units` first", pytrace=False)

    def walk(case, function, warm=2):
        way = Way(steps.run(program, [
            "--case", case, "--vcpus", 2, "--param", "budget_ms=0", "--param", "stamps=0",
            "--param", f"warmup={warm}", "--param", "stall_limit_ms=60000"], our_image))
        # An interrupt clears the flag that makes the processor step.
        if not any(step.function == "intr_entry" for step in way.steps):
            pytest.skip("this KVM does not step through interrupt handlers")
        for _ in range(warm):
            way.to(0, enters(function))
            way.at += 1
        way.to(0, enters(function))
        return way
    return walk


@pytest.mark.parametrize("row", CALLS)
def test_call(walk, row):
    case, function, caller = CALLS[row]
    way = walk(case, function)
    to_icr = way.count(0, does("wrmsr", *SENDS)) + 1
    way.to(1, inside(*COMES_IN))
    to_function = way.count(1, enters(*FUNCTIONS)) + STUB
    left = way.to(1, lambda step: step.function not in (*FUNCTIONS, "mark_add"))
    back = way.to(0, inside(caller))
    found = [to_icr, to_function, back.turn - left.turn]
    limits = stated(row)
    print(row, found)
    assert all(count <= limit for count, limit in zip(found, limits) if limit is not None), \
        (found, limits)


def test_goals():
    """What we set out for."""
    to_icr, to_function, _ = stated("`cpu_xcall`")
    assert to_icr <= 60 and to_function <= 120
    assert stated("raw interrupt")[0] <= 40


def test_raw(walk):
    way = walk("bench_ipi_unicast_halted", "lapic_icr_clocked")
    sent = way.count(0, does("wrmsr", "lapic_icr_clocked")) + 1
    way.to(1, inside("trap_stubs", "intr_raw"))
    handled = way.count(1, does("rdtsc", "intr_raw")) + STUB
    print("raw", sent, handled)
    assert sent + handled <= stated("raw interrupt")[0], (sent, handled)
