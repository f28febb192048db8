# SPDX-License-Identifier: ISC
"""A fake xcvm with canned reports, and the events that reports are made of."""

import json
import sys
from pathlib import Path

from xcvm_pytest.kvm import PROBE_CASE

SCRIPT = Path(__file__).resolve().parents[1] / "fixtures" / "fake_xcvm.py"

HOST = {"module": "kvm_fake", "params": {"kvm.halt_poll_ns": "0"}, "cpu": "Fake CPU", "cpus": 2,
        "kernel": "6.1", "governor": "performance", "smt": False}
FRAME = {"addr": "0x200010", "function": "xc_send", "offset": 16, "file": "kern/xc.c", "line": 7}
RECORD = {"tsc": 12345, "what": "send", "primitive": "cpu_xcall", "target": 1, "function": FRAME}
IMPLEMENTATION = {"api": "cpu_xcall", "path": "kern/xc.c", "sha256": "0" * 64, "foreign": False}
BARE_FRAME = {"addr": "0x200020", "function": None, "offset": None, "file": None, "line": None}


APIC = {"irr": [0xe7], "isr": [], "tpr": 0, "injected": None, "nmi": False, "timer": True}
SLOT = {"where": "cpu_xcall slot 2", "function": FRAME, "running": False}
WAIT = {"cpu": 0, "thread": "main", "orphan": False, "young": False, "primitive": "cpu_xcall_sync",
        "function": FRAME, "target": 1, "targets": 1, "elapsed_ns": 2100000000, "waits_for": None,
        "verdict": "pending, masked by IF", "sentence": "It is so.", "evidence": ["IF=0"],
        "backtrace": [FRAME]}


def event(kind, /, **fields):
    return {"event": kind, "run": 1, "t_us": 5, **fields}


def run_event(**fields):
    """The first event; the fake fills in what is None from its command line."""
    given = {"xcvm": "0.1", "abi": 2, "image": "image.elf", "build_id": "00ff",
             "multiprocessor": True, "case": None, "api": "cpu_xcall", "kind": "conformance",
             "contract": ["O1"], "decision": None, "implementations": [IMPLEMENTATION],
             "memory": 67108864, "vcpus": None, "apic_ids": [0, 1],
             "apic": "kernel", "late": None, "tsc_khz": None, "pin": [], "seed": None,
             "params": {}, "faults": [], "timeout": 30.0,
             "command": ["xcvm", "--case", "x"], "host": HOST}
    return event("run", **{**given, **fields})


def end_event(verdict="pass", code=None, reason="", **fields):
    codes = {"pass": 0, "fail": 1, "usage": 2, "crash": 3, "skip": 4, "hang": 5, "nokvm": 6,
             "differs": 4}
    given = {"verdict": verdict, "code": codes[verdict] if code is None else code,
             "reason": reason, "seconds": 12.345678, "emulated": True, "insn_cycles": 2100,
             "failed_checks": 0, "faults": [], "clauses": [], "stats": None,
             "diagnosis": None}
    return event("end", **{**given, **fields})


def check_event(**fields):
    return event("check", **{"cpu": 1, "file": "cases/o1.c", "line": 42, "expr": "n == 1",
                             "message": "n is 2", **fields})


def console_event(text, cpu=0):
    return event("console", cpu=cpu, text=text)


def metric_event(name, value, unit=""):
    return event("metric", cpu=0, name=name, value=value, unit=unit)


def section_event(**fields):
    return event("section", **{"cpu": 0, "name": "ipi_unicast", "operations": 1000,
                               "elapsed_ns": 2 * 10 ** 8, "user_exits": [0, 0], "stats": None,
                               **fields})


def histogram_event(**fields):
    return event("histogram", **{"cpu": 0, "target": 1, "phase": "round trip", "unit": "cycles",
                                 "digits": 3, "count": 3, "min": 7, "max": 2049,
                                 "buckets": [[7, 2], [2048, 1]], **fields})


def panic_event(**fields):
    return event("panic", **{"cpu": 0, "message": "xc: lost my way", "expected": False,
                             "registers": {"vector": "0xd", "error": "0x0", "rip": "0x200010"},
                             "backtrace": [FRAME, BARE_FRAME], **fields})


def schedule_event(**fields):
    choice = {"step": 12, "choice": "drain", "cpu": 1, "nth": 0, "pc": "0x200010", "at": FRAME}
    store = {"addr": "0x300000", "size": 4, "value": "0x1"}
    cpu = {"state": "running", "spins": 0, "backtrace": [FRAME], "stores": [store]}
    return event("schedule", **{"cpu": 0, "order": 3, "steps": 40, "diverged": None,
                                "choices": [choice, {**choice, "at": None}],
                                "cpus": [cpu, {**cpu, "state": "halted", "stores": []}],
                                **fields})


