# SPDX-License-Identifier: ISC
"""What the x2APIC model sends: who gets it, and the errors it brings; by the rules of the SDM."""

import pytest

from support import x2apic as x
from support.x2apic import RECEIVED_ILLEGAL, SENT_ILLEGAL, Refused, dest, esr

pytestmark = pytest.mark.vmm

IDS = (0, 1, 15, 16, 17, 255, 0x12345)


@pytest.fixture
def seven(machine):
    return machine(*IDS)


@pytest.mark.parametrize("sender", [0, 3, 6])
def test_physical(seven, sender):
    for cpu, number in enumerate(IDS):
        assert seven.send(dest(number) | x.ASSERT | 0x40 + cpu, sender) == {cpu: "accepted"}
        assert seven.vectors(x.IRR, cpu) == [0x40 + cpu]
    assert seven.send(dest(2) | 0x50, sender) == {}
    assert seven.send(dest(0xfffffffe) | 0x50, sender) == {}


@pytest.mark.parametrize("logical", [0, x.LOGICAL])
def test_broadcast(seven, logical):
    assert seven.send(dest(x.BROADCAST) | logical | 0x40, 2) == dict.fromkeys(range(7), "accepted")


@pytest.mark.parametrize("destination, cpus", [
    (0x00000001, [0]), (0x00000003, [0, 1]), (0x0000ffff, [0, 1, 2]), (0x00008002, [1, 2]),
    (0x00010001, [3]), (0x00010003, [3, 4]), (0x000f8000, [5]), (0x12340020, [6]),
    (0x00000004, []), (0x00020001, []), (0x00000000, []), (0x0001fffc, [])])
def test_logical_cluster(seven, destination, cpus):
    assert seven.send(dest(destination) | x.LOGICAL | 0x40) == dict.fromkeys(cpus, "accepted")


@pytest.mark.parametrize("shorthand, cpus", [
    (x.TO_SELF, [4]), (x.TO_ALL, list(range(7))), (x.TO_OTHERS, [0, 1, 2, 3, 5, 6])])
@pytest.mark.parametrize("destination", [0, 1, x.BROADCAST])
@pytest.mark.parametrize("logical", [0, x.LOGICAL])
def test_shorthand(seven, shorthand, cpus, destination, logical):
    """The destination is ignored."""
    command = dest(destination) | logical | shorthand | 0x40
    assert seven.send(command, 4) == dict.fromkeys(cpus, "accepted")


@pytest.mark.parametrize("extra", [0, x.ASSERT, x.LEVEL, x.ASSERT | x.LEVEL])
def test_level_and_trigger_mode_do_not_matter(seven, extra):
    assert seven.send(dest(1) | extra | 0x40) == {1: "accepted"}


def test_icr_reads_as_written(seven):
    command = dest(0x12345) | x.ASSERT | x.LOGICAL | x.NMI | 0x40
    seven.send(command)
    assert seven.read(x.ICR) == command


def test_self_ipi(seven):
    assert seven.write(x.SELF, 0x40, 3) == {3: "accepted"}
    assert seven.write(x.SELF, 0x40, 3) == {3: "merged"}
    assert seven.read(x.ICR, 3) == 0
    assert seven.take(3) == 0x40


@pytest.mark.parametrize("command, cpus", [
    (dest(16), [3]), (x.LOGICAL | dest(3), [0, 1]), (x.TO_OTHERS, [0, 1, 2, 4, 5, 6]),
    (dest(x.BROADCAST), list(range(7)))])
def test_nmi(seven, command, cpus):
    """It sets no bit anywhere, and its vector does not matter."""
    for vector in (0, 2, 0xff):
        assert seven.send(command | x.NMI | vector, 3) == dict.fromkeys(cpus, "nmi")
    assert esr(seven, 3) == 0
    assert [seven.vectors(x.IRR, cpu) for cpu in range(7)] == [[]] * 7


