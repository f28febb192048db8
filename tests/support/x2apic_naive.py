# SPDX-License-Identifier: ISC
"""
A second x2APIC model, to hold the VMM's against: as plain as can be, from the SDM alone.

Vectors are in lists of 256 booleans, the timer counts down; nothing is shared with the first one.
"""

READ_ONLY = ({0x802, 0x803, 0x80a, 0x80d, 0x839}
             | set(range(0x810, 0x818)) | set(range(0x818, 0x820)) | set(range(0x820, 0x828)))
WRITE_ONLY = {0x80b, 0x83f}
READ_WRITE = {0x1b, 0x6e0, 0x808, 0x80f, 0x828, 0x830, 0x838, 0x83e} | set(range(0x832, 0x838))
LVT_WRITABLE = {0x832: 0x700ff, 0x833: 0x107ff, 0x834: 0x107ff, 0x835: 0x1a7ff, 0x836: 0x1a7ff,
                0x837: 0x100ff}
LVT_READ_ONLY = {0x832: 0x1000, 0x833: 0x1000, 0x834: 0x1000, 0x835: 0x5000, 0x836: 0x5000,
                 0x837: 0x1000}
DIVISORS = {0: 2, 1: 4, 2: 8, 3: 16, 8: 32, 9: 64, 10: 128, 11: 1}
ONE_SHOT, PERIODIC, DEADLINE = 0, 1, 2


def highest(flags):
    found = [vector for vector in range(256) if flags[vector]]
    return found[-1] if found else -1


class Apic:
    """One APIC."""

    def __init__(self, number, boot):
        self.id = number
        self.base = 0xfee00c00 + (0x100 if boot else 0)
        self.irr, self.isr, self.tmr = [False] * 256, [False] * 256, [False] * 256
        self.tpr, self.svr = 0, 0xff
        self.noted, self.shown, self.told = set(), 0, False
        self.icr = 0
        self.lvt = {msr: 0x10000 for msr in LVT_WRITABLE}
        self.initial, self.count, self.phase, self.divide = 0, 0, 0, 0
        self.deadline = 0
        self.now = 0

    # ---- time

    def mode(self):
        return self.lvt[0x832] >> 17

    def advance(self, now):
        """Count down to that time."""
        steps, self.phase = divmod(self.phase + now - self.now, DIVISORS[self.divide])
        self.now = now
        if self.mode() == DEADLINE:
            if self.deadline and now >= self.deadline:
                self.deadline = 0
                self.local(0x832)
            return
        while self.count and steps >= self.count:
            steps -= self.count
            self.count = self.initial if self.mode() == PERIODIC else 0
            self.local(0x832)
        if self.count:
            self.count -= steps

    def due(self):
        if self.mode() == DEADLINE:
            return self.deadline or None
        if not self.count:
            return None
        return self.now - self.phase + self.count * DIVISORS[self.divide]

    # ---- interrupts

    def local(self, msr):
        if not self.lvt[msr] & 0x10000:
            self.request(self.lvt[msr] & 0xff, False)

    def error(self, bit):
        self.noted.add(bit)
        if not self.told and not self.lvt[0x837] & 0x10000:
            self.told = True
            self.local(0x837)

    def request(self, vector, level):
        if vector < 16:
            self.error(6)
            return "illegal"
        self.tmr[vector] = level
        if self.irr[vector]:
            return "merged"
        self.irr[vector] = True
        return "accepted"

    def accept(self, vector, level=False):
        return self.request(vector, level) if self.svr & 0x100 else "disabled"

    def ppr(self):
        service = max(highest(self.isr), 0)
        return self.tpr if self.tpr // 16 >= service // 16 else service // 16 * 16

    def take(self):
        vector = highest(self.irr)
        if vector == -1 or vector // 16 <= self.ppr() // 16:
            return -1
        self.irr[vector], self.isr[vector] = False, True
        return vector

    # ---- registers

    def read(self, msr):
        """The value, or None for #GP."""
        if msr not in READ_ONLY | READ_WRITE:
            return None
        plain = {0x1b: self.base, 0x802: self.id, 0x803: 0x50014, 0x808: self.tpr,
                 0x80a: self.ppr(), 0x80f: self.svr, 0x828: self.shown, 0x830: self.icr,
                 0x80d: self.id // 16 % 2 ** 16 * 2 ** 16 + 2 ** (self.id % 16),
                 0x838: self.initial, 0x83e: self.divide,
                 0x839: 0 if self.mode() == DEADLINE else self.count,
                 0x6e0: self.deadline if self.mode() == DEADLINE else 0, **self.lvt}
        if msr in plain:
            return plain[msr]
        flags = {0x810: self.isr, 0x818: self.tmr, 0x820: self.irr}[msr & 0xff8]
        return sum(2 ** bit for bit in range(32) if flags[32 * (msr & 7) + bit])

    def write(self, msr, value):
        """False for #GP."""
        if msr not in READ_WRITE | WRITE_ONLY or (value >= 2 ** 32 and msr != 0x6e0):
            return False
        if msr in self.lvt:
            return self.write_lvt(msr, value)
        allowed = {0x808: 0xff, 0x80b: 0, 0x80f: 0x3ff, 0x828: 0, 0x838: 0xffffffff, 0x83e: 0xb,
                   0x6e0: 2 ** 64 - 1, 0x83f: 0xff}[msr]
        if value | allowed != allowed:
            return False
        if msr == 0x808:
            self.tpr = value
        elif msr == 0x80b:
            if highest(self.isr) != -1:
                self.isr[highest(self.isr)] = False
        elif msr == 0x80f:
            self.svr = value
            if not value & 0x100:
                self.lvt = {entry: old | 0x10000 for entry, old in self.lvt.items()}
        elif msr == 0x828:
            self.shown, self.noted = sum(2 ** bit for bit in self.noted), set()
            self.told = False
        elif msr == 0x838 and self.mode() != DEADLINE:
            self.initial = self.count = value
            self.phase = 0
        elif msr == 0x83e:
            self.divide, self.phase = value, 0
        elif msr == 0x6e0 and self.mode() == DEADLINE:
            self.deadline = value
            self.advance(self.now)
        return True

    def write_lvt(self, msr, value):
        known = LVT_WRITABLE[msr] | LVT_READ_ONLY[msr]
        if value | known != known or (msr == 0x832 and value >> 17 == 3):
            return False
        if msr == 0x832 and value >> 17 != self.mode():
            self.count = self.deadline = 0
        self.lvt[msr] = value & LVT_WRITABLE[msr] | (0 if self.svr & 0x100 else 0x10000)
        return True


