# SPDX-License-Identifier: ISC
"""The x2APIC model's registers and priorities, by the rules of the SDM (volume 3, APIC chapter)."""

import pytest

from support import x2apic as x
from support.x2apic import GeneralProtection, Refused, dest, pend

pytestmark = pytest.mark.vmm

READ_ONLY = [x.ID, x.VERSION, x.PPR, x.LDR, x.CURRENT,
             *range(x.ISR, x.ISR + 8), *range(x.TMR, x.TMR + 8), *range(x.IRR, x.IRR + 8)]
WRITE_ONLY = [x.EOI, x.SELF]
READ_WRITE = [x.TPR, x.SVR, x.ESR, x.ICR, *x.LVTS, x.INITIAL, x.DIVIDE]
RESERVED = sorted(set(range(0x800, 0x900)) - {*READ_ONLY, *WRITE_ONLY, *READ_WRITE})

# The bits of each register that are not reserved, for a write.
DEFINED = {x.TPR: 0xff, x.EOI: 0, x.SVR: 0x3ff, x.ESR: 0, x.ICR: 0xffffffff000ccfff,
           x.LVT_TIMER: 0x710ff, x.LVT_THERMAL: 0x117ff, x.LVT_PERFORMANCE: 0x117ff,
           x.LVT_LINT0: 0x1f7ff, x.LVT_LINT1: 0x1f7ff, x.LVT_ERROR: 0x110ff,
           x.INITIAL: 0xffffffff, x.DIVIDE: 0xb, x.SELF: 0xff}


# ---- the register address table


def test_reset(machine):
    apics = machine(5, 9, enable=False)
    dump = apics.dump()
    for cpu, number in enumerate((5, 9)):
        assert {msr for at, msr in dump if at == cpu} == {
            x.BASE, x.DEADLINE, *READ_ONLY, *READ_WRITE}
        expected = {msr: 0 for at, msr in dump if at == cpu}
        expected |= {x.BASE: 0xfee00c00 | (0x100 if cpu == 0 else 0), x.ID: number,
                     x.VERSION: 0x50014, x.LDR: 1 << number, x.SVR: 0xff}
        expected |= {msr: x.MASKED for msr in x.LVTS}
        assert {msr: value for (at, msr), value in dump.items() if at == cpu} == expected


def raises(access, *arguments):
    """Does it raise #GP?"""
    try:
        access(*arguments)
    except GeneralProtection:
        return True
    return False


def test_cannot_be_read(apic):
    assert [msr for msr in RESERVED + WRITE_ONLY if not raises(apic.read, msr)] == []


def test_cannot_be_written(apic):
    before = apic.dump()
    assert [msr for msr in RESERVED + READ_ONLY if not raises(apic.write, msr, 0)] == []
    assert apic.dump() == before


@pytest.mark.parametrize("msr", DEFINED, ids=hex)
def test_reserved_bits(apic, msr):
    """Each of them alone raises #GP, and changes nothing."""
    before = apic.dump()
    for bit in range(64):
        if DEFINED[msr] >> bit & 1:
            continue
        with pytest.raises(GeneralProtection):
            apic.write(msr, 1 << bit)
        assert apic.dump() == before, bit


@pytest.mark.parametrize("msr", [x.TPR, x.SVR, x.INITIAL, x.DIVIDE, *x.LVTS], ids=hex)
def test_defined_bits_are_kept(apic, msr):
    """Each alone; those of an LVT entry that are read-only are not changed by a write."""
    read_only = 0x5000 if msr in x.LVTS else 0
    for bit in range(32):
        value = 1 << bit
        if not DEFINED[msr] & value:
            continue
        apic.write(x.SVR, x.ENABLED)  # else LVT entries stay masked
        apic.write(msr, value)
        assert apic.read(msr) == value & ~read_only, hex(value)


def test_timer_mode_3_is_reserved(apic):
    apic.write(x.LVT_TIMER, x.PERIODIC | 0x40)
    with pytest.raises(GeneralProtection):
        apic.write(x.LVT_TIMER, x.PERIODIC | x.TSC_DEADLINE | 0x40)
    assert apic.read(x.LVT_TIMER) == x.PERIODIC | 0x40


def test_apic_base(apic):
    """It can be written as it is; out of x2APIC mode there is no way but off, which we refuse."""
    base = apic.read(x.BASE)
    apic.write(x.BASE, base)
    for value in (base & ~0x400, base & ~0x800, base | 1, base | 0x200, base | 1 << 63):
        with pytest.raises(GeneralProtection):
            apic.write(x.BASE, value)
    for value in (base & ~0xc00, base + 0x1000, base ^ 0x100):
        with pytest.raises(Refused):
            apic.write(x.BASE, value)
    assert apic.read(x.BASE) == base


@pytest.mark.parametrize("number, ldr", [(0, 0x1), (15, 0x8000), (16, 0x10001), (0x37, 0x30080),
                                         (255, 0xf8000), (0x12345, 0x12340020),
                                         (0xfffff, 0xffff8000), (0xfffffffe, 0xffff4000)])
def test_id_and_ldr(machine, number, ldr):
    apics = machine(number)
    assert (apics.read(x.ID), apics.read(x.LDR)) == (number, ldr)


# ---- priorities


def test_highest_vector_first(apic):
    pend(apic, 0x41, 0xf0, 0x30, 0x42)
    taken = []
    for _ in range(4):
        taken.append(apic.take())
        apic.write(x.EOI, 0)
    assert taken == [0xf0, 0x42, 0x41, 0x30]