def test_lowest_priority(seven):
    """One of several: the lowest TPR, then the lowest id; who is switched off takes no part."""
    def lowest(command):
        sent = seven.send(command | x.LOWEST | 0x40)
        for cpu, what in sent.items():
            assert what in ("accepted", "merged")
            seven.take(cpu)
            seven.write(x.EOI, 0, cpu)
        return list(sent)

    everyone = dest(x.BROADCAST)
    assert lowest(everyone) == [0]
    for cpu in (0, 1, 2):
        seven.write(x.TPR, 0x30, cpu)
    assert lowest(everyone) == [3]
    assert lowest(x.LOGICAL | dest(0xffff)) == [0]
    seven.write(x.TPR, 0x2f, 2)
    assert lowest(x.LOGICAL | dest(0xffff)) == [2]
    seven.write(x.SVR, 0xff, 3)
    assert lowest(everyone) == [4]
    assert lowest(dest(16)) == []
    assert lowest(x.TO_OTHERS) == [4]
    assert lowest(dest(1)) == [1]


@pytest.mark.parametrize("command, why", [
    (dest(1) | x.SMI, "SMI"), (dest(1) | x.INIT, "INIT"), (x.TO_OTHERS | x.INIT | x.ASSERT, "INIT"),
    (dest(1) | x.STARTUP | 0x10, "start-up"), (dest(1) | 0x300, "reserved"),
    (dest(1) | 0x700, "reserved"),
    (x.TO_SELF | x.NMI, "shorthand"), (x.TO_ALL | x.NMI, "shorthand"),
    (x.TO_SELF | x.LOWEST | 0x40, "shorthand"), (x.TO_ALL | x.LOWEST | 0x40, "shorthand")])
def test_refused(seven, command, why):
    before = seven.dump()
    with pytest.raises(Refused, match=why):
        seven.send(command)
    assert seven.dump() == before


def test_init_deassert_is_ignored(seven):
    command = x.TO_ALL | x.INIT | x.LEVEL
    assert seven.send(command) == {}
    assert seven.read(x.ICR) == command


# ---- errors


@pytest.mark.parametrize("vector", [0, 1, 15])
def test_illegal_vector(machine, vector):
    """Its sender notes it, and so does whoever gets it; it is never pending."""
    apics = machine(0, 1)
    assert apics.send(dest(1) | vector) == {1: "illegal"}
    assert (apics.read(x.ESR), apics.read(x.ESR, 1)) == (0, 0)  # until it is written
    assert (esr(apics), esr(apics, 1)) == (SENT_ILLEGAL, RECEIVED_ILLEGAL)
    assert apics.pending(1) == -1
    assert apics.write(x.SELF, vector) == {0: "illegal"}
    assert esr(apics) == SENT_ILLEGAL | RECEIVED_ILLEGAL
    assert esr(apics) == 0


def test_esr_keeps_what_it_showed(apic):
    apic.write(x.SELF, 1)
    assert esr(apic) == SENT_ILLEGAL | RECEIVED_ILLEGAL
    apic.accept(2)
    assert apic.read(x.ESR) == SENT_ILLEGAL | RECEIVED_ILLEGAL
    assert esr(apic) == RECEIVED_ILLEGAL


def test_error_interrupt(apic):
    """Once, until the ESR is written; masked, never."""
    apic.write(x.LVT_ERROR, 0xe0)
    apic.accept(3)
    assert apic.take() == 0xe0
    apic.write(x.EOI, 0)
    apic.accept(3)
    assert apic.take() == -1
    assert esr(apic) == RECEIVED_ILLEGAL
    apic.accept(3)
    assert apic.take() == 0xe0
    apic.write(x.EOI, 0)
    apic.write(x.ESR, 0)
    apic.write(x.LVT_ERROR, x.MASKED | 0xe0)
    apic.accept(3)
    assert apic.take() == -1
    assert esr(apic) == RECEIVED_ILLEGAL


def test_error_interrupt_with_an_illegal_vector(apic):
    apic.write(x.LVT_ERROR, 0x05)
    apic.write(x.SELF, 0x40)
    apic.accept(3)
    assert apic.take() == 0x40
    assert apic.take() == -1
    assert esr(apic) == RECEIVED_ILLEGAL
