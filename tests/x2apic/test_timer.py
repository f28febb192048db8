# SPDX-License-Identifier: ISC
"""The x2APIC model's timer in its three modes, by the rules of the SDM."""

import pytest

from support import x2apic as x
from support.x2apic import RECEIVED_ILLEGAL, esr

pytestmark = pytest.mark.vmm

DIVISORS = {0x0: 2, 0x1: 4, 0x2: 8, 0x3: 16, 0x8: 32, 0x9: 64, 0xa: 128, 0xb: 1}
TIMER = 0x31


def at(apics, now):
    """Let time pass; the vectors pending then."""
    apics.now = now
    apics.advance()
    return apics.vectors(x.IRR)


@pytest.mark.parametrize("divide", DIVISORS, ids=hex)
def test_one_shot(apic, divide):
    step = DIVISORS[divide]
    apic.write(x.LVT_TIMER, TIMER)
    apic.write(x.DIVIDE, divide)
    apic.now = 1000
    apic.write(x.INITIAL, 10)
    assert (apic.read(x.CURRENT), apic.due()) == (10, 1000 + 10 * step)
    apic.now = 1000 + 3 * step
    assert apic.read(x.CURRENT) == 7
    apic.now = 1000 + 4 * step - 1
    assert apic.read(x.CURRENT) == 7
    assert at(apic, 1000 + 10 * step - 1) == []
    assert apic.read(x.CURRENT) == 1
    assert at(apic, 1000 + 10 * step) == [TIMER]
    assert (apic.read(x.CURRENT), apic.read(x.INITIAL), apic.due()) == (0, 10, None)
    assert apic.take() == TIMER
    apic.write(x.EOI, 0)
    assert at(apic, 1000 + 100 * step) == []


def test_one_shot_starts_again(apic):
    apic.write(x.DIVIDE, 0xb)
    apic.write(x.LVT_TIMER, TIMER)
    apic.write(x.INITIAL, 100)
    apic.now = 90
    apic.write(x.INITIAL, 100)
    assert at(apic, 189) == []
    assert at(apic, 190) == [TIMER]


def test_initial_count_of_0_stops_it(apic):
    apic.write(x.DIVIDE, 0xb)
    apic.write(x.LVT_TIMER, x.PERIODIC | TIMER)
    apic.write(x.INITIAL, 100)
    apic.now = 50
    apic.write(x.INITIAL, 0)
    assert (apic.read(x.CURRENT), apic.due()) == (0, None)
    assert at(apic, 10000) == []


def test_periodic(apic):
    apic.write(x.DIVIDE, 0x0)
    apic.write(x.LVT_TIMER, x.PERIODIC | TIMER)
    apic.write(x.INITIAL, 50)
    for n in range(1, 5):
        assert at(apic, n * 100 - 1) == []
        assert at(apic, n * 100) == [TIMER]
        assert apic.read(x.CURRENT) == 50
        apic.take()
        apic.write(x.EOI, 0)
    assert at(apic, 100 * 1000 + 20) == [TIMER]  # those that were missed are one
    assert (apic.read(x.CURRENT), apic.due()) == (40, 100 * 1001)


def test_another_divisor_while_it_runs(apic):
    apic.write(x.DIVIDE, 0xb)
    apic.write(x.LVT_TIMER, TIMER)
    apic.write(x.INITIAL, 100)
    apic.now = 40
    apic.write(x.DIVIDE, 0x3)
    assert (apic.read(x.CURRENT), apic.due()) == (60, 40 + 60 * 16)


def test_tsc_deadline(apic):
    apic.write(x.LVT_TIMER, x.TSC_DEADLINE | TIMER)
    apic.write(x.DEADLINE, 500)
    assert (apic.read(x.DEADLINE), apic.due()) == (500, 500)
    assert at(apic, 499) == []
    assert at(apic, 500) == [TIMER]
    assert (apic.read(x.DEADLINE), apic.due()) == (0, None)


@pytest.mark.parametrize("deadline", [1, 999, 1000])
def test_deadline_that_has_passed(apic, deadline):
    apic.write(x.LVT_TIMER, x.TSC_DEADLINE | TIMER)
    apic.now = 1000
    apic.write(x.DEADLINE, deadline)
    assert apic.vectors(x.IRR) == [TIMER]
    assert apic.read(x.DEADLINE) == 0


def test_deadline_moved_and_disarmed(apic):
    apic.write(x.LVT_TIMER, x.TSC_DEADLINE | TIMER)
    apic.write(x.DEADLINE, 500)
    apic.write(x.DEADLINE, 900)
    assert at(apic, 600) == []
    apic.write(x.DEADLINE, 0)
    assert (apic.read(x.DEADLINE), apic.due()) == (0, None)
    assert at(apic, 1000) == []


def test_each_mode_leaves_the_others_registers_alone(apic):
    apic.write(x.DEADLINE, 100)  # not in that mode: ignored
    assert (apic.read(x.DEADLINE), apic.due()) == (0, None)
    apic.write(x.LVT_TIMER, x.TSC_DEADLINE | TIMER)
    apic.write(x.INITIAL, 100)
    assert (apic.read(x.INITIAL), apic.read(x.CURRENT), apic.due()) == (0, 0, None)


MODES = {"one-shot": 0, "periodic": x.PERIODIC, "deadline": x.TSC_DEADLINE}


@pytest.mark.parametrize("before", MODES)
@pytest.mark.parametrize("after", MODES)
def test_another_mode_disarms(apic, before, after):
    apic.write(x.DIVIDE, 0xb)
    apic.write(x.LVT_TIMER, MODES[before] | TIMER)
    apic.write(x.DEADLINE if before == "deadline" else x.INITIAL, 100)
    apic.write(x.LVT_TIMER, MODES[after] | TIMER + 1)
    assert at(apic, 1000) == ([TIMER + 1] if before == after else [])


def test_masked_timer_runs_and_does_not_interrupt(apic):
    apic.write(x.DIVIDE, 0xb)
    apic.write(x.LVT_TIMER, x.MASKED | TIMER)
    apic.write(x.INITIAL, 100)
    assert at(apic, 100) == []
    apic.write(x.LVT_TIMER, TIMER)
    assert at(apic, 1000) == []


def test_timer_with_an_illegal_vector(apic):
    apic.write(x.LVT_TIMER, x.TSC_DEADLINE | 7)
    apic.write(x.DEADLINE, 100)
    assert at(apic, 100) == []
    assert esr(apic) == RECEIVED_ILLEGAL


def test_timer_interrupt_merges(apic):
    apic.write(x.DIVIDE, 0xb)
    apic.write(x.LVT_TIMER, x.PERIODIC | TIMER)
    apic.write(x.INITIAL, 10)
    assert at(apic, 95) == [TIMER]
    assert apic.take() == TIMER
    assert apic.vectors(x.IRR) == []
