# SPDX-License-Identifier: ISC
"""Result files: written whole or not at all, and never believed when read."""

import gzip
import itertools
import json
import os
import re
import tempfile
import zlib
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property

from ..errors import XcError
from .form import RESULT, FormError
from .histogram import Histogram

VERSION = 1
GZIP_MAGIC = b"\x1f\x8b"
EMULATED = "guest kernel code is EMULATED on this host"


class ResultError(XcError):
    """A result file cannot be used."""


@dataclass
class Measurement:
    """One case with one vCPU count and one set of parameters, in all its repetitions."""

    data: dict

    @property
    def key(self):
        return (self.data["case"], self.data["vcpus"], tuple(sorted(self.data["given"].items())))

    @property
    def label(self):
        return label(self.data["case"], self.data["vcpus"], self.data["given"])

    @property
    def repetitions(self):
        return self.data["repetitions"]

    @cached_property
    def phases(self):
        """The names of its phases, in the order in which they were told."""
        return tuple(dict.fromkeys(one["phase"] for repetition in self.repetitions
                                   for one in repetition["histograms"]))

    def histograms(self, phase, repetition=None, pair=None):
        """The Histograms of a phase: of all repetitions or one, all CPU pairs or one."""
        chosen = self.repetitions if repetition is None else [self.repetitions[repetition]]
        return [Histogram(one["buckets"], one["min"], one["max"]) for each in chosen
                for one in each["histograms"] if one["phase"] == phase
                and pair in (None, (one["cpu"], one["target"]))]

    @cached_property
    def _merged(self):
        return {phase: Histogram.merged(self.histograms(phase)) for phase in self.phases}

    def merged(self, phase, pair=None):
        """All of a phase, or of one CPU pair, as one Histogram."""
        if pair is None:
            return self._merged[phase]
        return Histogram.merged(self.histograms(phase, pair=pair))

    @cached_property
    def _by_repetition(self):
        """Phase: (seed, Histogram) of each repetition that has it."""
        found = {phase: [] for phase in self.phases}
        for phase, at in itertools.product(self.phases, range(len(self.repetitions))):
            if (one := Histogram.merged(self.histograms(phase, at))).count:
                found[phase].append((self.repetitions[at]["seed"], one))
        return found

    @cached_property
    def each(self):
        """Phase: the Histogram of each repetition that has it."""
        return {phase: [one for _, one in found] for phase, found in self._by_repetition.items()}

    def by_seed(self, phase):
        """Seed: the Histogram of the repetition with that seed, if it has the phase."""
        return dict(self._by_repetition[phase])

    def pairs(self, phase):
        """The (cpu, target) of a phase."""
        return sorted({(one["cpu"], one["target"]) for each in self.repetitions
                       for one in each["histograms"] if one["phase"] == phase},
                      key=lambda pair: (pair[0], -1 if pair[1] is None else pair[1]))

    @property
    def sections(self):
        return [section for each in self.repetitions for section in each["sections"]]

    @property
    def operations(self):
        return sum(section["operations"] for section in self.sections)

    def exits(self):
        """(to KVM, to xcvm) per operation; None where it is not known."""
        done = self.operations
        if not done:
            return None, None
        kvm = [vcpu.get("exits", 0) for section in self.sections if section["stats"]
               for vcpu in section["stats"]["vcpus"]]
        return (sum(kvm) / done if kvm else None,
                sum(sum(section["user_exits"]) for section in self.sections) / done)


@dataclass
class Results:
    """A result file that has been read."""

    path: str
    context: dict
    measurements: list = field(default_factory=list)
    missing: list = field(default_factory=list)

    @property
    def headline(self):
        """What must be said first of all its figures."""
        emulated, cycles = self.context["emulated"], self.context["insn_cycles"]
        if emulated:
            return (f"{EMULATED}{f' ({cycles} cycles an instruction)' if cycles else ''}: "
                    "no time here is that of the hardware")
        return ("guest code runs on the CPU itself" if emulated is False
                else "it is not known whether guest kernel code is emulated on this host")

    def chosen(self, only):
        """The measurements whose case or label matches one of the patterns; all without any."""
        found = [one for one in self.measurements if not only
                 or any(fnmatchcase(one.data["case"], pattern) or one.label == pattern
                        for pattern in only)]
        if only and not found:
            raise ResultError(f"{self.path}: no measurement matches {' or '.join(only)}; it has "
                              f"{', '.join(one.label for one in self.measurements)}")
        return found


def label(case, vcpus, given):
    """`case[vcpus] name=value`."""
    return f"{case}[{vcpus}]{''.join(f' {name}={value}' for name, value in given.items())}"


def file_name(text):
    """A label as a name that needs no quoting."""
    return re.sub(r"[^A-Za-z0-9_=.-]+", "-", text.replace("]", ""))


def _refuse(name):
    raise ValueError(f"{name} is not JSON")


def load(path):
    """The Results in a file, gzipped or not."""
    try:
        with open(path, "rb") as stream:
            data = stream.read()
        if data.startswith(GZIP_MAGIC):
            data = gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise ResultError(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    if not data.strip():
        raise ResultError(f"{path}: empty: a result file of xc perf run is wanted")
    try:
        found = json.loads(data, parse_constant=_refuse)
    except ValueError as error:
        raise ResultError(f"{path}: not JSON, or cut off: {error}: measure again") from None
    if not isinstance(found, dict) or "version" not in found:
        raise ResultError(f"{path}: no result file of xc perf: it has no version")
    if found["version"] != VERSION:
        raise ResultError(f"{path}: has version {found['version']}, this xc reads {VERSION}: "
                          "use the xc that wrote it, or measure again")
    try:
        RESULT(found, "")
    except FormError as error:
        raise ResultError(f"{path}: {error}: measure again") from None
    return Results(str(path), found["context"], [Measurement(one) for one in found["measurements"]],
                   found["missing"])


def dump(context, measurements, missing):
    """The bytes of a result file."""
    found = {"version": VERSION, "context": context, "measurements": measurements,
             "missing": missing}
    return (json.dumps(found, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def write(path, data, replace=False):
    """Put a file there, whole or not at all; gzipped if its name says so."""
    path = os.fspath(path)
    if path.endswith(".gz"):
        data = gzip.compress(data, 6)
    folder = os.path.dirname(path) or os.curdir
    try:
        descriptor, name = tempfile.mkstemp(prefix=".xc-perf-", dir=folder)
    except OSError as error:
        raise ResultError(f"{path}: {error.strerror}") from None
    try:
        with open(descriptor, "wb") as stream:
            stream.write(data)
            mask = os.umask(0)
            os.umask(mask)
            os.fchmod(stream.fileno(), 0o666 & ~mask)
        if replace:
            os.replace(name, path)
        else:
            os.link(name, path)
            os.unlink(name)
    except BaseException as error:
        os.unlink(name)
        if isinstance(error, OSError):
            raise ResultError(f"{path}: {error.strerror}") from None
        raise


def check_new(path):
    """Refuse, before anything is measured, a file that could not be written afterwards."""
    folder = os.path.dirname(path) or os.curdir
    if os.path.lexists(path):
        raise ResultError(f"{path}: is there already: give another --output")
    if not os.path.isdir(folder):
        raise ResultError(f"{path}: there is no folder {folder}")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ResultError(f"{path}: {folder} may not be written to")
