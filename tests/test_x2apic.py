# SPDX-License-Identifier: ISC
"""The x2APIC model, register by register, against the rules of the SDM (volume 3, APIC chapter)."""

import pytest

from support import x2apic as x
from support.x2apic import GeneralProtection, Refused, X2apics, dest

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
SENT_ILLEGAL, RECEIVED_ILLEGAL = 1 << 5, 1 << 6


@pytest.fixture
def machine(x2apic_program):
    """machine(ids...): their APICs, switched on; each ends well by itself."""
    made = []

    def make(*ids, enable=True):
        made.append(X2apics(x2apic_program, ids or (0,), enable))
        return made[-1]
    yield make
    assert [apics.close() for apics in made] == [0] * len(made)


@pytest.fixture
def apic(machine):
    """One APIC, switched on."""
    return machine()


def esr(apics, cpu=0):
    """What has gone wrong since the last time."""
    apics.write(x.ESR, 0, cpu)
    return apics.read(x.ESR, cpu)


def pend(apics, *vectors, cpu=0):
    for vector in vectors:
        assert apics.accept(vector, cpu) == "accepted"


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


# ---- sending

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


# ---- the timer

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