class Machine:
    """Several of them."""

    def __init__(self, ids):
        self.apics = [Apic(number, cpu == 0) for cpu, number in enumerate(ids)]

    def advance(self, now):
        for apic in self.apics:
            apic.advance(now)

    def targets(self, sender, command):
        """The CPUs a command is for."""
        shorthand, to = command >> 18 & 3, command >> 32
        everyone = list(range(len(self.apics)))
        if shorthand == 1:
            return [sender]
        if shorthand == 2:
            return everyone
        if shorthand == 3:
            return [cpu for cpu in everyone if cpu != sender]
        if to == 0xffffffff:
            return everyone
        if not command & 0x800:
            return [cpu for cpu in everyone if self.apics[cpu].id == to]
        members = [to // 65536 * 16 + bit for bit in range(16) if to >> bit & 1]
        return [cpu for cpu in everyone if self.apics[cpu].id % 2 ** 20 in members]

    def write(self, sender, msr, value):
        """As X2apics.ask("write"), without the reason of a refusal."""
        apic = self.apics[sender]
        if msr == 0x1b:
            return self.write_base(apic, value)
        if msr == 0x83f:
            command = 0x40000 | value
        elif msr == 0x830:
            command = value
        else:
            return "ok" if apic.write(msr, value) else "gp"
        if (msr == 0x83f and not apic.write(msr, value)) or command & 0xfff33000:
            return "gp"
        mode, including = command >> 8 & 7, command >> 18 & 3 in (1, 2)
        if mode == 5 and command & 0xc000 == 0x8000:
            apic.icr = command
            return "ok"
        if mode in (2, 3, 5, 6, 7) or (mode in (1, 4) and including):
            return "refused"
        if msr == 0x830:
            apic.icr = command
        return " ".join(["ok"] + self.deliver(sender, command, mode))

    def deliver(self, sender, command, mode):
        vector = command & 0xff
        if mode != 4 and vector < 16:
            self.apics[sender].error(5)
        targets = self.targets(sender, command)
        if mode == 4:
            return [f"{cpu}:nmi" for cpu in targets]
        if mode == 1:
            able = [cpu for cpu in targets if self.apics[cpu].svr & 0x100]
            targets = sorted(able, key=lambda cpu: (self.apics[cpu].tpr, self.apics[cpu].id))[:1]
        return [f"{cpu}:{self.apics[cpu].accept(vector)}" for cpu in targets]

    @staticmethod
    def write_base(apic, value):
        if value & 0x2ff or value >= 2 ** 52 or value & 0xc00 in (0x400, 0x800):
            return "gp"
        return "ok" if value == apic.base else "refused"

    def dump(self):
        found = {}
        for cpu, apic in enumerate(self.apics):
            for msr in sorted(READ_ONLY | READ_WRITE):
                found[cpu, msr] = apic.read(msr)
        return found