def test_same_class_waits_for_eoi(apic):
    pend(apic, 0x40)
    assert apic.take() == 0x40
    pend(apic, 0x4f)
    assert apic.take() == -1
    pend(apic, 0x50)
    assert apic.take() == 0x50
    apic.write(x.EOI, 0)
    assert apic.take() == -1
    apic.write(x.EOI, 0)
    assert apic.take() == 0x4f


def test_eoi_ends_the_highest_in_service(apic):
    for vector in (0x31, 0x52, 0x93):
        pend(apic, vector)
        assert apic.take() == vector
    assert apic.vectors(x.ISR) == [0x31, 0x52, 0x93]
    apic.write(x.EOI, 0)
    assert apic.vectors(x.ISR) == [0x31, 0x52]
    apic.write(x.EOI, 0)
    assert apic.vectors(x.ISR) == [0x31]
    apic.write(x.EOI, 0)
    assert apic.vectors(x.ISR) == []
    apic.write(x.EOI, 0)  # with nothing in service: of no effect


def test_taking_moves_from_irr_to_isr(apic):
    pend(apic, 0x61)
    assert (apic.vectors(x.IRR), apic.vectors(x.ISR)) == ([0x61], [])
    assert apic.take() == 0x61
    assert (apic.vectors(x.IRR), apic.vectors(x.ISR)) == ([], [0x61])
    pend(apic, 0x61)  # one in service, one waiting
    assert (apic.vectors(x.IRR), apic.vectors(x.ISR)) == ([0x61], [0x61])
    assert apic.accept(0x61) == "merged"


def test_every_vector(apic):
    for vector in range(16, 256):
        pend(apic, vector)
        assert apic.vectors(x.IRR) == [vector] and apic.pending() == vector
        assert apic.take() == vector
        assert apic.read(x.PPR) == vector & 0xf0
        assert apic.vectors(x.ISR) == [vector]
        apic.write(x.EOI, 0)


@pytest.mark.parametrize("tpr, vector, taken", [
    (0x00, 0x10, True), (0x0f, 0x10, True), (0x10, 0x1f, False), (0x1f, 0x20, True),
    (0x4f, 0x50, True), (0x50, 0x5f, False), (0x50, 0x60, True), (0xf0, 0xff, False),
    (0xef, 0xf0, True)])
def test_tpr_masks_its_class_and_below(apic, tpr, vector, taken):
    apic.write(x.TPR, tpr)
    pend(apic, vector)
    assert apic.take() == (vector if taken else -1)
    assert apic.pending() == (-1 if taken else vector)


def test_lower_tpr_lets_it_come(apic):
    apic.write(x.TPR, 0x60)
    pend(apic, 0x65)
    assert apic.take() == -1
    apic.write(x.TPR, 0x5f)
    assert apic.take() == 0x65


@pytest.mark.parametrize("tpr, service, ppr", [
    (0x00, None, 0x00), (0x37, None, 0x37), (0x37, 0x25, 0x37), (0x37, 0x45, 0x40),
    (0x37, 0x3c, 0x37), (0x40, 0xff, 0xf0)])
def test_ppr(apic, tpr, service, ppr):
    """The TPR, or the class of what is in service if that is higher."""
    if service is not None:
        pend(apic, service)
        assert apic.take() == service
    apic.write(x.TPR, tpr)
    assert apic.read(x.PPR) == ppr


def test_cr8_is_the_class_of_the_tpr(apic):
    apic.write(x.TPR, 0x57)
    assert apic.cr8() == 5
    apic.cr8(9)
    assert apic.read(x.TPR) == 0x90
    apic.cr8(0)
    assert apic.read(x.TPR) == 0


def test_trigger_mode(apic):
    """The TMR follows the interrupt that was accepted last; an IPI is edge-triggered."""
    apic.accept(0x70, level=True)
    apic.accept(0x71)
    assert apic.vectors(x.TMR) == [0x70]
    apic.accept(0x70)
    assert apic.vectors(x.TMR) == []
    apic.accept(0x72, level=True)
    apic.send(x.TO_SELF | x.LEVEL | x.ASSERT | 0x72)
    assert apic.vectors(x.TMR) == []


# ---- software enable


def test_disabled_accepts_nothing(machine):
    apics = machine(0, 1, enable=False)
    apics.write(x.SVR, x.ENABLED | 0xff)
    assert apics.accept(0x40, cpu=1) == "disabled"
    assert apics.send(dest(1) | 0x40) == {1: "disabled"}
    assert apics.send(dest(1) | x.NMI) == {1: "nmi"}
    assert apics.vectors(x.IRR, cpu=1) == []


def test_disabled_can_send(machine):
    apics = machine(0, 1, enable=False)
    apics.write(x.SVR, x.ENABLED | 0xff, cpu=1)
    assert apics.send(dest(1) | 0x40) == {1: "accepted"}


def test_disabling_masks_every_lvt_entry(apic):
    for msr in x.LVTS:
        apic.write(msr, 0x40)
    apic.write(x.SVR, 0xff)
    assert [apic.read(msr) for msr in x.LVTS] == [x.MASKED | 0x40] * len(x.LVTS)
    for msr in x.LVTS:  # and they stay so
        apic.write(msr, 0x41)
        assert apic.read(msr) == x.MASKED | 0x41
    apic.write(x.SVR, x.ENABLED | 0xff)
    assert apic.read(x.LVT_ERROR) == x.MASKED | 0x41
    apic.write(x.LVT_ERROR, 0x41)
    assert apic.read(x.LVT_ERROR) == 0x41


def test_disabling_keeps_what_is_pending(apic):
    pend(apic, 0x40, 0x50)
    assert apic.take() == 0x50
    apic.write(x.SVR, 0xff)
    assert (apic.vectors(x.IRR), apic.vectors(x.ISR)) == ([0x40], [0x50])
    apic.write(x.EOI, 0)
    assert apic.take() == 0x40
