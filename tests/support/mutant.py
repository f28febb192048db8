# SPDX-License-Identifier: ISC
"""Build a guest image, or a VMM, with a mistake in it, from the session's own objects."""

import functools
import re
import shutil
import tomllib
from dataclasses import dataclass, field

from xclib.checkout import ROOT, compiler, make_copy

ROWS = ROOT / "tests" / "mutants"
PROPERTY = "mutant"  # of a report: (line of the table, whether the case saw the mistake)
# Begins a function, a macro, a table or an entry of assembly, and names it.
_NAMES = re.compile(r"^(?:#define\s+(\w+)|ENTRY\((\w+)\)|([a-z]\w*)[:(]|\} (\w+)\[\] =|"
                    r"(?:static|const|struct)\b[^;()]*?(\w+)(?:\(|\[.*=|\s*=))", re.MULTILINE)


def _knf(text):
    """C as the guest's source has it: a tab where Python's has four blanks."""
    return re.sub(r"(?m)^(?: {4})+", lambda found: "\t" * (len(found.group()) // 4), text)


def find_once(text, part):
    """(start, end) of what stands once in a text, however its words are set apart."""
    found = list(re.finditer(r"\s+".join(map(re.escape, part.split())), text))
    assert len(found) == 1, f"this is there {len(found)} times, not once:\n{part}"
    return found[0].span()


@dataclass(frozen=True)
class Row:
    """A mistake in one place of the guest's source or the VMM's, and the cases that must see it.

    In TOML the place is `from`, what comes instead `to`: C whose words may be set apart anyhow.
    Each case passes over the code as it is, and not over the mistake.
    """

    file: str
    old: str
    new: str
    cases: tuple
    vcpus: int = None  # default: 2, or what the case wants
    apic: str = None  # --apic
    params: dict = field(default_factory=dict)  # of the case
    runs: int = None  # over the mistake; the table says how many saw it; default: until one does
    # Aimed: each of these runs is one at each place of `at` (xc fault sweep) on the lines changed,
    # where a vCPU is taken away.
    at: str = None

    @property
    def in_vmm(self):
        """Is it the VMM that is built anew, and not the guest?"""
        return self.file.startswith("vmm/")

    @property
    def place(self):
        """file:function, to be read."""
        text = (ROOT / self.file).read_text(encoding="utf-8")
        start, _ = find_once(text, self.old)
        line_end = text.find("\n", start)
        names = _NAMES.findall(text[:line_end]) or [("?",)]
        return f"{self.file.rpartition('/')[2]}:{next(filter(None, names[-1]))}"

    @property
    def change(self):
        """What is changed, in one line."""
        return " -> ".join(" ".join(text.split()) or "nothing" for text in (self.old, self.new))


@functools.cache
def load_rows():
    """The rows of tests/mutants/*.toml."""
    return tuple(Row(old=row.pop("from"), new=row.pop("to"), cases=tuple(row.pop("cases")), **row)
                 for path in sorted(ROWS.glob("*.toml"))
                 for row in tomllib.loads(path.read_text(encoding="utf-8"))["mutant"])


class Mutant:
    """A copy of the source and the build, to be changed."""

    def __init__(self, folder, session_build):
        self.root = folder
        self.compiler = compiler(session_build)
        for name in ("Makefile", "docs", "tools"):
            (folder / name).symlink_to(ROOT / name)
        # With their times, so that make sees only what is changed here.
        for part in ("guest", "vmm"):
            shutil.copytree(ROOT / part, folder / part)
        for part in ("guest-mp", "guest-explore", "impl", "vmm"):
            if (session_build / part).is_dir():
                shutil.copytree(session_build / part, folder / "build" / part)

    def change(self, path, old, new):
        """Replace text that stands once in a file; indented by four a level.  The lines changed."""
        source = self.root / path
        text = source.read_text(encoding="utf-8")
        start, end = find_once(text, old)
        new = _knf(new.strip())
        source.write_text(text[:start] + new + text[end:], encoding="utf-8")
        first = text.count("\n", 0, start) + 1
        return range(first, first + new.count("\n") + 1)

    def _make(self, product):
        """A build that fails is a failed test."""
        done = make_copy(self.root, self.compiler, product)
        assert done.returncode == 0, done.stdout + done.stderr
        return self.root / "build" / product

    def image(self, name="xcguest.elf"):
        """The image, made."""
        return self._make(name)

    def xcvm(self):
        """The VMM, made."""
        return self._make("xcvm")