def vcpu_event(cpu=0, why="hang", **fields):
    return event("vcpu", **{"cpu": cpu, "why": why, "state": "running", "error": None,
                            "registers": {"rip": "0x200010"}, "backtrace": [FRAME],
                            "trace": [RECORD], "apic": APIC, "if": True, "ipl": 8,
                            "ipl_name": "IPL_HIGH", "thread": "main", "held": False,
                            "pending": ["xcall"], "slots": [SLOT], **fields})


def diagnosis_event(**fields):
    return event("diagnosis", **{"verdict": "pending, masked by IF", "sentence": "It is so.",
                                 "expected": False, "cause": 0, "waits": [WAIT], **fields})


def fault_event(**fields):
    return event("fault", **{"entry": 0, "kind": "misroute", "nth": 3, "src": 0, "dst": 1,
                             "vector": 0xe7, "vector_name": "xcall", "detail": {"to": 2},
                             **fields})


def core_event(**fields):
    return event("core", **{"path": "guest.core", "error": None, "bytes": 67108864,
                            "stored_bytes": 524288, **fields})


def stall_event(**fields):
    return event("stall", **{"cpu": 0, "target": 1, "primitive": "cpu_xcall", "function": FRAME,
                             "thread": "idle/1", "elapsed_ns": 250000000, "ipl": 8,
                             "pending": 3, "resolved": False, **fields})


def summary_event(**fields):
    count = dict.fromkeys(("pass", "fail", "usage", "crash", "skip", "hang", "nokvm",
                           "differs"), 0)
    return {**event("summary", count=count, faults=0, seconds=1.5, code=0, interrupted=0),
            "run": 0, **fields}


def line(name, **fields):
    """A line of --list."""
    return {"name": name, "api": "cpu_xcall", "kind": "conformance", "contract": ["O1"],
            "min_vcpus": 1, "max_vcpus": None, "params": {}, "param_docs": {},
            "doc": "A case.", "panic": None, "fault": None, "diagnosis": None, "limit_ms": None,
            "decision": None, "implementation": None, "multiprocessor": True, **fields}


def case(name, *events, verdict="pass", status=None, reason="", table=None, **more):
    """A case: what it tells between `run` and `end`, how it ends, what --list says of it."""
    end = end_event(verdict, reason=reason)
    return {"table": line(name, **(table or {})), "events": [run_event(), *events, end],
            "status": end["code"] if status is None else status, **more}


def ends(verdict, reason, diagnosis=None):
    """How a run with a certain fault ends: for `when` of a case."""
    end = {"verdict": verdict, "code": end_event(verdict)["code"], "reason": reason}
    return {"end": end if diagnosis is None else {**end, "diagnosis": diagnosis}}


class Fake:
    """The fake in a folder: build/xcvm and build/xcguest.elf, and a cases.toml that names it.

    A case's `eligible` is how many events a fault finds, `vectors` the vectors there are, `own` its
    own fault plan, and `when` says by nth, or else by kind, what is other with that fault.
    """

    def __init__(self, folder):
        self.build = folder / "build"
        self.build.mkdir()
        self.xcvm = self.build / "xcvm"
        self.xcvm.write_text(f"#!{sys.executable} -SE\n" + SCRIPT.read_text(encoding="utf-8"))
        self.xcvm.chmod(0o755)
        self.image = self.build / "xcguest.elf"
        (folder / "cases.toml").write_text('[mp]\nimage = "xcguest.elf"\n')

    def script(self, *cases, image=None, **fields):
        """Say what the image holds; nokvm=TEXT makes every run end for want of KVM."""
        if "nokvm" in fields:
            fields["nokvm"] = case("smoke", verdict="nokvm", reason=fields["nokvm"])
        path = self.build / image if image else self.image
        path.write_text(json.dumps({"cases": cases, **fields}))

    def _runs(self):
        log = Path(f"{self.image}.log")
        lines = log.read_text().splitlines() if log.exists() else []
        return [call for call in map(json.loads, lines) if "--list" not in call]

    def calls(self):
        """The command lines of the runs so far, without --list and the probe for KVM."""
        return [call for call in self._runs() if PROBE_CASE not in call]

    def probes(self):
        """Those of the probe for KVM."""
        return [call for call in self._runs() if PROBE_CASE in call]

    def said(self):
        """What runs told beside their events."""
        log = Path(f"{self.image}.said")
        return log.read_text().split() if log.exists() else []
