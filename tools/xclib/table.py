# SPDX-License-Identifier: ISC
"""An image's case table as `xcvm --list` tells it, and the vCPU counts each case runs with."""

import json
import os
import subprocess
from dataclasses import dataclass

from .errors import XcError
from .values import VCPUS_LIMIT

APIS = ("kernel", "x2apic", "cpu_xcall", "xcall", "ipi")
KINDS = ("conformance", "stress", "misuse", "fault", "bench")
LIST_SECONDS = 60


class TableError(XcError):
    """The case table cannot be had; the text says why and what to do."""


@dataclass(frozen=True)
class Case:
    """One case of an image."""

    name: str
    api: str
    kind: str
    contract: tuple
    min_vcpus: int
    max_vcpus: int
    params: dict
    doc: str
    limit: float  # seconds a run may take at most, or None: xcvm's default
    implementation: dict | None = None  # api, path, sha256, foreign
    decision: int | None = None  # of ours that it checks

    def counts(self, chosen):
        """The chosen vCPU counts that suit the case; its minimum when all are below that."""
        limit = self.max_vcpus or VCPUS_LIMIT
        if chosen and self.min_vcpus > max(chosen):
            return [self.min_vcpus]
        return [count for count in chosen if self.min_vcpus <= count <= limit]


def _integer(value, least=0):
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _case(obj):
    checks = {
        "name": lambda v: isinstance(v, str) and v,
        "api": lambda v: v in APIS,
        "kind": lambda v: v in KINDS,
        "contract": lambda v: isinstance(v, list) and all(isinstance(i, str) and i for i in v),
        "min_vcpus": lambda v: _integer(v, 1),
        "max_vcpus": lambda v: _integer(v),
        "params": lambda v: isinstance(v, dict) and all(_integer(i) for i in v.values()),
        "doc": lambda v: isinstance(v, str) and v,
        "limit_ms": lambda v: v is None or _integer(v, 1),
        "decision": lambda v: v is None or _integer(v, 1),
        "implementation": lambda v: v is None or isinstance(v, dict) and {
            "api", "path", "sha256", "foreign"} <= set(v),
    }
    if not isinstance(obj, dict):
        raise TableError("a line is not an object")
    for name, good in checks.items():
        if name == "max_vcpus" and obj.get(name) is None:  # no limit of the case's own
            obj[name] = 1 if obj.get("multiprocessor") is False else 0
        if name not in obj:
            raise TableError(f"a case without {name}: {obj}")
        if not good(obj[name]):
            raise TableError(f"case {obj.get('name')}: bad {name}: {obj[name]!r}")
    return Case(obj["name"], obj["api"], obj["kind"], tuple(obj["contract"]), obj["min_vcpus"],
                obj["max_vcpus"], dict(obj["params"]), obj["doc"],
                obj["limit_ms"] / 1000 if obj["limit_ms"] else None,
                obj["implementation"], obj["decision"])


def foreign(cases):
    """The implementations in place of ours, in the order of the cases."""
    found = {case.api: case.implementation for case in cases
             if case.implementation and case.implementation["foreign"]}
    return list(found.values())


def list_cases(xcvm, image):
    """The cases of an image, in the image's order."""
    for what, path in (("VMM", xcvm), ("image", image)):
        if not os.path.exists(path):
            raise TableError(f"no {what} at {path}: run `make` first, or say where it is with "
                             f"--build{', --xcvm' if what == 'VMM' else ' or --image'}")
    try:
        done = subprocess.run([str(xcvm), "--list", str(image)], stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=LIST_SECONDS, check=False)
    except OSError as error:
        raise TableError(f"cannot start {xcvm}: {error.strerror}: run `make` first") from None
    except subprocess.TimeoutExpired:
        raise TableError(f"{xcvm} --list {image} did not end in {LIST_SECONDS} s") from None
    if done.returncode != 0:
        raise TableError(f"{xcvm} --list {image} ended with {done.returncode}:\n"
                         + done.stderr.decode("utf-8", "replace").rstrip())
    try:
        cases = [_case(json.loads(line)) for line in done.stdout.splitlines()]
    except ValueError as error:
        raise TableError(f"{xcvm} --list {image}: not JSON: {error}") from None
    if not cases:
        raise TableError(f"{image} holds no case")
    if len({case.name for case in cases}) != len(cases):
        raise TableError(f"{image}: a case name appears twice")
    return cases


def default_counts():
    """What a host of this size runs without being asked."""
    return (1, 2, 4, 8) if (os.cpu_count() or 1) >= 8 else (1, 2, 4)
