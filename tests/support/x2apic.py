# SPDX-License-Identifier: ISC
"""Talk to the x2APIC model (tests/unit/drive_x2apic.c): several APICs that reach each other."""

import subprocess

BASE, DEADLINE = 0x1b, 0x6e0
ID, VERSION, TPR, PPR, EOI, LDR, SVR = 0x802, 0x803, 0x808, 0x80a, 0x80b, 0x80d, 0x80f
ISR, TMR, IRR, ESR, ICR = 0x810, 0x818, 0x820, 0x828, 0x830
LVT_TIMER, LVT_THERMAL, LVT_PERFORMANCE, LVT_LINT0, LVT_LINT1, LVT_ERROR = range(0x832, 0x838)
LVTS = range(LVT_TIMER, LVT_ERROR + 1)
INITIAL, CURRENT, DIVIDE, SELF = 0x838, 0x839, 0x83e, 0x83f

FIXED, LOWEST, SMI, NMI, INIT, STARTUP = 0x000, 0x100, 0x200, 0x400, 0x500, 0x600
LOGICAL, ASSERT, LEVEL = 0x800, 0x4000, 0x8000
TO_SELF, TO_ALL, TO_OTHERS = 0x40000, 0x80000, 0xc0000
BROADCAST = 0xffffffff
MASKED, PERIODIC, TSC_DEADLINE = 1 << 16, 1 << 17, 2 << 17
ENABLED = 0x100
SENT_ILLEGAL, RECEIVED_ILLEGAL = 1 << 5, 1 << 6  # errors


class GeneralProtection(Exception):
    """The access raises #GP."""


class Refused(Exception):
    """The command is not obeyed; the text says why."""


def dest(number):
    return number << 32


class X2apics:
    """The APICs of a machine, the first one the boot CPU's."""

    def __init__(self, program, ids=(0,), enable=True):
        self.now = 0
        self.process = subprocess.Popen([str(program)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.count = len(ids)
        assert self.ask("new", *ids) == "ok"
        if enable:
            for cpu in range(len(ids)):
                self.write(SVR, ENABLED | 0xff, cpu)

    def close(self):
        """End the driver; it must do so by itself, and well."""
        self.process.communicate()
        return self.process.returncode

    def ask(self, *words):
        """One command, one answer."""
        self.process.stdin.write(" ".join(str(word) for word in words) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer.endswith("\n"), f"the driver ended at: {words}"
        return answer[:-1]

    def read(self, msr, cpu=0):
        answer = self.ask("read", cpu, msr, self.now)
        if answer == "gp":
            raise GeneralProtection
        return int(answer, 0)

    def write(self, msr, value, cpu=0):
        """What became of the interrupt that was sent, if one was: {cpu: word}."""
        answer = self.ask("write", cpu, msr, value, self.now)
        word, _, rest = answer.partition(" ")
        if word == "gp":
            raise GeneralProtection
        if word == "refused":
            raise Refused(rest)
        assert word == "ok", answer
        return {int(to): what for to, what in (pair.split(":") for pair in rest.split())}

    def send(self, command, cpu=0):
        return self.write(ICR, command, cpu)

    def accept(self, vector, cpu=0, level=False):
        return self.ask("accept", cpu, vector, int(level))

    def take(self, cpu=0):
        """The vector that the CPU takes, or -1."""
        return int(self.ask("take", cpu, self.now))

    def pending(self, cpu=0):
        return int(self.ask("pending", cpu))

    def cr8(self, *value, cpu=0):
        return int(self.ask("cr8", cpu, *value))

    def due(self, cpu=0):
        answer = self.ask("due", cpu)
        return None if answer == "never" else int(answer, 0)

    def advance(self, cpu=0):
        self.ask("advance", cpu, self.now)

    def dump(self):
        """Every register that can be read, of every CPU: {(cpu, msr): value}."""
        found = {}
        for pair in self.ask("dump", self.now).split():
            where, _, value = pair.partition("=")
            cpu, _, msr = where.partition(":")
            found[int(cpu), int(msr, 16)] = int(value, 16)
        return found

    def vectors(self, first, cpu=0):
        """The vectors in ISR, TMR or IRR."""
        return [32 * i + bit for i in range(8) for bit in range(32)
                if self.read(first + i, cpu) >> bit & 1]


def esr(apics, cpu=0):
    """What has gone wrong since the last time."""
    apics.write(ESR, 0, cpu)
    return apics.read(ESR, cpu)


def pend(apics, *vectors, cpu=0):
    for vector in vectors:
        assert apics.accept(vector, cpu) == "accepted"
